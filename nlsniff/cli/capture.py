"""`nlsniff capture`: record netlink traffic into a file."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

from nlsniff.cli import commands
from nlsniff.cli.commands import option
from nlsniff.cli.options import DEVICE, NO_DESCRIBE, NO_NAMES, QUIET, registry_for
from nlsniff.errors import NlsniffError

if TYPE_CHECKING:
    from nlsniff.capture.groups import MulticastGroup
    from nlsniff.capture.plan import Stats

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


@commands.command(
    "capture",
    examples=(
        "sudo nlsniff capture -w all.pcapng -a duration:10  # ten seconds",
        "sudo nlsniff capture -w ring.pcapng -b filesize:10000 -b files:5  # the last 50 MB",
        "nlsniff capture -w events.pcapng --groups link,uevent  # no root: what everybody is told",
    ),
)
@option("-w", "target", metavar="FILE", help="Write here: .pcap or .pcapng, `-` is standard output.")
@option("-c", "messages", type=commands.whole(1), metavar="N", help="Stop after N netlink messages.")
@option(
    "-a",
    "limits",
    action="append",
    metavar="LIMIT",
    help="Stop at a limit: duration:SECONDS, filesize:KB, messages:N, or with -b files:N. May be given more than once.",
)
@option(
    "-b",
    "turns",
    action="append",
    metavar="TURN",
    help="Begin another file after duration:SECONDS or filesize:KB; files:N keeps the last N.",
)
@DEVICE
@option(
    "--groups", metavar="NAME,...", help="Join multicast groups instead of using nlmon; `--groups help` lists them."
)
@option("-D", "--list-devices", "list_devices", action="store_true", help="List the nlmon devices that are there.")
@NO_DESCRIBE
@NO_NAMES
@QUIET
def command(
    target: str | None,
    messages: int | None,
    limits: tuple[str, ...],
    turns: tuple[str, ...],
    device: str | None,
    groups: str | None,
    list_devices: bool,
    no_describe: bool,
    no_names: bool,
    quiet: bool,
) -> None:
    """Record the netlink traffic of this network namespace into a file.

    An nlmon device is made for it and removed at the end. The capture begins with a dump of the generic netlink
    families and of the links, so that the file says what its numbers mean; -c and messages: do not count these. Ctrl-C
    ends it, and the file is whole. Seen are NETLINK_ROUTE, USERSOCK, SOCK_DIAG, NFLOG, XFRM, FIB_LOOKUP, NETFILTER and
    GENERIC; uevents, audit, connector, crypto, rdma and selinux never pass an nlmon device. --groups hears these, and
    needs no nlmon, but sees only what the kernel tells everybody: nobody's requests, and no answers.

    With -b the file NAME.pcapng becomes NAME_00001_TIME.pcapng and so on; each of them begins with the description.

    No record of a capture file may be longer than 262144 bytes. A longer datagram becomes several frames, cut between
    its messages; in pcapng each has a comment such as "part 2 of 7", and they are followed as one.

    It needs CAP_NET_ADMIN and CAP_NET_RAW (sudo), with --groups what the groups need, which for route and uevent is
    nothing; `nlsniff record` needs neither. The file is readable by its owner
    alone, for it may hold secret keys.

    Exit status: 0, also when Ctrl-C ended it, or 2 when nothing can be recorded or written.
    """
    from nlsniff.capture.engine import Recorder
    from nlsniff.capture.plan import RecordPlan

    if groups == "help":
        from nlsniff.capture.group_names import listing

        for line in listing(registry_for(())):
            commands.put(line)
        return
    if list_devices:
        from nlsniff.capture.device import devices

        for name, up in devices() or [("none: without -i, nlsniff makes its own", True)]:
            commands.put(name if up else f"{name} (down)")
        return
    if target is None:
        raise NlsniffError("where to? `nlsniff capture -w FILE` writes a file, `nlsniff live` shows it on the screen")
    limit = parse_limits("-a", limits, LIMITS)
    turn = parse_limits("-b", turns, ("duration", "filesize", "files"))
    check_together(target, limit, turn)
    plan = RecordPlan(
        target=target,
        device=device,
        messages=messages or _whole(limit.get("messages")),
        duration=limit.get("duration"),
        filesize=_whole(limit.get("filesize"), 1000),
        describe=not no_describe,
        names=not no_names,
        groups=groups_of(groups, device, ()),
        next_filesize=_whole(turn.get("filesize"), 1000),
        next_duration=turn.get("duration"),
        keep_files=_whole(turn.get("files")),
        files=_whole(limit.get("files")),
    )
    capture = Recorder(plan)
    # Before the start, so that no signal finds a device without an owner who removes it.
    before = {number: signal.signal(number, lambda *_: capture.stop()) for number in _SIGNALS}
    try:
        with capture:
            if not quiet:
                where = f"groups {groups}" if groups else capture.stats.device
                commands.echo(f"capturing on {where} into {target}, Ctrl-C ends it")
            show = _progress if not quiet and sys.stderr.isatty() else None
            capture.wait(on_status=show)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    finish(capture.stats, " ".join(capture.paths) or target, quiet=quiet)


def groups_of(text: str | None, device: str | None, specs: tuple[str, ...]) -> tuple[MulticastGroup, ...]:
    """Read the value of --groups; none where it was not given.

    Raises:
        NlsniffError: for a name that means nothing, or beside -i.
    """
    if text is None:
        return ()
    if device:
        raise NlsniffError("-i and --groups exclude each other: one hears an nlmon device, the other needs none")
    from nlsniff.capture.group_names import chosen_groups

    return chosen_groups(text, registry_for(specs))


def finish(stats: Stats, target: str, *, quiet: bool) -> None:
    """Say what was captured; raises NlsniffError where it failed."""
    if stats.error:
        raise NlsniffError(f"{stats.error} ({figures(stats)} until then)")
    if not quiet:
        where = "standard output" if target == "-" else target
        commands.echo(f"{figures(stats)}, written to {where}", again=sys.stderr.isatty())


def figures(stats: Stats) -> str:
    """Return the counts in words."""
    cut = f", {stats.cut} frames cut" if stats.cut else ""
    own = f" ({stats.own} nlsniff's own)" if stats.own else ""
    return f"{stats.messages} messages{own} in {stats.frames} frames, {stats.dropped} dropped{cut}"


def check_together(target: str, limit: dict[str, float], turn: dict[str, float]) -> None:
    """Refuse what cannot be wanted together.

    Raises:
        NlsniffError: saying what to leave out.
    """
    turning = turn.keys() & {"duration", "filesize"}
    if turn and not turning:
        raise NlsniffError(
            "-b files:N keeps the last N files: say with -b filesize:KB or -b duration:SECONDS when one ends"
        )
    if "files" in limit and not turning:
        raise NlsniffError("-a files:N counts files: say with -b filesize:KB or -b duration:SECONDS when one ends")
    if turn and "filesize" in limit:
        raise NlsniffError(
            "-a filesize ends a capture of one file: with -b give -a files:N, messages:N or duration:SECONDS"
        )
    if turn and target == "-":
        raise NlsniffError("-b writes file after file, and standard output is one: name a file with -w")


_UNITS = {"duration": "SECONDS", "filesize": "KB", "messages": "N", "files": "N"}
LIMITS = tuple(_UNITS)


def parse_limits(option: str, words: tuple[str, ...], kinds: tuple[str, ...]) -> dict[str, float]:
    """Read the values of -a or -b.

    Raises:
        NlsniffError: for an unknown kind or a value that is no positive number.
    """
    read: dict[str, float] = {}
    for word in words:
        kind, _, text = word.partition(":")
        try:
            value = float(text)
        except ValueError:
            value = 0.0
        if kind not in kinds or not 0 < value < float("inf"):
            known = [f"{name}:{_UNITS[name]}" for name in kinds]
            raise NlsniffError(f"{option} {word}: give {', '.join(known[:-1])} or {known[-1]}, each above 0")
        read[kind] = value
    return read


def _whole(value: float | None, unit: int = 1) -> int | None:
    return None if value is None else max(1, int(value * unit))


def _progress(stats: Stats) -> None:
    commands.echo(figures(stats), end="", again=True)
