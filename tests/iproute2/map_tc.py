"""`tc qdisc` against RTM_NEWQDISC."""

from __future__ import annotations

from typing import Any

from tests.iproute2.compare import Explained, Map, Of, Ours, find
from tests.iproute2.words import hexadecimal, instead, there, yes

ROOT, TICK_NS = 0xFFFFFFFF, 64
PROTOCOLS = {"8021q": "802.1Q", "8021ad": "802.1ad"}
FRACTION = 0xFFFFFFFF


def handle(number: int) -> str:
    """Major and minor in hex; the minor number 0 is left out."""
    return f"{number >> 16:x}:{number & 0xFFFF:x}" if number & 0xFFFF else f"{number >> 16:x}:"


def fraction(number: int) -> float:
    """Parts of all."""
    return number / FRACTION


QDISC: Map = {
    "kind": "kind",
    "handle": ("handle", handle),
    "dev": "ifindex-name",
    "root": Of(lambda found: found["parent"] == ROOT),
    "parent": ("parent", handle),
    "refcnt": "info",
    "bytes": "stats2.basic.bytes",
    "packets": "stats2.basic.packets",
    "drops": "stats2.queue.drops",
    "overlimits": "stats2.queue.overlimits",
    "requeues": "stats2.queue.requeues",
    "backlog": "stats2.queue.backlog",
    "qlen": "stats2.queue.qlen",
    "options": Of(lambda _: {}),
}


def options(**rules: Any) -> Map:
    """Rules for the options of a kind."""
    return {f"options.{name}": _within("options", rule) for name, rule in rules.items()}


def counters(**rules: Any) -> Map:
    """Rules for the counters of a kind, which tc prints beside the general ones."""
    return {name: _within("stats2.app", rule) for name, rule in rules.items()}


def _within(prefix: str, rule: Any) -> Any:
    if isinstance(rule, str):
        return f"{prefix}.{rule}"
    return (f"{prefix}.{rule[0]}", rule[1]) if isinstance(rule, tuple) else rule


def named(*names: str) -> dict[str, Any]:
    """Values that both have under the same name."""
    return {name: name.replace("_", "-") for name in names}


def flag(path: str, name: str) -> Of:
    """Whether a set of flags has one."""
    return Of(lambda found: name in find(found, path))


def size(number: int) -> str:
    """A size as tc prints it, in whole KiB where it is that."""
    return f"{number // 1024}Kb" if number % 1024 == 0 else f"{number}b"


def bucket(rate: str, ticks: str) -> Of:
    """A bucket is sent as the time that its rate needs; tc reckons the bytes back."""

    def make(found: Ours) -> str:
        speed, time = find(found, rate), find(found, ticks)
        return f"{size(round(speed * time * TICK_NS / 1e9))}/1"

    return Of(make)


def tbf_latency(found: Ours) -> int:
    """The longest wait in microseconds, from limit, buckets and rates."""
    parms = found["options"]["parms"]

    def wait(rate: int, ticks: int) -> float:
        return float(1e6 * parms["limit"] / rate - ticks * TICK_NS / 1e3)

    return round(max(wait(parms["rate"]["rate"], parms["buffer"]), wait(parms["peakrate"]["rate"], parms["mtu"])))


NOT_SENT = Explained("the kernel does not send it; tc prints what it takes for granted")

TIN = {
    "threshold_rate": "threshold-rate64", "sent_bytes": "sent-bytes64", "backlog_bytes": "backlog-bytes",
    "target_us": "target-us", "interval_us": "interval-us", "peak_delay_us": "peak-delay-us",
    "avg_delay_us": "avg-delay-us", "base_delay_us": "base-delay-us", "sent_packets": "sent-packets",
    "way_indirect_hits": "way-indirect-hits", "way_misses": "way-misses", "way_collisions": "way-collisions",
    "drops": "dropped-packets", "ecn_mark": "ecn-marked-packets", "ack_drops": "acks-dropped-packets",
    "sparse_flows": "sparse-flows", "bulk_flows": "bulk-flows", "unresponsive_flows": "unresponsive-flows",
    "max_pkt_len": "max-skblen", "flow_quantum": "flow-quantum",
}  # fmt: skip

RED_P = Explained("tc reckons it from the slope, for kernels that do not send max-p")

