"""`tc filter`, `actions` and `chain` against RTM_NEWTFILTER, RTM_GETACTION and RTM_NEWCHAIN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.iproute2.compare import ABSENT, Explained, Of, find
from tests.iproute2.map_tc import NOT_SENT, PROTOCOLS, flag, handle
from tests.iproute2.words import instead, whole_seconds

if TYPE_CHECKING:
    from tests.iproute2.compare import Map, Ours

WORDS = {"ok": "pass", "shot": "drop"}


def control(found: Any) -> str:
    """What becomes of a packet, in tc's words."""
    if isinstance(found, int):
        return "goto" if found & 0x20000000 else "jump"
    return str(WORDS.get(found, found))


def chain(found: Any) -> Any:
    """The chain to go on in."""
    return found & 0x0FFFFFFF if isinstance(found, int) else ABSENT


def action_rules(parms: str) -> Map:
    """What tc prints of every action; `parms` names its struct."""
    return {
        "order": "order",
        "kind": "kind",
        "control_action.type": (f"options.{parms}.action", control),
        "control_action.chain": (f"options.{parms}.action", chain),
        "index": f"options.{parms}.index",
        "ref": f"options.{parms}.refcnt",
        "bind": f"options.{parms}.bindcnt",
        "installed": ("options.tm.install", whole_seconds),
        "last_used": ("options.tm.lastuse", whole_seconds),
        "first_used": ("options.tm.firstuse", whole_seconds),
        **{f"stats.{name}": f"stats.basic.{name}" for name in ("bytes", "packets")},
        **{f"stats.{name}": f"stats.queue.{name}" for name in ("drops", "overlimits", "requeues", "backlog", "qlen")},
        "not_in_hw": Of(lambda found: found.get("in-hw-count") == 0),
        "skip_hw": flag("flags.value", "skip-hw"),
    }


OF_ACTION: dict[str, Map] = {
    "gact": {
        **action_rules("parms"),
        **dict.fromkeys(("prob.random_type", "prob.control_action.type", "prob.val"), NOT_SENT),
    },
    "mirred": {
        **action_rules("parms"),
        "mirred_action": ("options.parms.eaction", lambda name: {"redir": "redirect"}.get(name[-5:], "mirror")),
        "direction": ("options.parms.eaction", lambda name: name.split("-")[0]),
        "to_dev": "options.parms.ifindex-name",
    },
    "skbedit": {**action_rules("parms"), "mark": "options.mark"},
    "tunnel_key": {**action_rules("parms"), "mode": ("options.parms.t-action", instead(release="unset"))},
    "vlan": {
        **action_rules("parms"),
        "vlan_action": "options.parms.v-action",
        "id": "options.push-vlan-id",
        "protocol": ("options.push-vlan-protocol", PROTOCOLS.get),
        "priority": "options.push-vlan-priority",
    },
    "police": {
        **action_rules("tbf"),
        "overhead": "options.tbf.rate.overhead",
    },
    "pedit": {
        **action_rules("parms-ex"),
        "nkeys": "options.parms-ex.nkeys",
        "keys[].htype": ("options.keys-ex.key-ex[].htype", instead(ip4="ipv4")),
        "keys[].cmd": "options.keys-ex.key-ex[].cmd",
        "keys[].offset": "options.parms-ex.keys[].off",
        "keys[].val": ("options.parms-ex.keys[].val", lambda number: f"{number:x}"),
        "keys[].mask": ("options.parms-ex.keys[].mask", lambda number: f"{number:x}"),
    },
    "nat": {
        **action_rules("parms"),
        "type": "kind",
        "direction": ("options.parms.flags", lambda flags: "egress" if "egress" in flags else "ingress"),
        "old_addr": Explained("tc 6.1 counts the mask in the wrong byte order: /32 for 255.255.255.0"),
        "new_addr": "options.parms.new-addr",
    },
    "csum": {
        **action_rules("parms"),
        "csum": ("options.parms.update-flags", lambda flags: ", ".join(flags).replace("ipv4hdr", "iph")),
    },
}  # fmt: skip

