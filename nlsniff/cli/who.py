"""`nlsniff who`: who made, changed and deleted an object."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from nlsniff.cli import commands
from nlsniff.cli.commands import argument, complain, option
from nlsniff.cli.options import DEVICE, LINKTYPE, NO_DESCRIBE, NO_NAMES, decoder_for, reading, source_for
from nlsniff.errors import NlsniffError
from nlsniff.stories.account import account_of
from nlsniff.stories.wanted import PAIRS, Wanted
from nlsniff.terminal import escape
from nlsniff.wire.cooked import bare_linktype
from nlsniff.wire.nlmsg import byte_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from nlsniff.capture.session import Session
    from nlsniff.reader import IndexedCapture
    from nlsniff.stories.story import ObjectStory, Step, Story

    AnyStory = Story | ObjectStory

_SUFFIXES = (".pcap", ".pcapng", ".gz", ".zst", ".cap", ".log", ".txt")
# How long a conversation is left alone before its steps are told: the kernel's last word of it may still come. An answer
# that is due is waited for longer.
_SETTLED_NS, _DUE_NS = 300_000_000, 2_000_000_000


@commands.command("who")
@argument("object")
@argument("rest", nargs="*", metavar="FILE")
@option("--json", "as_json", action="store_true", help="Print one JSON object a step.")
@DEVICE
@option("--groups", metavar="NAME,...", help="Without FILE: join multicast groups, where there is no nlmon.")
@NO_DESCRIBE
@NO_NAMES
@reading
@LINKTYPE
def command(
    object: str,  # noqa: A002  what the help calls it
    rest: Sequence[str],
    device: str | None,
    groups: str | None,
    endian: str,
    linktype: str | None,
    specs: tuple[str, ...],
    *,
    as_json: bool,
    no_describe: bool,
    no_names: bool,
    show_secrets: bool,
) -> int:
    """Say who made, changed and deleted OBJECT: process, time, request, the kernel's answer, and its notifications.

    OBJECT is an address or a prefix (`192.0.2.1`, `10.0.0.0/8`, `default`, with `table 100`, `dev eth0` or `metric 5` behind it);
    a link (`dev eth0`, by name or index); a table, chain, set, ... of nf_tables (`inet filter input`, with `handle 5` for
    one rule); `spi 0x101`, `rule 1000`, `nexthop 7`, `ipset NAME`. A kind before it chooses: link, address, route,
    neighbour, rule, nexthop, state, policy, connection, table, chain, set, object, flowtable, ipset. Without one
    everything that is called so is told, each object by itself. An address that a set or rule of nf_tables or an ipset names is
    found there, too.

    FILEs are captures, in order of time, such as those of `capture -b`. Without FILE it records from now on, as `live` does,
    and says what happens as it happens, until Ctrl-C; with --groups, which hears what the kernel tells everybody, it
    sees no requests, and so no refusals.

    Exit status: 0 something is known of it, 1 nothing, 2 when nothing could be read or the words name nothing.
    """
    words, files = _apart(object, rest)
    wanted = Wanted(words)
    if not files:
        return _live(wanted, device, groups, endian, specs, as_json=as_json, describe=not no_describe,
                     names=not no_names, show_secrets=show_secrets)  # fmt: skip
    from nlsniff.reader import IndexedCapture
    from nlsniff.stories.stories import tell

    decoder = decoder_for(specs, show_secrets=show_secrets)
    source, frames = source_for(files, bare_linktype(linktype), decoder.registry)
    with IndexedCapture(source, decoder, byte_order(endian), frames) as capture:
        capture.load()
        stories = tell(capture.follower, capture.message)
        found = wanted.objects(stories)
        commands.write(_told(found, capture, as_json=as_json))
        for problem in capture.problems:
            complain(f"{files[0]}: {problem}")
        if not found:
            near = [_in_short(story, capture) for story in wanted.near(stories)]
            complain("; ".join([f"nothing about {wanted.text}", *near]))
    return 0 if found else 1


def _apart(first: str, rest: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words that name the object, and the files behind them."""
    if first.endswith(_SUFFIXES) and not rest:
        raise NlsniffError(f"who did what? Name an object before the file: `nlsniff who 10.0.0.0/8 {first}`")
    words = [first]
    for at, word in enumerate(rest):
        if words[-1] not in PAIRS and _is_file(word):
            return words, [*rest[at:]]
        words.append(word)
    return words, []


def _is_file(word: str) -> bool:
    if word == "-" or word.endswith(_SUFFIXES) or os.path.exists(word):  # noqa: PTH110  pathlib takes milliseconds
        return True
    return "/" in word and not word.rpartition("/")[2].isdecimal()


