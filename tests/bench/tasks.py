"""What is measured: the work, how nlsniff and tshark are told to do it, and what of tshark's CPU time it may take."""

from __future__ import annotations

import shlex
from typing import Literal, NamedTuple

FILE = "{file}"
SMALL, TINY, HOSTILE, NETFILTER = 14_000, 10, 20_000, 20_000  # messages


class Task(NamedTuple):
    """Work that both do.

    Attributes:
        ours, theirs: arguments of nlsniff and tshark; `FILE` stands for the file.
        target: the ratio of CPU times that it may have; 0 where none is set, since tshark reads little of it.
        traffic: what is in the file, see `tests.bench.traffic`.
        messages: how many a file has; 0 for as many as were asked for.
        frames: both print numbers of frames: the same ones, or tshark some of those that nlsniff prints.
    """

    ours: list[str]
    theirs: list[str]
    target: float
    traffic: str = "day"
    messages: int = 0
    frames: Literal["", "same", "some"] = ""

    @property
    def command(self) -> tuple[str, str]:
        """Both commands as a person types them, without the file."""
        return _typed("nlsniff", self.ours), _typed("tshark", self.theirs)


def _typed(program: str, arguments: list[str]) -> str:
    fields = arguments.count("-e")
    if fields > 1:  # the first stands for all
        at = arguments.index("-e")
        arguments = [*arguments[: at + 2], "...", *arguments[at + 2 * fields :]]
    return " ".join([program, *[shlex.quote(word) for word in arguments if word not in {"-r", FILE}]])


_TEXT = ["-V", "-r", FILE]
_EK = ["-T", "ek", "-r", FILE]


def _tshark_fields(*names: str) -> list[str]:
    return ["-T", "fields", *[word for name in names for word in ("-e", name)], "-r", FILE]


def _filter(ours: str, theirs: str, target: float, frames: Literal["same", "some"] = "same") -> Task:
    frame = _tshark_fields("frame.number")
    return Task(["show", "-Y", ours, "-e", "frame", FILE], ["-Y", theirs, *frame], target, frames=frames)


_LINE = ("frame.number", "frame.time_relative", "netlink.hdr_type", "netlink-route.ifla_ifname",
         "netlink-route.ifa_address.ipv4", "netlink-route.rta_oif")  # fmt: skip
_OURS = ("frame", "time", "link.ifname", "link.mtu", "route.oif", "route.table")
_THEIRS = ("frame.number", "frame.time_epoch", "netlink-route.ifla_ifname", "netlink-route.ifla_mtu",
           "netlink-route.rta_oif", "netlink-route.rt_table")  # fmt: skip

TASKS = {
    "tiny": Task(["show", FILE], ["-r", FILE], 0.6, messages=TINY),
    "small": Task(["show", "-V", FILE], _TEXT, 0.6, messages=SMALL),
    "text": Task(["show", "-V", FILE], _TEXT, 0.55),
    "json": Task(["show", "--json", FILE], _EK, 0.28),
    "lines": Task(["show", FILE], _tshark_fields(*_LINE), 0.8),
    "filter": _filter("type == RTM_NEWROUTE", "netlink-route.nltype == 24", 0.05),
    "body": _filter("route.oif == 3", "netlink-route.rta_oif == 3", 0.8),
    "ifname": _filter("link.ifname == veth0", 'netlink-route.ifla_ifname == "veth0"', 0.8),
    "errno": _filter("errno", "netlink.error < 0", 0.8, "some"),  # ours also has the requests that were refused
    "fields": Task(["show", *[word for name in _OURS for word in ("-e", name)], FILE], _tshark_fields(*_THEIRS), 0.8),
    "follow": Task(["follow", "--all", FILE], _TEXT, 1.5),
    "stories": Task(["follow", "--stories", FILE], _TEXT, 1.0),
    "stats": Task(["stats", FILE], ["-q", "-z", "io,phs", "-r", FILE], 0),
    "hostile": Task(["show", "-V", FILE], _TEXT, 1.0, "hostile", HOSTILE),
    "hostile-json": Task(["show", "--json", FILE], _EK, 1.0, "hostile", HOSTILE),
    "every": Task(["show", "-V", FILE], _TEXT, 0, "every", HOSTILE),
    "netfilter": Task(["show", "-V", FILE], _TEXT, 0, "netfilter", NETFILTER),
    "netfilter-json": Task(["show", "--json", FILE], _EK, 0, "netfilter", NETFILTER),
}
