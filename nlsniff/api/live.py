"""A live capture, browsed while it grows."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from nlsniff.api.arguments import decoder_of
from nlsniff.api.capture import Capture
from nlsniff.capture.group_names import chosen_groups
from nlsniff.capture.session import start
from nlsniff.errors import BadArgumentError, NlsniffError
from nlsniff.reader import IndexedCapture

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlsniff.api.arguments import Path
    from nlsniff.capture.session import Session

_PAUSE = 0.05  # seconds between two looks at the file; the writer flushes every 0.1


def live(
    path: Path | None = None,
    *,
    device: str | None = None,
    groups: str | Iterable[str] = (),
    seconds: float | None = None,
    describe: bool = True,
    names: bool = True,
    specs: Path | Iterable[Path] = (),
    show_secrets: bool = False,
) -> Capture:
    """Record this network namespace from now on; the messages of the capture are those that came, and come.

    Iterating over it (or over its `messages`) waits for what comes, and ends after `seconds`, or when it is closed. It
    needs CAP_NET_ADMIN and CAP_NET_RAW, but for some `groups`. Privileges are kept: give them up yourself where what
    others send shall not be decoded with them.

    Args:
        path: keep the capture in this file: .pcap or .pcapng. Without one nothing is kept.
        device: capture on this nlmon device instead of making one.
        groups: join multicast groups instead of using nlmon: `"link,ipv4-route"`, or a list of names.
        seconds: end after so long; None to go on until it is closed.
        describe: begin with dumps of families and links, so that their names are known.
        names: look up which process is behind each port id.
        specs: more dissectors, folders or files, which win over the shipped ones.
        show_secrets: keep keys readable instead of masking them.

    Raises:
        NlsniffError: a privilege, nlmon, a group or the file is lacking; says what to do.
    """
    decoder = decoder_of(specs, show_secrets=show_secrets)
    wanted = groups if isinstance(groups, str) else ",".join(groups)
    if wanted and device:
        raise BadArgumentError("device and groups exclude each other: one hears an nlmon device, the other needs none")
    joined = chosen_groups(wanted, decoder.registry) if wanted else ()
    with ExitStack() as undo:
        session = start(path, device, describe=describe, names=names, groups=joined)
        undo.callback(session.stop)
        inner = undo.enter_context(IndexedCapture(session.path, decoder))
        if path is None:
            inner.path = "live"
        until = None if seconds is None else time.monotonic() + seconds
        return LiveCapture(inner, session, until, undo.pop_all())


class LiveCapture(Capture):
    """A capture that grows; made by `live`.

    Args:
        inner: over the file that grows.
        session: the running capture.
        until: when to stop, by `time.monotonic`; None for never.
        resources: what to stop and to close at the end.
    """

    def __init__(self, inner: IndexedCapture, session: Session, until: float | None, resources: ExitStack) -> None:
        self._begin(inner)
        self._session = session
        self._until = until
        self._resources = resources

    def close(self) -> None:
        """Stop recording, and close the file."""
        super().close()
        self._resources.close()

    def _more(self) -> bool:
        """Wait until there are new messages; False when no more will come.

        Raises:
            NlsniffError: the capture failed.
        """
        while not self.closed:
            stats = self._session.stats()
            if stats.alive and self._until is not None and time.monotonic() >= self._until:
                stats = self._session.stop()
            if self._inner.advance():
                return True
            if not stats.alive:
                if stats.error:
                    raise NlsniffError(stats.error)
                return False
            time.sleep(_PAUSE)
        return False
