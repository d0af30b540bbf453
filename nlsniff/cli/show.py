"""`nlsniff show`: print messages."""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING

from nlsniff.cli import complain, kit
from nlsniff.cli.options import bare, filter_for, linktype_of, order_of, reading, registry_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.decode.decoder import Decoder
    from nlsniff.decode.message import Message
    from nlsniff.file.info import FileProblem
    from nlsniff.filter.filter import Filter
    from nlsniff.wire.nlmsg import Order


@kit.command("show")
@kit.argument("file")
@kit.option("-Y", "--filter", "filter_text", metavar="FILTER", help="Print what matches; see `nlsniff fields`.")
@kit.option("-V", "--verbose", is_flag=True, help="Print every field.")
@kit.option("--json", "as_json", is_flag=True, help="Print one JSON object a message.")
@kit.option("-e", "--field", "fields", multiple=True, metavar="FIELD", help="Print this field; may be repeated.")
@kit.option("-c", "--count", least=1, help="Stop after so many messages were printed.")
@reading
@bare
def command(
    file: str,
    filter_text: str | None,
    fields: tuple[str, ...],
    count: int | None,
    endian: str,
    linktype: str | None,
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
    if verbose + as_json + bool(fields) > 1:
        raise kit.UsageError("-V, --json and -e are three ways to print: give one")
    frames = linktype_of(linktype)
    registry = registry_for(specs)
    wanted = filter_for(filter_text, registry)
    quick = _header_row(fields) if fields and (wanted is None or wanted.header_only) else None
    if quick is not None:
        problems, rows = _by_headers(file, order_of(endian), frames, wanted, *quick, count)
    else:
        style = "json" if as_json else "tree" if verbose else "line"
        from nlsniff.decode.decoder import Decoder  # noqa: PLC0415  the quick way needs none of it

        decoder = Decoder(registry, show_secrets=show_secrets)
        problems, rows = _by_messages(file, order_of(endian), frames, wanted, decoder, fields or style, count)
    write = sys.stdout.buffer.write
    for row in rows:
        write(row)
    sys.stdout.flush()
    for problem in problems:
        complain(f"{file}: {problem}")


Rows = tuple["list[FileProblem]", "Iterator[bytes]"]


def _by_messages(
    file: str, endian: Order | None, linktype: int | None, wanted: Filter | None, decoder: Decoder,
    style: str | tuple[str, ...], count: int | None,
) -> Rows:  # fmt: skip
    """Rows of messages that are made and followed, one at a time."""
    from nlsniff.output.columns import Columns  # noqa: PLC0415  --help needs none of it
    from nlsniff.output.views import Printer  # noqa: PLC0415
    from nlsniff.reader import BATCH, Capture, Stream  # noqa: PLC0415

    printer = Printer(decoder, style) if isinstance(style, str) else Columns(style)
    if wanted is not None and wanted.needs_conversation:
        # How a conversation ended is known at its end, so the file is read before it is printed.
        capture = Capture(file, decoder, endian, linktype).load()
        matching = (message for message in capture if wanted.matches(message, capture.conversation(message.number)))
        found = itertools.islice(matching, count)
        return capture.problems, map(printer, iter(lambda: list(itertools.islice(found, BATCH)), []))
    stream = Stream(file, decoder, endian, linktype)
    batches = stream.batches()
    if wanted is not None:
        batches = ([message for message in batch if wanted.matches(message)] for batch in batches)
    return stream.problems, map(printer, _first(batches, count))


def _first(batches: Iterator[list[Message]], count: int | None) -> Iterator[list[Message]]:
    """So many of the messages, or all."""
    for batch in batches:
        yield batch[:count]
        if count is not None:
            count -= len(batch)
            if count <= 0:
                return


def _by_headers(
    file: str, endian: Order | None, linktype: int | None, wanted: Filter | None, row: str, values: dict[str, object],
    count: int | None,
) -> Rows:  # fmt: skip
    """Rows that headers decide and make up: no message is made."""
    from nlsniff.file.read import FrameReader  # noqa: PLC0415
    from nlsniff.file.sweep import Sweep  # noqa: PLC0415

    sweep = Sweep(
        FrameReader(file, linktype=linktype),
        endian,
        condition=wanted.condition if wanted is not None else "True",
        emit=row,
        values=values | (wanted.values if wanted is not None else {}),
        first=wanted.begin if wanted is not None else None,
    )

    def rows() -> Iterator[bytes]:
        left = count
        for found in sweep:
            yield "".join(found[:left]).encode()
            if left is not None:
                left -= len(found)
                if left <= 0:
                    return
        sweep.datagrams.refuse_if_no_netlink()

    return sweep.reader.problems, rows()


def _header_row(fields: tuple[str, ...]) -> tuple[str, dict[str, object]] | None:
    from nlsniff.output.columns import header_row  # noqa: PLC0415

    return header_row(fields)
