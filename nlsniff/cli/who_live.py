"""`nlsniff who` without a file: who does what to an object, as it happens."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from nlsniff.cli import commands
from nlsniff.cli.live import Watcher, watch
from nlsniff.errors import NlsniffError
from nlsniff.output.accounts import account_writer
from nlsniff.stories.stories import Teller
from nlsniff.wire.nlmsg import byte_order

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nlsniff.capture.session import Session
    from nlsniff.decode.decoder import Decoder
    from nlsniff.reader import IndexedCapture
    from nlsniff.stories.story import ObjectStory, Story
    from nlsniff.stories.wanted import Wanted

# How long a conversation is left alone before its steps are told: the kernel's last word of it may still come. An
# answer that is due is waited for longer.
_SETTLED_NS, _DUE_NS = 300_000_000, 2_000_000_000


def watch_for(wanted: Wanted, plan: Mapping[str, Any], decoder: Decoder, endian: str, *, as_json: bool) -> int:
    """Record from now on, and say what happens to an object; returns the exit status.

    Args:
        wanted: the object.
        plan: `device`, `groups`, `describe`, `names`, as the options say.
        decoder: for what comes.
        endian: its byte order, as the option says it.
        as_json: print objects.

    Raises:
        NlsniffError: it cannot be recorded here; says why, and what to do.
    """
    if sys.platform != "linux":
        raise NlsniffError("without FILE, who records, which needs Linux; name a capture from there")
    from nlsniff.capture.privilege import OPEN_GROUPS
    from nlsniff.capture.session import start
    from nlsniff.cli.capture import figures, groups_of

    groups, device = plan["groups"], plan["device"]
    joined = groups_of(groups, device, ())
    found = False

    def begin() -> Session:
        try:
            return start(None, device, describe=plan["describe"], names=plan["names"], groups=joined)
        except NlsniffError as error:
            other = f"; or --groups {OPEN_GROUPS}, which hears what changes, but nobody's requests"
            other = "" if groups or OPEN_GROUPS in str(error) else other
            raise NlsniffError(f"{error}{other}") from None

    def shown(capture: IndexedCapture, session: Session) -> tuple[Callable[[], object], Callable[[], object]]:
        watcher = StepWatcher(capture, wanted, as_json=as_json)

        def end() -> None:
            nonlocal found
            watcher.end()
            found = watcher.found

        commands.echo(f"watching {wanted.text} on {f'groups {groups}' if groups else session.device}, Ctrl-C ends it")
        if groups:
            commands.complain(
                "groups hear what changes; nobody's requests are seen there, so that what was refused is not known, "
                "and who asked only where the kernel tells the port id"
            )
        return lambda: watcher.follow(session), end

    stats = watch(begin, decoder, byte_order(endian), shown)
    commands.echo(f"{figures(stats)}, not kept")
    return 0 if found else 1


class StepWatcher(Watcher):
    """Says the steps of wanted objects, a little after they were taken.

    Args:
        capture: grows while it runs.
        wanted: chooses the objects.
        as_json: print objects.

    Attributes:
        found: a step was said.
    """

    def __init__(self, capture: IndexedCapture, wanted: Wanted, *, as_json: bool) -> None:
        super().__init__(capture)
        self.found = False
        self._wanted, self._as_json = wanted, as_json
        self._teller = Teller(capture.follower, capture.message)
        self._say = account_writer(capture.follower, capture.message, as_json=as_json)
        self._fed = 0  # conversations
        self._seen: dict[int, int] = {}  # by id of the story: its steps so far
        self._said: dict[int, int] = {}  # and those of them that were said
        self._title = ""
        self._patient = True

    def end(self) -> None:
        """Say what is left, though more may have come of it."""
        self._patient = False
        super().end()

    def _show(self) -> None:
        before, follower, now = self._fed, self._capture.follower, time.time_ns()
        while self._fed < len(follower):
            conversation = follower.conversation(self._fed + 1)
            due = conversation.status in {"unanswered", "partial"}
            if self._patient and now - conversation.end < (_DUE_NS if due else _SETTLED_NS):
                break
            self._fed += 1
            self._teller.feed(conversation)
        if not self._patient:
            self._teller.finish()
        elif self._fed == before:
            return
        for story in self._teller.stories:
            count = len(story.steps) + (getattr(story, "fall", None) is not None)
            if count > self._seen.get(story.id, 0):
                self._seen[story.id] = count
                self._tell(story)

    def _tell(self, story: Story | ObjectStory) -> None:
        """Say the new steps of a story that has some, if it is wanted."""
        steps = self._wanted.steps(story, self._capture.message)
        pieces = []
        for step in steps[self._said.get(story.id, 0) :]:
            if story.title != self._title and not self._as_json:
                self._title = story.title
                pieces.append(f"{story.title}\n".encode())
            pieces.append(self._say(story, step))
        if steps:
            self._said[story.id] = len(steps)
            self.found = True
        commands.write(pieces)
