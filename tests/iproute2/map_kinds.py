"""The settings of kinds of links that only the newer kernel was recorded with, and what others have got since 6.1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.iproute2 import map_link
from tests.iproute2.compare import Explained, Of
from tests.iproute2.map_link import has, named, option, own
from tests.iproute2.words import constants, hexadecimal, there, upper, yes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.iproute2.compare import Map

CAN_MODES = {"listenonly": "LISTEN-ONLY", "xl-tms": "TMS"}


def modes(names: list[str]) -> list[str]:
    """Control modes of CAN as ip prints them."""
    return [CAN_MODES.get(name, name.upper()) for name in names]


def limits(tool: str, ours: str, *names: str) -> dict[str, Any]:
    """Least and greatest values."""
    return {f"{tool}.{name}.{end}": f"{ours}.{name}-{end}" for name in names for end in ("min", "max")}


def timing(tool: str) -> dict[str, Any]:
    """What a CAN controller can do; no kernel says a least jump width, which is 1."""
    ours = tool.replace("_", "-")
    return {
        f"{tool}.name": f"{ours}.name",
        f"{tool}.brp_inc": f"{ours}.brp-inc",
        **limits(tool, ours, "tseg1", "tseg2", "brp"),
        f"{tool}.sjw.min": Of(lambda _link: 1),
        f"{tool}.sjw.max": f"{ours}.sjw-max",
    }


CAN = own(
    ctrlmode=("ctrlmode.flags", modes),
    ctrlmode_supported=("ctrlmode-ext.supported", modes),
    state=("state", upper),
    restart_ms="restart-ms",
    clock="clock.freq",
    **{
        f"bittiming.{name}": f"bittiming.{name.replace('_', '-')}"
        for name in ("bitrate", "tq", "prop_seg", "phase_seg1", "phase_seg2", "sjw", "brp")
    },
    **{"bittiming.sample_point": ("bittiming.sample-point", lambda thousandths: f"{thousandths / 1000:.3f}")},
    **timing("bittiming_const"),
    **timing("data_bittiming_const"),
    **timing("xl_data_bittiming_const"),
    **limits("data_bittiming_const.tdc", "tdc", "tdco", "tdcf"),
    **limits("xl_data_bittiming_const.xtdc", "xl-tdc", "tdco", "tdcf"),
    **limits("xl_data_bittiming_const.pwm", "xl-pwm", "pwms", "pwml", "pwmo"),
)

TUNNEL = {
    **map_link.TUNNEL,
    **own(
        proto=("proto", {**map_link.IP_MODES, "ip": "any"}.get),
        iseq=has("iflags", "seq"),
        oseq=has("oflags", "seq"),
        fwmark=("fwmark", hexadecimal),
        external="collect-metadata",
        erspan_dir=("erspan-dir", ("ingress", "egress").__getitem__),
        erspan_hwid=("erspan-hwid", hexadecimal),
        ip6_tnl_f_allow_local_remote=has("flags", "allow-local-remote"),
    ),
}

VXLAN = {
    **map_link.VXLAN,
    **own(
        remote="group",
        local="local",
        external=("collect-metadata", yes),
        gpe=("gpe", there),
        reserved_bits=("reserved-bits", lambda bits: f"0x{bits['vx-flags']:08x}{bits['vx-vni']:08x}"),
        **{
            name: (name.replace("_", "-"), yes)
            for name in ("proxy", "rsc", "l2miss", "l3miss", "remcsum_tx", "remcsum_rx", "localbypass", "vnifilter")
        },
    ),
}

OF_KIND: dict[str, Map] = {
    **map_link.OF_KIND,
    **dict.fromkeys(("ip6tnl", "ip6gre", "ip6erspan", "vti6", "gre", "vti"), TUNNEL),
    "amt": own(
        **named("mode", "gateway_port", "relay_port", "max_tunnels"),
        local="local-ip",
        discovery="discovery-ip",
        link="link-name",
    ),
    "bareudp": own(
        dstport="port",
        ethertype=("ethertype", lambda name: name.replace("-", "_")),
        srcportmin="srcport-min",
        multiproto="multiproto-mode",
    ),
    "bond": {
        **map_link.BOND,
        **own(
            lacp_strict=("lacp-strict", yes),
            coupled_control=("coupled-control", yes),
            broadcast_neighbor=("broadcast-neigh", yes),
        ),
    },
    "bridge": {
        **map_link.BRIDGE,
        **own(
            **named("stp_mode", "fdb_n_learned", "fdb_max_learned"),
            **{
                "mcast_querier_state_ipv4.mcast_querier_ipv4_addr": "mcast-querier-state.ip-address",
                "mcast_querier_state_ipv6.mcast_querier_ipv6_addr": "mcast-querier-state.ipv6-address",
            },
            mst_enabled=option("mst-enable"),
            mdb_offload_fail_notification=option("mdb-offload-fail-notification"),
            fdb_local_vlan_0=option("fdb-local-vlan-0"),
        ),
    },
    "can": CAN,
    "geneve": own(
        **named("id", "remote6", "local6", "ttl", "df", "port", "inner_proto_inherit"),
        label=("label", hexadecimal),
        udp_zero_csum6_tx=("udp-zero-csum6-tx", yes),
        udp_zero_csum6_rx=("udp-zero-csum6-rx", yes),
    ),
    "gtp": own(**named("role", "restart_count"), hsize="pdp-hashsize"),
    "hsr": own(
        **named("seq_nr", "supervision_addr", "version"),
        **{name: f"{name}-name" for name in ("slave1", "slave2", "interlink")},
        proto=("protocol", {"hsr": 0, "prp": 1}.get),
    ),
    "macsec": own(
        **named("icv_len", "encoding_sa", "validation", "offload"),
        sci=("sci", lambda number: f"{number:016x}"),
        cipher_suite=("cipher-suite", upper),
        **{
            name: (name.replace("_", "-"), yes)
            for name in ("protect", "encrypt", "inc_sci", "es", "scb", "replay_protect")
        },
    ),
    "macvlan": {**map_link.MACVLAN, **own(bclim="bc-cutoff")},
    "netkit": own(
        **named("mode", "policy", "peer_policy", "scrub", "peer_scrub"),
        type=("primary", ("peer", "primary").__getitem__),
    ),
    "ovpn": own(mode="mode"),
    "rmnet": own(mux_id="mux-id", flags=("flags.flags", constants())),
    "vxlan": VXLAN,
    "wwan": own(linkid="link-id"),
    "xfrm": own(if_id=("if-id", hexadecimal), external="collect-metadata"),
}


def octets(address: str) -> str:
    """The Ethernet address at the beginning of a place for any."""
    return address[:17]


PROGRAM = Explained("what ip asks bpf() of the program whose id it was told")
_XDP: Map = {
    "mode": Of(lambda link: {"drv": 1, "skb": 2}[link["xdp"]["attached"]]),
    "prog.id": "xdp.prog-id",
    **{f"prog.{name}": PROGRAM for name in ("name", "tag", "jited", "load_time", "created_by_uid")},
}
XDP: Map = {f"xdp.{where}{name}": rule for where in ("", "attached[].") for name, rule in _XDP.items()}


def slave_state(link: Any) -> Any:
    """ip prints that of a bond's port in capitals, of a bridge's port not."""
    port = link["linkinfo"]
    state = port["slave-data"]["state"]
    return state.upper() if port["slave-kind"] == "bond" else state


NEWER_PORT: Map = {
    "linkinfo.info_slave_data.state": Of(slave_state),
    **map_link.below(
        "linkinfo.slave-data",
        {
            "mii_status": ("mii-status", {"up": "UP", "fail": "GOING_DOWN"}.get),
            **{name: (name.replace("_", "-"), yes) for name in ("mab", "neigh_vlan_suppress", "neigh_forward_grat")},
            **named("backup_nhid", "link_failure_count", "perm_hwaddr", "queue_id", "prio", "actor_port_prio"),
        },
        "linkinfo.info_slave_data",
    ),
}

_VIRTUAL: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "vf": ("mac.vf", int),
    "address": ("mac.mac", octets),
    "broadcast": ("broadcast.broadcast", octets),
    "tx_rate": ("tx-rate.rate", int),
    "rate.max_tx": ("rate.max-tx-rate", int),
    "rate.min_tx": ("rate.min-tx-rate", int),
    "spoofchk": ("spoofchk.setting", yes),
    "trust": ("trust.setting", yes),
    "query_rss_en": ("rss-query-en.setting", yes),
    "link_state": ("link-state.link-state", str),
    "vlan_list[].vlan": ("vlan-list.info[].vlan", int),
    "vlan_list[].qos": ("vlan-list.info[].qos", int),
    "vlan_list[].protocol": ("vlan-list.info[].vlan-proto", map_link.PROTOCOLS.get),
}
VIRTUAL: Map = {
    "vfinfo_list": Of(lambda _link: []),
    **{f"vfinfo_list[].{tool}": (f"vfinfo-list.info[].{ours}", change) for tool, (ours, change) in _VIRTUAL.items()},
    "vfinfo_list[].link_type": "ifi-type",
    # VLAN 0 is none.
    "vfinfo_list[].vlan_list[]": ("vfinfo-list.info[].vlan-list.info[]", lambda vlan: vlan if vlan["vlan"] else {}),
}
