"""`nlsniff show`: print messages."""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING

import click

from nlsniff.cli import complain
from nlsniff.cli.options import decoder_for, filter_for, order_of, reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.file.info import FileProblem
    from nlsniff.filter.filter import Filter
    from nlsniff.wire.nlmsg import Order


@click.command("show")
@click.argument("file")
@click.option("-Y", "--filter", "filter_text", metavar="FILTER", help="Print what matches; see `nlsniff fields`.")
@click.option("-V", "--verbose", is_flag=True, help="Print every field.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a message.")
@click.option("-e", "--field", "fields", multiple=True, metavar="FIELD", help="Print this field; may be repeated.")
@click.option("-c", "--count", type=click.IntRange(min=1), help="Stop after so many messages were printed.")
@reading
def command(
    file: str,
    filter_text: str | None,
    fields: tuple[str, ...],
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
    from nlsniff.output.columns import OF_INDEX, Columns  # noqa: PLC0415  --help needs none of it
    from nlsniff.output.views import Printer  # noqa: PLC0415
    from nlsniff.reader import Capture, Stream  # noqa: PLC0415

    if verbose + as_json + bool(fields) > 1:
        raise click.UsageError("-V, --json and -e are three ways to print: give one")
    decoder = decoder_for(specs, show_secrets=show_secrets)
    wanted = filter_for(filter_text, decoder.registry)
    printer = Columns(fields) if fields else Printer(decoder, "json" if as_json else "tree" if verbose else "line")
    rows: Iterator[bytes]
    if wanted is not None and wanted.header_only and fields and OF_INDEX.issuperset(fields):
        source, rows = _numbers(file, order_of(endian), wanted, fields)
    elif wanted is not None and wanted.needs_conversation:
        # How a conversation ended is known at its end, so the file is read before it is printed.
        capture = Capture(file, decoder, order_of(endian)).load()
        found = (message for message in capture if wanted.matches(message, capture.conversation(message.number)))
        source, rows = capture.problems, map(printer, found)
    else:
        stream = Stream(file, decoder, order_of(endian))
        source, rows = stream.problems, (printer(item) for item in stream if wanted is None or wanted.matches(item))
    write = sys.stdout.buffer.write
    for row in itertools.islice(rows, count):
        write(row)
    sys.stdout.flush()
    for problem in source:
        complain(f"{file}: {problem}")


def _numbers(
    file: str, endian: Order | None, wanted: Filter, fields: tuple[str, ...]
) -> tuple[list[FileProblem], Iterator[bytes]]:
    """Frame and message numbers by a filter of headers: no message is made."""
    from nlsniff.file.index import Index  # noqa: PLC0415

    index = Index(file, endian)

    def rows() -> Iterator[bytes]:
        done, more = 0, True
        while more:
            more = bool(index.advance(_SLICE))
            if not more:
                index.finish()
            found = wanted.select(index, done, len(index))
            done = len(index)
            frames = index.frame_numbers
            for number in found:
                numbers = {"frame": frames[number - 1], "message": number}
                yield ("\t".join(str(numbers[field]) for field in fields) + "\n").encode()
        index.datagrams.refuse_if_no_netlink()

    return index.reader.problems, rows()


_SLICE = 10_000  # frames at a time