OF_QDISC: dict[str, Map] = {
    "tbf": options(
        rate="parms.rate.rate",
        burst=bucket("options.parms.rate.rate", "options.parms.buffer"),
        mpu=Of(lambda found: [found["options"]["parms"][which]["mpu"] for which in ("rate", "peakrate")]),
        mtu=bucket("options.parms.peakrate.rate", "options.parms.mtu"),
        lat=Of(tbf_latency),
        linklayer="parms.rate.linklayer",
    ),
    "htb": options(
        r2q="init.rate2quantum",
        default=("init.defcls", hexadecimal),
        direct_packets_stat="init.direct-pkts",
        ver=("init.version", lambda number: f"{number >> 16}.{number & 0xFFFF}"),
        direct_qlen="direct-qlen",
    ),
    "sfq": options(
        limit="v0.limit", quantum="v0.quantum", depth="depth", flows="v0.flows", divisor="v0.divisor",
        perturb="v0.perturb-period",
    ),
    "fq_codel": {
        **options(
            **named("limit", "flows", "quantum", "target", "ce_threshold", "interval", "memory_limit"),
            ecn=("ecn", yes),
            drop_batch="drop-batch-size",
        ),
        **counters(
            **{
                name: f"stats.{name.replace('_', '-')}"
                for name in (
                    "maxpacket", "drop_overlimit", "new_flow_count", "ecn_mark", "new_flows_len", "old_flows_len",
                )
            },
        ),
    },
    "cake": {
        **options(
            bandwidth="base-rate64",
            diffserv="diffserv-mode",
            flowmode=("flow-mode", instead(triple="triple-isolate")),
            rtt="rtt",
            overhead="overhead",
            raw=Of(lambda found: "raw" in found["options"]),
            atm=("atm", instead(none="noatm")),
            fwmark=("fwmark", str),
            **{"ack-filter": ("ack-filter", instead(filter="enabled"))},
            **{name: (name.replace("_", "-"), yes) for name in ("nat", "wash", "ingress", "split_gso")},
        ),
        **counters(
            memory_used="memory-used",
            memory_limit="memory-limit",
            capacity_estimate="capacity-estimate64",
            min_network_size="min-netlen",
            max_network_size="max-netlen",
            min_adj_size="min-adjlen",
            max_adj_size="max-adjlen",
            avg_hdr_offset="avg-netoff",
            **{f"tins[].{tool}": f"tin-stats[].{ours}" for tool, ours in TIN.items()},
        ),
    },
    "netem": options(
        limit="limit",
        gap="gap",
        ecn=Of(lambda found: bool(found["options"].get("ecn"))),
        **{
            "delay.delay": ("latency64", lambda time: time / 1e9),
            "delay.jitter": ("jitter64", lambda time: time / 1e9),
            "delay.correlation": ("corr.delay-corr", fraction),
            "loss-random.loss": ("loss", fraction),
            "loss-random.correlation": ("corr.loss-corr", fraction),
            "duplicate.duplicate": ("duplicate", fraction),
            "duplicate.correlation": ("corr.dup-corr", fraction),
            "reorder.reorder": ("reorder.probability", fraction),
            "reorder.correlation": ("reorder.correlation", fraction),
            "corrupt.corrupt": ("corrupt.probability", fraction),
            "corrupt.correlation": ("corrupt.correlation", fraction),
            "rate.rate": "rate.rate",
            "rate.packetoverhead": "rate.packet-overhead",
            "rate.cellsize": "rate.cell-size",
            "rate.celloverhead": "rate.cell-overhead",
        },
    ),
    "red": {
        **options(
            limit="parms.limit", min="parms.qth-min", max="parms.qth-max", ewma="parms.Wlog",
            probability=("max-p", fraction), Scell_log="parms.Scell-log",
            ecn=flag("options.flags.value", "ecn"), harddrop=flag("options.flags.value", "harddrop"),
            adaptive=flag("options.flags.value", "adaptative"), nodrop=flag("options.flags.value", "nodrop"),
        ),
        **counters(**named("marked", "early", "pdrop", "other")),
    },
    "fq": {
        **options(
            limit="plimit",
            buckets=("buckets-log", lambda power: 1 << power),
            maxrate="flow-max-rate",
            refill_delay="flow-refill-delay",
            horizon_drop=("horizon-drop", there),
            flow_limit="flow-plimit",
            **named("orphan_mask", "quantum", "initial_quantum", "low_rate_threshold", "timer_slack", "horizon"),
        ),
        **counters(
            flows="flows",
            inactive="inactive-flows",
            throttled=Of(lambda found: [found["stats2"]["app"][name] for name in ("throttled-flows", "throttled")]),
            gc="gc-flows",
            highprio="highprio-packets",
        ),
    },
    "codel": {
        **options(**named("limit", "target", "interval")),
        **counters(**named("count", "lastcount", "ldelay", "drop_next", "maxpacket", "ecn_mark", "drop_overlimit")),
    },
    "pie": {
        **options(**named("limit", "target", "tupdate", "alpha", "beta"), ecn=("ecn", yes)),
        **counters(
            prob=("prob", lambda number: number / ((1 << 64) - 1)),
            delay="delay", pkts_in="packets-in", overlimit="overlimit", dropped="dropped", maxq="maxq",
            ecn_mark="ecn-mark",
        ),
    },
    "hhf": {
        **options(
            limit="backlog-limit", quantum="quantum", hh_limit="hh-flows-limit", reset_timeout="reset-timeout",
            admit_bytes="admit-bytes", evict_timeout="evict-timeout", non_hh_weight="non-hh-weight",
        ),
        **counters(
            drop_overlimit="drop-overlimit", hh_overlimit="hh-overlimit", tot_hh="hh-tot-count", cur_hh="hh-cur-count",
        ),
    },
    "prio": options(bands="bands", priomap="priomap", multiqueue=NOT_SENT),
}  # fmt: skip
