"""What `ip xfrm` prints of a state or policy, made from nlsniff's JSON of it: the two must be the same text.

Written from what iproute2 6.1 prints, oddities included: a decimal seq behind 0x, and other names for some protocols. A
block is its first line and the set of the others, whose order is ip's own business.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

Body = dict[str, Any]
Block = tuple[str, Counter[str]]

_INFINITE = 0xFFFFFFFFFFFFFFFF
_TRANSFORMS = {"routing": "route2", "dstopts": "hao", "ipip": "4"}
_PROTOCOLS = {"icmpv6": "ipv6-icmp", "mh": "mobility-header", 89: "ospf"}
_MODES = {"routeoptimization": "ro", "in-trigger": "in_trigger"}
_KEYED = ("alg-auth-trunc", "alg-aead", "alg-crypt", "alg-comp")
_STATE_FLAGS = ("noecn", "decap-dscp", "nopmtudisc", "wildrecv", "icmp", "af-unspec", "align4", "esn")
_POLICY_FLAGS = ("localok", "icmp")


def blocks(text: str) -> list[Block]:
    """Take ip's text apart; a line that is not indented begins a block."""
    found: list[tuple[str, Counter[str]]] = []
    for line in text.splitlines():
        if line.startswith("Timestamp:") or not line.strip():
            continue
        if line[:1].isspace():
            found[-1][1][line.strip()] += 1
        else:
            found.append((line.strip(), Counter()))
    return found


def state(body: Body, details: Body, *, full: bool, head: str = "") -> Block:
    """A state: `body` is its usersa_info, `details` has the attributes; `full` as with `ip -s`."""
    ident = body["id"]
    lines = [
        _transform(ident["proto"], ident["spi"], body["reqid"], body["mode"], full=full, spi_always=full),
        _replay_window(body, details, full=full),
        *_attributes(details, full=full),
        *_counters(details),
    ]
    if "af-unspec" not in body["flags"]:
        lines.append(f"sel {selector(body['sel'], full=full)}")
    if full:
        lines += [*_lifetimes(body["lft"], body["curlft"]), "stats:", _stats(body["stats"])]
    return f"{head}src {body['saddr']} dst {ident['daddr']}", Counter(line.strip() for line in lines if line)


def policy(body: Body, details: Body, *, full: bool, head: str = "") -> Block:
    """A policy: `body` is its userpolicy_info."""
    flags = " ".join(name for name in _POLICY_FLAGS if name in body["flags"])
    first = f"dir {body['dir']} "
    if body["action"] != "allow" or full:
        first += f"action {body['action']} "
    if full:
        first += f"index {body['index']} "
    first += f"priority {body['priority']} ptype {details.get('policy-type', {'type': 'main'})['type']} "
    if full:
        mask = sum(1 << bit for bit, name in enumerate(_POLICY_FLAGS) if name in body["flags"])
        first += f"share {body['share']} flag {flags} (0x{_nibbles(mask):08x})"
    elif flags:
        first += f"flag {flags}"
    lines = [first, *_attributes(details, full=full)]
    if full:
        lines += _lifetimes(body["lft"], body["curlft"])
    for item in details.get("tmpl", []):
        lines += _template(item, full=full)
    return f"{head}{selector(body['sel'], full=full)}", Counter(line.strip() for line in lines if line)


def selector(sel: Body, *, full: bool) -> str:
    """A selector as ip prints it, with what ports mean for its protocol."""
    text = f"src {sel['saddr']}/{sel['prefixlen-s']} dst {sel['daddr']}/{sel['prefixlen-d']} "
    proto = sel["proto"]
    if proto != "ip":
        text += f"proto {_PROTOCOLS.get(proto, proto)} "
    sport, dport = ("type", "code") if proto in {"icmp", "icmpv6", "mh"} else ("sport", "dport")
    if proto == "gre":
        if sel["sport-mask"] and sel["dport-mask"]:
            text += f"key {sel['sport'] << 16 | sel['dport']} "
    else:
        text += f"{sport} {sel['sport']} " if sel["sport-mask"] else ""
        text += f"{dport} {sel['dport']} " if sel["dport-mask"] else ""
    if sel["ifindex"]:
        text += f"dev {sel['ifindex-name']} "
    return (text + (f"uid {sel['user']}" if full else "")).strip()


def _alternate(number: int) -> str:
    """As C prints with %#x: a 0 has no prefix."""
    return f"0x{number:x}" if number else "0"


def _nibbles(mask: int) -> int:
    """Spread bits so that each has a hex digit of its own, as ip prints flags: 0x00000011 for bits 0 and 1."""
    return sum(1 << 4 * bit for bit in range(8) if mask >> bit & 1)


def _transform(proto: str, spi: int, reqid: int, mode: str, *, full: bool, spi_always: bool) -> str:
    text = f"proto {_TRANSFORMS.get(proto, proto)} "
    if spi or spi_always:
        text += f"spi 0x{spi:08x}" + (f"({spi})" if full else "") + " "
    text += f"reqid {reqid}" + (f"(0x{reqid:08x})" if full else "") + " "
    return text + f"mode {_MODES.get(mode, mode)}"