FILTER: Map = {
    "protocol": ("info.protocol", lambda name: PROTOCOLS.get(name, name)),
    "pref": "info.priority",
    "kind": "kind",
    "chain": "chain",
    "parent": ("parent", handle),
    "options.handle": "handle",
    "options.not_in_hw": flag("options.flags", "not-in-hw"),
    "options.skip_hw": flag("options.flags", "skip-hw"),
    "options.rule_hit": "options.pcnt.rhit",
}


def masked(name: str, whole: str) -> Of:
    """An address and how much of it counts."""

    def make(found: Ours) -> Any:
        address, mask = find(found, f"options.{name}"), find(found, f"options.{name}-mask")
        if mask in (ABSENT, whole):
            return address
        return f"{address}/{sum(int(part).bit_count() for part in mask.split('.'))}"

    return Of(make)


CT = {"tracked": "+trk", "new": "+new", "established": "+est", "related": "+rel", "invalid": "+inv", "reply": "+rpl"}

FLOWER: Map = {
    "options.keys.eth_type": ("options.key-eth-type", instead(ip="ipv4")),
    "options.keys.ip_proto": "options.key-ip-proto",
    "options.keys.ip_tos": "options.key-ip-tos",
    "options.keys.ip_tos_mask": ("options.key-ip-tos-mask", lambda number: f"{number:x}"),
    "options.keys.src_ip": masked("key-ipv4-src", "255.255.255.255"),
    "options.keys.dst_ip": masked("key-ipv4-dst", "255.255.255.255"),
    "options.keys.dst_port": "options.key-udp-dst",
    "options.keys.vlan_id": "options.key-vlan-id",
    "options.keys.vlan_prio": "options.key-vlan-prio",
    "options.keys.dst_mac": "options.key-eth-dst",
    "options.keys.enc_key_id": "options.key-enc-key-id",
    "options.keys.enc_dst_ip": masked("key-enc-ipv4-dst", "255.255.255.255"),
    "options.keys.enc_dst_port": "options.key-enc-udp-dst-port",
    "options.keys.ct_state": (
        "options.key-ct-state",
        lambda names: "".join(text for name, text in CT.items() if name in names),
    ),
}


def u32_handle(number: int) -> str:
    """Table, bucket and node in hex; zeros are left out."""
    bucket_, node = number >> 12 & 0xFF, number & 0xFFF
    behind = f"{bucket_:x}" * bool(bucket_) + f":{node:x}" * bool(node)
    return f"{number >> 20:x}:{behind}"


U32: Map = {
    "options.fh": ("handle", u32_handle),
    "options.ht_divisor": "options.divisor",
    "options.order": ("handle", lambda number: number & 0xFFF),
    "options.key_ht": ("handle", lambda number: f"{number >> 20:x}"),
    "options.bkt": ("handle", lambda number: f"{number >> 12 & 0xFF:x}"),
    "options.flowid": ("options.classid", handle),
    "options.rule_hit": "options.pcnt.rcnt",
    # The rule's own hits and each key's, all under one name.
    "options.success": Of(lambda found: [found["options"]["pcnt"]["rhit"], *found["options"]["pcnt"]["kcnts"]]),
    "options.match[].value": ("options.sel.keys[].val", lambda number: f"{number:x}"),
    "options.match[].mask": ("options.sel.keys[].mask", lambda number: f"{number:x}"),
    "options.match[].off": "options.sel.keys[].off",
    "options.match[].offmask": ("options.sel.keys[].offmask", lambda number: f"{number:x}" if number else ""),
}

OF_FILTER: dict[str, Map] = {"flower": FLOWER, "u32": U32, "matchall": {}}

CHAIN: Map = {"parent": ("parent", handle), "chain": "chain"}
