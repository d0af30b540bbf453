"""`nlsniff follow`: print conversations."""

from __future__ import annotations

import shutil
from array import array
from typing import TYPE_CHECKING, TypeVar

from nlsniff.cli import commands
from nlsniff.cli.commands import argument, complain, option
from nlsniff.cli.options import JOBS, LINKTYPE, decoder_for, filter_for, jobs_for, reading
from nlsniff.cli.printing import printing
from nlsniff.errors import NlsniffError
from nlsniff.terminal import coloured, plain
from nlsniff.wire.cooked import bare_linktype
from nlsniff.wire.nlmsg import byte_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from nlsniff.cli.jobs import Workers
    from nlsniff.filter.filter import Filter
    from nlsniff.output.trees import Tree
    from nlsniff.reader import IndexedCapture
    from nlsniff.stories.story import ObjectStory, Story

Item = TypeVar("Item")

_TOGETHER = 256  # conversations or stories that one process prints


@commands.command(
    "follow",
    examples=(
        "nlsniff follow trace.pcapng 30  # the conversation of message 30",
        "nlsniff follow trace.pcapng -Y errno  # all that the kernel refused",
        "nlsniff follow trace.pcapng --stories -Y link  # what became of each link",
    ),
)
@argument("file")
@argument("message", nargs="?", type=commands.whole(1), metavar="N")
@option("--all", "everything", action="store_true", help="Print every conversation.")
@option("-Y", "--filter", "filter_text", metavar="FILTER", help="Print those with a message that matches.")
@option("--stories", action="store_true", help="Print what became of links, routes, tables, sets, ...")
@option("-V", "--verbose", action="store_true", help="Print every field of every message, below what it belongs to.")
@option("--json", "as_json", action="store_true", help="Print one JSON object a conversation or story.")
@option(
    "--width",
    type=commands.whole(60, 10_000),
    metavar="N",
    help="Columns of a ladder; by default those of the terminal, or 100.",
)
@reading
@LINKTYPE
@JOBS
@printing
def command(
    file: str,
    message: int | None,
    filter_text: str | None,
    width: int | None,
    jobs: int | None,
    endian: str,
    linktype: str | None,
    specs: tuple[str, ...],
    *,
    everything: bool,
    stories: bool,
    verbose: bool,
    as_json: bool,
    show_secrets: bool,
    colour: bool,
) -> None:
    """Print the conversation that message N of FILE belongs to: who asked, what the kernel answered, what came of it.

    Without N and with --all, every conversation; with -Y those of which a message matches. FILE may be `-`.

    A ladder reads downward. Left stands the program, right the kernel; double strokes are notifications, and the number
    behind one says how many listeners it was recorded for; broken strokes are a guess. Times count from the first
    message.

    With --stories, what became of each link, address and route, and of each IPsec state and policy, across all
    conversations about it: made, renamed, up, given addresses, deleted; added and replaced; from the ACQUIRE or
    ALLOCSPI that led to a state, through soft and hard limits, to its end, and which state replaced it. What a program
    asked and what the kernel told everybody about it is one step; behind it stand the numbers of the messages. Of
    netfilter there are connections, and tables, chains with their rules, sets with their elements, objects and
    flowtables of nf_tables.

    Exit status: 0, or 2 when nothing in the file could be read. What is wrong with the file is told on stderr.
    """
    from nlsniff.cli.jobs import Workers
    from nlsniff.reader import IndexedCapture

    if (message is not None) + stories + (everything or bool(filter_text and not stories)) != 1:
        raise NlsniffError("give the number of a message, or --all for every conversation, or -Y FILTER, or --stories")
    frames = bare_linktype(linktype)
    decoder = decoder_for(specs, show_secrets=show_secrets)
    wanted = filter_for(filter_text, decoder.registry)
    with IndexedCapture(file, decoder, byte_order(endian), frames) as capture, Workers(jobs_for(jobs, file)) as workers:
        capture.load()
        matching = _matching(capture, wanted, workers) if wanted is not None else None
        if stories:
            told = _stories(capture, matching)
            _print(told, _story(capture, as_json=as_json, verbose=verbose, colour=colour), workers, between=not as_json)
        else:
            numbers: Sequence[int] = range(1, len(capture.follower) + 1)
            if matching is not None:
                numbers = sorted({capture.follower.conversation_of(number) for number in matching})
            elif message is not None:
                if message > len(capture):
                    raise NlsniffError(f"{file}: there is no message {message}, the last is {len(capture)}")
                numbers = [capture.follower.conversation_of(message)]
            columns = width or shutil.get_terminal_size((100, 24)).columns
            say = _conversation(capture, columns, as_json=as_json, verbose=verbose, colour=colour)
            _print(numbers, say, workers, between=not as_json)
        for problem in capture.problems:
            complain(f"{file}: {problem}")