def _replay_window(body: Body, details: Body, *, full: bool) -> str:
    names = [name for name in _STATE_FLAGS if name in body["flags"]]
    extra = details.get("sa-extra-flags", [])
    text = f"replay-window {body['replay-window']} "
    if full:
        text += f"seq 0x{body['seq']:08} "
    # ip prints the extra flags one by one, each behind a blank.
    flags = "".join(f"{name} " for name in names) + (f"extra_flag {' '.join(extra)} " if extra else "")
    if full:
        return text + f"flag {flags or ' '}(0x{_spread(names):08x})"
    return text + (f"flag {flags}" if names else "")


def _spread(names: list[str]) -> int:
    # In the text each flag has a digit of its own: noecn is the last one, esn the first.
    return sum(1 << 4 * _STATE_FLAGS_BITS[name] for name in names)


_STATE_FLAGS_BITS = {
    "noecn": 0, "decap-dscp": 1, "nopmtudisc": 2, "wildrecv": 3, "icmp": 4, "af-unspec": 5, "align4": 6, "esn": 7,
}  # fmt: skip


def _attributes(details: Body, *, full: bool) -> list[str]:
    lines = []
    for name, kind in zip(_KEYED, ("auth-trunc", "aead", "enc", "comp"), strict=True):
        if name in details:
            lines.append(_algorithm(kind, details[name], full=full))
    if "alg-auth" in details and "alg-auth-trunc" not in details:
        lines.append(_algorithm("auth", details["alg-auth"], full=full))
    if "mark" in details:
        lines.append(f"mark {_alternate(details['mark']['v'])}/{_alternate(details['mark']['m'])}")
    if "set-mark" in details:
        lines.append(f"output-mark 0x{details['set-mark']:x}/0x{details['set-mark-mask']:x}")
    if "if-id" in details:
        lines.append(f"if_id 0x{details['if-id']:x}")
    if "tfcpad" in details:
        lines.append(f"tfcpad {details['tfcpad']}")
    if "coaddr" in details:
        lines.append(f"coa {details['coaddr']}")
    if "sec-ctx" in details:
        lines.append(f"security context {details['sec-ctx']['ctx-str']}")
    if "encap" in details:
        encap = details["encap"]
        kind = {"espinudp-non-ike": "espinudp-nonike"}.get(encap["encap-type"], encap["encap-type"])
        ports = f"sport {encap['encap-sport']} dport {encap['encap-dport']}"
        lines.append(f"encap type {kind} {ports} addr {encap['encap-oa']}")
    return lines


def _algorithm(kind: str, algorithm: Body, *, full: bool) -> str:
    text = f"{kind} {algorithm['alg-name']} "
    if algorithm.get("alg-key"):
        text += f"0x{algorithm['alg-key']} "
    if full and kind != "comp":
        text += f"({algorithm['alg-key-len']} bits) "
    return text + str(algorithm.get("alg-trunc-len", algorithm.get("alg-icv-len", "")))


def _counters(details: Body) -> list[str]:
    lines = []
    if "replay-val" in details and "replay-esn-val" not in details:
        replay = details["replay-val"]
        counters = f"seq 0x{replay['seq']:x}, oseq 0x{replay['oseq']:x}"
        lines.append(f"anti-replay context: {counters}, bitmap 0x{replay['bitmap']:08x}")
    if "replay-esn-val" in details:
        esn = details["replay-esn-val"]
        low = f"seq-hi 0x{esn['seq-hi']:x}, seq 0x{esn['seq']:x}"
        lines += [
            "anti-replay esn context:",
            f"{low}, oseq-hi 0x{esn['oseq-hi']:x}, oseq 0x{esn['oseq']:x}",
            f"replay_window {esn['replay-window']}, bitmap-length {esn['bmp-len']}",
            " ".join(f"{word:08x}" for word in esn["bmp"]),
        ]
    return lines


def _lifetimes(limits: Body, current: Body) -> list[str]:
    def count(name: str, unit: str) -> str:
        number = limits[name]
        return f"{'(INF)' if number == _INFINITE else number}({unit})"

    def when(seconds: int) -> str:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}" if seconds else "-"

    units = (("byte", "bytes"), ("packet", "packets"))
    return [
        "lifetime config:",
        *(f"limit: soft {count(f'soft-{w}-limit', u)}, hard {count(f'hard-{w}-limit', u)}" for w, u in units),
        *(
            f"expire {what}: soft {limits[f'soft-{what}-expires-seconds']}(sec), "
            f"hard {limits[f'hard-{what}-expires-seconds']}(sec)"
            for what in ("add", "use")
        ),
        "lifetime current:",
        f"{current['bytes']}(bytes), {current['packets']}(packets)",
        f"add {when(current['add-time'])} use {when(current['use-time'])}",
    ]


def _stats(stats: Body) -> str:
    return f"replay-window {stats['replay-window']} replay {stats['replay']} failed {stats['integrity-failed']}"


def _template(item: Body, *, full: bool) -> list[str]:
    level = "use" if item["optional"] else "required"
    lines = [
        f"tmpl src {item['saddr']} dst {item['id']['daddr']}",
        _transform(item["id"]["proto"], item["id"]["spi"], item["reqid"], item["mode"], full=full, spi_always=full),
    ]
    if full:
        masks = (("enc", "ealgos"), ("auth", "aalgos"), ("comp", "calgos"))
        lines.append(f"level {level} share {item['share']}")
        lines.append(" ".join(f"{name}-mask {item[member]:08x}" for name, member in masks))
    elif item["optional"]:
        lines.append(f"level {level}")
    return lines
