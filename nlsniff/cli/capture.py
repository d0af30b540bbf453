"""`nlsniff capture`: record netlink traffic into a file."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

from nlsniff.cli import kit
from nlsniff.errors import NlsniffError

if TYPE_CHECKING:
    from nlsniff.capture.plan import Stats

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@kit.command("capture")
@kit.option("-w", "target", metavar="FILE", help="Write here: .pcap or .pcapng, `-` is standard output.")
@kit.option("-c", "messages", least=1, metavar="N", help="Stop after N netlink messages.")
@kit.option(
    "-a",
    "limits",
    multiple=True,
    metavar="LIMIT",
    help="Stop at a limit: duration:SECONDS, filesize:KB or messages:N. May be given more than once.",
)
@kit.option("-i", "device", metavar="DEVICE", help="Capture on this nlmon device instead of making one.")
@kit.option("--no-describe", is_flag=True, help="Leave out the dumps of families and links at the start.")
@kit.option("-q", "quiet", is_flag=True, help="Say nothing but errors.")
def command(
    target: str | None,
    messages: int | None,
    limits: tuple[str, ...],
    device: str | None,
    no_describe: bool,
    quiet: bool,
) -> None:
    """Record the netlink traffic of this network namespace into a file.

    An nlmon device is made for it and removed at the end. The capture begins with a dump of the generic netlink
    families and of the links, so that the file says what its numbers mean; -c and messages: do not count these. Ctrl-C
    ends it, and the file is whole. Seen are NETLINK_ROUTE, USERSOCK, SOCK_DIAG, NFLOG, XFRM, FIB_LOOKUP, NETFILTER and
    GENERIC; uevents, audit, connector, crypto, rdma and selinux never pass an nlmon device.

    It needs CAP_NET_ADMIN and CAP_NET_RAW (sudo); `nlsniff record` needs neither. The file is readable by its owner
    alone, for it may hold secret keys.
    """
    from nlsniff.capture.engine import Capture  # noqa: PLC0415 - not for --help
    from nlsniff.capture.plan import Plan  # noqa: PLC0415

    if target is None:
        raise NlsniffError("where to? `nlsniff capture -w FILE` writes a file, `nlsniff live` shows it on the screen")
    limit = parse_limits(limits)
    plan = Plan(
        target=target,
        device=device,
        messages=messages or (None if limit.get("messages") is None else int(limit["messages"])),
        duration=limit.get("duration"),
        filesize=None if limit.get("filesize") is None else int(limit["filesize"] * 1000),
        describe=not no_describe,
    )
    capture = Capture(plan)
    # Before the start, so that no signal finds a device without an owner who removes it.
    before = {number: signal.signal(number, lambda *_: capture.stop()) for number in _SIGNALS}
    try:
        with capture:
            if not quiet:
                kit.echo(f"capturing on {capture.device.name} into {target}, Ctrl-C ends it")
            show = _progress if not quiet and sys.stderr.isatty() else None
            capture.wait(on_status=show)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    finish(capture.stats, target, quiet=quiet)


def finish(stats: Stats, target: str, *, quiet: bool) -> None:
    """Say what was captured; raises NlsniffError where it failed."""
    if stats.error:
        raise NlsniffError(f"{stats.error} ({figures(stats)} until then)")
    if not quiet:
        erase = "\r\x1b[K" if sys.stderr.isatty() else ""
        kit.echo(f"{erase}{figures(stats)}, written to {'standard output' if target == '-' else target}")


def figures(stats: Stats) -> str:
    """Return the counts in words."""
    return f"{stats.messages} messages in {stats.frames} frames, {stats.dropped} dropped"


def parse_limits(limits: tuple[str, ...]) -> dict[str, float]:
    """Read the values of -a.

    Raises:
        NlsniffError: for an unknown kind or a value that is no positive number.
    """
    read: dict[str, float] = {}
    for limit in limits:
        kind, _, text = limit.partition(":")
        try:
            value = float(text)
        except ValueError:
            value = 0.0
        if kind not in ("duration", "filesize", "messages") or not 0 < value < float("inf"):
            raise NlsniffError(f"-a {limit}: give duration:SECONDS, filesize:KB or messages:N, each above 0")
        read[kind] = value
    return read


def _progress(stats: Stats) -> None:
    kit.echo(f"\r\x1b[K{figures(stats)}", end="")
