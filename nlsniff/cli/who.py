"""`nlsniff who`: who made, changed and deleted an object."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING

from nlsniff.cli import commands
from nlsniff.cli.commands import argument, complain, option
from nlsniff.cli.options import DEVICE, LINKTYPE, NO_DESCRIBE, NO_NAMES, decoder_for, reading, source_for
from nlsniff.errors import NlsniffError
from nlsniff.stories.account import Accountant
from nlsniff.stories.wanted import PAIRS, Wanted
from nlsniff.terminal import escape
from nlsniff.wire.cooked import bare_linktype
from nlsniff.wire.nlmsg import byte_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from nlsniff.reader import IndexedCapture
    from nlsniff.stories.story import ObjectStory, Step, Story

    AnyStory = Story | ObjectStory

_SUFFIXES = (".pcap", ".pcapng", ".gz", ".zst", ".cap", ".log", ".txt")


@commands.command(
    "who",
    examples=(
        "nlsniff who 10.0.0.0/8 ring_*.pcapng  # who made, changed and deleted this route",
        "nlsniff who dev eth0 trace.pcapng  # ... this link",
        'nlsniff who "inet filter input" trace.pcapng  # ... this chain and its rules',
        "nlsniff who default  # from now on, until Ctrl-C",
    ),
)
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

    OBJECT is an address or a prefix (`192.0.2.1`, `10.0.0.0/8`, `default`, with `table 100`, `dev eth0` or `metric 5`
    behind it); a link (`dev eth0`, by name or index); a table, chain, set, ... of nf_tables (`inet filter input`, with
    `handle 5` for one rule); `spi 0x101`, `rule 1000`, `nexthop 7`, `ipset NAME`. A kind before it chooses: link,
    address, route, neighbour, rule, nexthop, state, policy, connection, table, chain, set, object, flowtable, ipset.
    Without one everything that is called so is told, each object by itself. An address that a set or rule of nf_tables
    or an ipset names is found there, too.

    FILEs are captures, in order of time, such as those of `capture -b`. Without FILE it records from now on, as `live`
    does, and says what happens as it happens, until Ctrl-C; with --groups, which hears what the kernel tells everybody,
    it sees no requests, and so no refusals.

    Exit status: 0 something is known of it, 1 nothing, 2 when nothing could be read or the words name nothing.
    """
    words, files = _apart(object, rest)
    wanted = Wanted(words)
    if not files:
        from nlsniff.cli.who_live import watch_for

        plan = {"device": device, "groups": groups, "describe": not no_describe, "names": not no_names}
        return watch_for(wanted, plan, decoder_for(specs, show_secrets=show_secrets), endian, as_json=as_json)
    from nlsniff.output.accounts import account_writer
    from nlsniff.reader import IndexedCapture
    from nlsniff.stories.stories import tell

    decoder = decoder_for(specs, show_secrets=show_secrets)
    source, frames = source_for(files, bare_linktype(linktype), decoder.registry)
    with IndexedCapture(source, decoder, byte_order(endian), frames) as capture:
        capture.load()
        stories = tell(capture.follower, capture.message)
        found = wanted.objects(stories, capture.message)
        say = account_writer(capture.follower, capture.message, as_json=as_json)
        commands.write(_told(found, say, as_json=as_json))
        for problem in capture.problems:
            complain(f"{files[0]}: {problem}")
        if not found:
            near = [_in_short(story, capture) for story in wanted.near(stories)]
            complain("; ".join([f"nothing about {wanted.text}", *near]))
    return 0 if found else 1


def _apart(first: str, rest: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words that name the object, and the files behind them; or before them, for that is where tshark has them."""
    if first.endswith(_SUFFIXES):
        given = [first, *rest]
        files = list(itertools.takewhile(_is_file, given))
        if len(files) < len(given):
            return given[len(files) :], files
        raise NlsniffError(f"who did what? Name an object before the file: `nlsniff who 10.0.0.0/8 {first}`")
    words = [first]
    for at, word in enumerate(rest):
        if words[-1] in PAIRS and word.endswith(_SUFFIXES) and os.path.exists(word):  # noqa: PTH110  as below
            raise NlsniffError(f"which {words[-1]}? Name it before the file: `nlsniff who {words[-1]} NAME {word}`")
        if words[-1] not in PAIRS and _is_file(word):
            return words, [*rest[at:]]
        words.append(word)
    return words, []


def _is_file(word: str) -> bool:
    if word == "-" or word.endswith(_SUFFIXES) or os.path.exists(word):  # noqa: PTH110  pathlib takes milliseconds
        return True
    return "/" in word and not word.rpartition("/")[2].isdecimal()


def _told(
    found: Iterable[list[tuple[AnyStory, Sequence[Step]]]], say: Callable[[AnyStory, Step], bytes], *, as_json: bool
) -> Iterator[bytes]:  # fmt: skip
    """What is printed of some objects: all lives of each."""
    between = b""
    for lives in found:
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


def _in_short(story: AnyStory, capture: IndexedCapture) -> str:
    """A story that is near: how it began, and by whom."""
    if not story.steps:
        return story.title
    account = Accountant(capture.follower, capture.message).account(story, story.steps[0])
    who = f" by {escape(account.process)}" if account.process else ""
    number = account.request.number if account.request is not None else account.notifications[0]
    refused = "refused: " if account.result == "refused" else ""
    return f"{story.title} was {refused}{account.step.text.partition(':')[0]}{who} (message {number})"