def _matching(capture: IndexedCapture, wanted: Filter, workers: Workers) -> set[int]:
    """The numbers of the messages that a filter wants."""
    from nlsniff.select import IndexSelection

    selection = IndexSelection(capture, wanted)
    if wanted.header_only:
        return set(selection.numbers(0, len(capture)))

    def numbers(part: range) -> list[bytes]:
        return [array("I", selection.numbers(part.start, part.stop)).tobytes()]

    return set(array("I", b"".join(workers.run(selection.parts(), numbers))))


def _stories(capture: IndexedCapture, matching: set[int] | None) -> list[Story | ObjectStory]:
    """The stories that have one of some messages, or all."""
    from nlsniff.stories.stories import tell

    found = tell(capture.follower, capture.message)
    if matching is None:
        return found
    return [story for story in found if any(not matching.isdisjoint(step.messages) for step in story.steps)]


def _story(
    capture: IndexedCapture, *, as_json: bool, verbose: bool, colour: bool
) -> Callable[[Story | ObjectStory], Iterable[bytes]]:
    """What prints a story."""
    if as_json:
        from nlsniff.output.json import json_line

        return lambda story: [json_line(story.to_json())]
    tree, outline = _painters(capture, colour=colour)
    if verbose:
        from nlsniff.output.trees import story_tree

        return lambda story: _block(map(outline, story_tree(story, capture.message, tree)))
    return lambda story: _block(map(outline, story.lines()))


def _conversation(
    capture: IndexedCapture, columns: int, *, as_json: bool, verbose: bool, colour: bool
) -> Callable[[int], Iterable[bytes]]:
    """What prints a conversation by its id; a ladder is so wide."""
    follower, source = capture.follower, capture.message
    if as_json:
        from nlsniff.output.json import json_line

        return lambda number: [json_line(follower.conversation(number).to_json())]
    if verbose:
        from nlsniff.output.trees import conversation_tree

        tree, outline = _painters(capture, colour=colour)
        return lambda number: _block(
            map(outline, conversation_tree(follower.conversation(number), follower, source, tree))
        )
    from nlsniff.output import ladder

    def time_ns(number: int) -> int:
        return capture.index.time_ns(number - 1)

    paint = coloured if colour else plain
    return lambda number: _block(ladder.text(follower.conversation(number), follower, source, columns, time_ns, paint))


def _painters(capture: IndexedCapture, *, colour: bool) -> tuple[Tree, Callable[[str], str]]:
    """What gives the tree of a message as lines, and what colours the lines around it."""
    if not colour:
        from nlsniff.output.text import tree

        return tree, str
    from nlsniff.output.painted import outline, tree_of

    return tree_of(capture.follower), outline


def _block(lines: Iterable[str]) -> Iterator[bytes]:
    return (f"{line}\n".encode() for line in lines)


def _print(items: Sequence[Item], say: Callable[[Item], Iterable[bytes]], workers: Workers, *, between: bool) -> None:
    """Print each item, with an empty line between them where that is wanted."""

    def said(places: range) -> Iterator[bytes]:
        for place in places:
            if place and between:
                yield b"\n"
            yield from say(items[place])

    starts = range(0, len(items), _TOGETHER)
    parts = ((start > 0, range(start, min(start + _TOGETHER, len(items)))) for start in starts)
    commands.write(workers.run(parts, said))
