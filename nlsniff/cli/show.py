"""`nlsniff show`: print messages."""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING

import click

from nlsniff.cli import complain
from nlsniff.cli.options import decoder_for, order_of, reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.decode.message import Message
    from nlsniff.filter.compile import Filter


@click.command("show")
@click.argument("file")
@click.option("-Y", "--filter", "filter_text", metavar="FILTER", help="Print what matches; see `nlsniff fields`.")
@click.option("-V", "--verbose", is_flag=True, help="Print every field.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a message.")
@click.option("-c", "--count", type=click.IntRange(min=1), help="Stop after so many messages were printed.")
@reading
def command(
    file: str,
    filter_text: str | None,
    count: int | None,
    endian: str,
    specs: tuple[str, ...],
    *,
    verbose: bool,
    as_json: bool,
    show_secrets: bool,
) -> None:
    """Print the messages of a capture FILE, or of standard input for `-`.

    Reads pcap and pcapng, plain or compressed with gzip or zstd.

    Exit status: 0, or 2 when nothing in the file could be read. What is wrong with the file is told on stderr.
    """
    from nlsniff.output.views import Printer  # noqa: PLC0415
    from nlsniff.reader import Capture, Stream  # noqa: PLC0415  --help needs none of it

    decoder = decoder_for(specs, show_secrets=show_secrets)
    wanted = _compile(filter_text, decoder.registry) if filter_text else None
    printer = Printer(decoder, "json" if as_json else "tree" if verbose else "line")
    write = sys.stdout.buffer.write
    source: Stream | Capture
    if wanted is not None and wanted.needs_conversation:
        # How a conversation ended is known at its end, so the file is read before it is printed.
        source = Capture(file, decoder, order_of(endian)).load()
        messages = _followed(source, wanted)
    else:
        source = Stream(file, decoder, order_of(endian))
        messages = (message for message in source if wanted is None or wanted.matches(message))
    for message in itertools.islice(messages, count):
        write(printer(message))
    sys.stdout.flush()
    for problem in source.problems:
        complain(f"{file}: {problem}")


def _compile(text: str, registry: object) -> Filter:
    from nlsniff.filter.compile import compile_filter  # noqa: PLC0415  the grammar is loaded when there is a filter

    return compile_filter(text, registry)  # type: ignore[arg-type]


def _followed(capture: object, wanted: Filter) -> Iterator[Message]:
    for message in capture:  # type: ignore[attr-defined]
        if wanted.matches(message, capture.conversation(message.number)):  # type: ignore[attr-defined]
            yield message
