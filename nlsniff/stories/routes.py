"""What a message says of a route: which one it is, and where it leads. Names are those of rt-route.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nlsniff.decode.paths import MessageValues


Key = tuple[Any, ...]

_VIA = (
    "[{?rtm-type!=unicast}{?rtm-type!=unspec}{rtm-type}][ encap {encap-type}][ nhid {nh-id}][ via {gateway|via}]"
    "[ dev {oif}][ {multipath}]"
)
_IPV6_METRIC = 1024  # what the kernel takes where a request gives none (IP6_RT_PRIO_USER)


def key_of(values: MessageValues) -> Key:
    """Family, table, destination, TOS, metric; each link has its own routes to link-local and multicast addresses."""
    family, length = values.first("rtm-family"), values.first("rtm-dst-len")
    destination = f"{values.first('dst')}/{length}" if length else "default"
    metric = values.first("priority")
    if not isinstance(metric, int):
        metric = _IPV6_METRIC if family == "inet6" else 0
    link = values.first("oif") if destination.startswith(("fe80:", "ff0")) else None
    return ("route", family, values.first("table", "rtm-table"), destination, values.first("rtm-tos"), metric, link)


def facts_of(key: Key) -> dict[str, Any]:
    """What tells a route from others, as JSON has it."""
    _, family, table, destination, tos, metric, _ = key
    return {"family": family, "table": table, "destination": destination, "tos": tos, "metric": metric}


def title_of(values: MessageValues) -> str:
    """What a route is, in one line."""
    _, family, table, destination, tos, metric, _ = key_of(values)
    what = f"route {destination}" if destination != "default" else f"route default of {family}"
    more = (
        f"table {table}" if table != "main" else "",
        f"tos {tos}" if tos else "",
        f"metric {metric}" if metric else "",
    )
    return " ".join((what, *filter(None, more)))


def via(values: MessageValues) -> str:
    """Where a route leads, in words."""
    return values.summarise(_VIA)
