"""`nlsniff follow`: print conversations."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any

from nlsniff.cli import commands, complain
from nlsniff.cli.commands import argument, option
from nlsniff.cli.options import LINKTYPE, decoder_for, filter_for, reading
from nlsniff.errors import NlsniffError
from nlsniff.wire.cooked import bare_linktype
from nlsniff.wire.nlmsg import byte_order

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlsniff.follow.conversation import ConversationView
    from nlsniff.reader import IndexedCapture


@commands.command("follow")
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
def command(
    file: str,
    message: int | None,
    filter_text: str | None,
    width: int | None,
    endian: str,
    linktype: str | None,
    specs: tuple[str, ...],
    *,
    everything: bool,
    stories: bool,
    verbose: bool,
    as_json: bool,
    show_secrets: bool,
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
    from nlsniff.reader import IndexedCapture
    from nlsniff.select import IndexSelection

    if (message is not None) + stories + (everything or bool(filter_text and not stories)) != 1:
        raise NlsniffError("give the number of a message, or --all for every conversation, or -Y FILTER, or --stories")
    frames = bare_linktype(linktype)
    decoder = decoder_for(specs, show_secrets=show_secrets)
    wanted = filter_for(filter_text, decoder.registry)
    with IndexedCapture(file, decoder, byte_order(endian), frames) as capture:
        capture.load()
        chosen: Iterable[ConversationView] = capture.follower.conversations
        matching = set(IndexSelection(capture, wanted).numbers(0, len(capture))) if wanted is not None else None
        if matching is not None:
            owners = sorted({capture.follower.conversation_of(number) for number in matching})
            chosen = (capture.follower.conversation(number) for number in owners)
        elif message is not None:
            if message > len(capture):
                raise NlsniffError(f"{file}: there is no message {message}, the last is {len(capture)}")
            chosen = [capture.conversation(message)]
        if stories:
            _print_stories(capture, matching, as_json=as_json, verbose=verbose)
        elif as_json:
            _print_json(item.to_json() for item in chosen)
        elif verbose:
            from nlsniff.output.trees import conversation_tree

            _print_blocks(conversation_tree(item, capture.follower, capture.message) for item in chosen)
        else:
            from nlsniff.output import ladder

            columns = width or shutil.get_terminal_size((100, 24)).columns
            _print_blocks(ladder.text(item, capture.follower, capture.message, columns) for item in chosen)
        for problem in capture.problems:
            complain(f"{file}: {problem}")


def _print_json(objects: Iterable[dict[str, Any]]) -> None:
    from nlsniff.output.json import json_line

    write = sys.stdout.buffer.write
    for item in objects:
        write(json_line(item))
    sys.stdout.flush()


def _print_stories(capture: IndexedCapture, matching: set[int] | None, *, as_json: bool, verbose: bool) -> None:
    from nlsniff.stories.stories import tell

    found = tell(capture.follower, capture.message)
    if matching is not None:
        found = [story for story in found if any(not matching.isdisjoint(step.messages) for step in story.steps)]
    if as_json:
        _print_json(story.to_json() for story in found)
    elif verbose:
        from nlsniff.output.trees import story_tree

        _print_blocks(story_tree(story, capture.message) for story in found)
    else:
        _print_blocks(story.lines() for story in found)


def _print_blocks(blocks: Iterable[Iterable[str]]) -> None:
    """Blocks of lines, with an empty line between them."""
    write = sys.stdout.buffer.write
    for index, lines in enumerate(blocks):
        write(b"\n" * bool(index))
        for line in lines:
            write(f"{line}\n".encode())
    sys.stdout.flush()
