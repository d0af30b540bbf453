"""`nlsniff live`: record and browse at the same time."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from nlsniff.cli import commands
from nlsniff.cli.commands import option
from nlsniff.cli.options import DEVICE, DUMB, NO_DESCRIBE, NO_NAMES, decoder_for, filter_for, reading
from nlsniff.wire.nlmsg import byte_order

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from nlsniff.capture.plan import Stats
    from nlsniff.capture.session import Session
    from nlsniff.decode.decoder import Decoder
    from nlsniff.filter.filter import Filter
    from nlsniff.reader import IndexedCapture
    from nlsniff.spec.registry import Registry
    from nlsniff.wire.nlmsg import Order

# Seconds between two looks at the file while lines are printed; the writer flushes about as often.
_PAUSE = 0.1
_AGAIN = 2.0  # seconds
# SIGINT among them, for a shell has it ignored in what it runs in the background.
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


@commands.command(
    "live",
    examples=(
        "sudo nlsniff live  # the screen",
        "sudo nlsniff live -Y 'errno or unanswered' -w all.pcapng | cat  # a line a message; all is kept",
        "nlsniff live --groups link,ipv4-ifaddr  # no root: what everybody is told",
    ),
)
@DEVICE
@option(
    "--groups", metavar="NAME,...", help="Join multicast groups instead of using nlmon; see `nlsniff capture --help`."
)
@option("-w", "target", metavar="FILE", help="Keep the capture in this file: .pcap or .pcapng.")
@option("-Y", "--filter", "filter_text", metavar="FILTER", default="", help="Show what matches.")
@NO_DESCRIBE
@NO_NAMES
@reading
def command(
    device: str | None,
    groups: str | None,
    target: str | None,
    filter_text: str,
    endian: str,
    specs: tuple[str, ...],
    *,
    no_describe: bool,
    no_names: bool,
    show_secrets: bool,
) -> None:
    """Record the netlink traffic of this network namespace and browse it while it comes.

    Where standard output is no terminal with a screen, a line is printed for each message instead, until Ctrl-C. The
    capture is kept with -w only. It needs CAP_NET_ADMIN and CAP_NET_RAW (sudo).

    A line that is printed stays. So there a filter on conversations (`errno`, `status`, `unanswered`, ...) judges each
    message once, by its conversation as it stands then: a request whose answer is still to come is `unanswered`, and
    has no `errno`. The screen asks again when more has come.

    Exit status: 0, also when Ctrl-C ended it, or 2 when nothing can be recorded.
    """
    from nlsniff.capture.session import start
    from nlsniff.cli.capture import figures, groups_of

    decoder = decoder_for(specs, show_secrets=show_secrets)
    wanted = filter_for(filter_text, decoder.registry)
    joined = groups_of(groups, device, specs)

    begun: list[Session] = []

    def begin() -> Session:
        begun.append(start(target or None, device, describe=not no_describe, names=not no_names, groups=joined))
        return begun[0]

    def shown(capture: IndexedCapture, session: Session) -> tuple[Callable[[], object], Callable[[], object] | None]:
        capture.path = session.name
        return _reader_of(capture, session, filter_text, wanted)

    stats = watch(begin, decoder, byte_order(endian), shown)
    for path, written in begun[0].earlier:
        commands.echo(f"{figures(written)}, written to {path}")
    where = f", written to {begun[0].path}" if target else ", not kept (-w FILE keeps it)"
    commands.echo(figures(stats) + where)


def watch(
    begin: Callable[[], Session], decoder: Decoder, endian: Order | None,
    shown: Callable[[IndexedCapture, Session], tuple[Callable[[], object], Callable[[], object] | None]],
) -> Stats:  # fmt: skip
    """Read a capture while it runs, until a signal ends it; returns its final figures.

    Args:
        begin: starts it.
        decoder: as that of `IndexedCapture`.
        endian: as that of `IndexedCapture`.
        shown: returns what shows the capture while it runs, and once it has ended.

    Raises:
        NlsniffError: it cannot begin.
    """
    from nlsniff.reader import IndexedCapture

    before = {number: signal.signal(number, _stop) for number in (*_SIGNALS, signal.SIGALRM)}
    try:
        with ExitStack() as undo:
            session = begin()
            rest: Callable[[], object] | None = None
            try:
                capture = undo.enter_context(IndexedCapture(session.path, decoder, endian))
                browse, rest = shown(capture, session)
                _give_up_privileges(decoder.registry)
                browse()
            except KeyboardInterrupt:
                pass  # the way to end it
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
                stats = session.stop()
            if rest is not None:
                rest()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return stats


def _reader_of(
    capture: IndexedCapture, session: Session, filter_text: str, wanted: Filter | None
) -> tuple[Callable[[], object], Callable[[], object] | None]:
    """Return what shows the capture while it runs, and once it has ended: lines where stdout is no terminal."""
    if not sys.stdout.isatty() or os.environ.get("TERM") == DUMB:
        lines = Lines(capture, wanted)
        return lambda: lines.follow(session), lines.end
    from nlsniff.tui.app import run

    return lambda: run(capture, session, filter_text=filter_text), None


def _give_up_privileges(registry: Registry) -> None:
    """Become the invoking user without a capability: from here on what others sent is decoded.

    The capture goes on in a process of its own, and the files are open.
    """
    from nlsniff.capture import privilege

    if privilege.effective():
        from nlsniff.tui.preload import load_all

        load_all(registry)
    privilege.drop()


class Watcher:
    """Shows what comes, in looks at a capture that grows.

    Args:
        capture: grows while it runs.
    """

    def __init__(self, capture: IndexedCapture) -> None:
        self._capture = capture
        self._between = True  # all that was read is shown; a signal may come in the middle of it

    def follow(self, session: Session) -> None:
        """Look until the capture ends."""
        while True:
            alive = session.stats().alive
            self._look()
            if not alive:
                return
            time.sleep(_PAUSE)

    def end(self) -> None:
        """Show what came after the last look, once the capture has ended."""
        if self._between:
            self._look()

    def _look(self) -> None:
        self._between = False
        while self._capture.advance():
            pass
        self._show()
        self._between = True

    def _show(self) -> None:
        """Show what is new."""
        raise NotImplementedError


class Lines(Watcher):
    """Prints messages as they come.

    Args:
        capture: grows while the capture runs.
        wanted: chooses them; None wants all.
    """

    def __init__(self, capture: IndexedCapture, wanted: Filter | None) -> None:
        from nlsniff.printer.printer import Printer
        from nlsniff.select import IndexSelection

        super().__init__(capture)
        self._selection = IndexSelection(capture, wanted)
        self._printer = Printer(capture.decoder, "line", lambda: capture.start_ns)

    def _show(self) -> None:
        for batch in self._selection:
            sys.stdout.buffer.write(self._printer(batch))
        sys.stdout.flush()


def _stop(_number: int, _frame: FrameType | None) -> None:
    """These signals end a live capture as Ctrl-C does; again after a while, for a library may swallow it."""
    signal.setitimer(signal.ITIMER_REAL, _AGAIN)
    raise KeyboardInterrupt