def _told(
    found: Iterable[list[tuple[AnyStory, Sequence[Step]]]], capture: IndexedCapture, *, as_json: bool
) -> Iterator[bytes]:  # fmt: skip
    """What is printed of some objects: all lives of each."""
    between = b""
    for lives in found:
        say = _teller(capture, as_json=as_json)
        if not as_json:
            yield between + f"{lives[0][0].title}\n".encode()
            between = b"\n"
        for story, steps in lives:
            if story.before and not as_json:
                yield b"  was there before\n"
            for step in steps:
                yield say(story, step)
        if not as_json and not lives[-1][0].end:
            yield "".join(f"{line}\n" for line in lives[-1][0].ending()).encode()


def _teller(capture: IndexedCapture, *, as_json: bool) -> Callable[[AnyStory, Step], bytes]:
    """What says a step."""
    follower, source = capture.follower, capture.message
    if as_json:
        from nlsniff.output.json import json_line

        return lambda story, step: json_line(account_of(story, step, follower, source).to_json())
    from nlsniff.output.accounts import account_lines

    return lambda story, step: "".join(
        f"{line}\n" for line in account_lines(account_of(story, step, follower, source))
    ).encode()


def _in_short(story: AnyStory, capture: IndexedCapture) -> str:
    """A story that is near: how it began, and by whom."""
    if not story.steps:
        return story.title
    account = account_of(story, story.steps[0], capture.follower, capture.message)
    who = f" by {escape(account.process)}" if account.process else ""
    number = account.request.number if account.request is not None else account.notifications[0]
    refused = "refused: " if account.result == "refused" else ""
    return f"{story.title} was {refused}{account.step.text.partition(':')[0]}{who} (message {number})"


# -- as it happens ---------------------------------------------------------------------------------------------------


def _live(
    wanted: Wanted, device: str | None, groups: str | None, endian: str, specs: tuple[str, ...], *, as_json: bool,
    describe: bool, names: bool, show_secrets: bool,
) -> int:  # fmt: skip
    """Record from now on, and say what happens to the object."""
    if sys.platform != "linux":
        raise NlsniffError("without FILE, who records, which needs Linux; give it a capture of there")
    from nlsniff.capture.session import start
    from nlsniff.cli.capture import figures, groups_of
    from nlsniff.cli.live import Watcher, watch
    from nlsniff.stories.stories import Teller

    joined = groups_of(groups, device, specs)
    seen = [0]

    class Watch(Watcher):
        """Says the steps of wanted objects, a little after they were taken."""

        def __init__(self, capture: IndexedCapture) -> None:
            super().__init__(capture)
            self._teller = Teller(capture.follower, capture.message)
            self._say = _teller(capture, as_json=as_json)
            self._fed = 0
            self._told: dict[int, int] = {}  # by id of the story: steps that were said
            self._title = ""
            self._patient = True

        def end(self) -> None:
            """Say what is left, though more may have come of it."""
            self._patient = False
            super().end()

        def _show(self) -> None:
            follower, now = self._capture.follower, time.time_ns()
            while self._fed < len(follower):
                conversation = follower.conversation(self._fed + 1)
                due = conversation.status in {"unanswered", "partial"}
                if self._patient and now - conversation.end < (_DUE_NS if due else _SETTLED_NS):
                    break
                self._fed += 1
                self._teller.feed(conversation)
            if not self._patient:
                self._teller.finish()
            for story in self._teller.stories:
                self._tell(story)

        def _tell(self, story: AnyStory) -> None:
            done = self._told.get(story.id, 0)
            if len(story.steps) + (getattr(story, "fall", None) is not None) <= done:
                return
            steps = wanted.steps(story)
            pieces = []
            for step in steps[done:]:
                if story.title != self._title and not as_json:
                    self._title = story.title
                    pieces.append(f"{story.title}\n".encode())
                pieces.append(self._say(story, step))
            if steps:
                self._told[story.id] = len(steps)
            commands.write(pieces)
            seen[0] += len(pieces)

    def shown(capture: IndexedCapture, session: Session) -> tuple[Callable[[], object], Callable[[], object]]:
        watcher = Watch(capture)
        commands.echo(f"watching {wanted.text} on {f'groups {groups}' if groups else session.device}, Ctrl-C ends it")
        if groups:
            complain("groups hear what changed; requests are not seen there, so that what was refused is not known, and "
                     "who asked only where the kernel names the port id")  # fmt: skip
        return lambda: watcher.follow(session), watcher.end

    decoder = decoder_for(specs, show_secrets=show_secrets)

    def begin() -> Session:
        try:
            return start(None, device, describe=describe, names=names, groups=joined)
        except NlsniffError as error:
            other = "" if groups else "; or --groups route, which hears what changes, but nobody's requests"
            raise NlsniffError(f"{error}{other}") from None

    stats = watch(begin, decoder, byte_order(endian), shown)
    commands.echo(f"{figures(stats)}, not kept")
    return 0 if seen[0] else 1
