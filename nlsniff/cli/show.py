"""`nlsniff show`: print messages."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from nlsniff.cli import complain, kit
from nlsniff.cli.options import bare, filter_for, reading, registry_for
from nlsniff.wire.cooked import bare_linktype
from nlsniff.wire.nlmsg import byte_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeVar

    from nlsniff.decode.decoder import Decoder
    from nlsniff.file.info import FileProblem
    from nlsniff.filter.filter import Filter
    from nlsniff.wire.nlmsg import Order

    T = TypeVar("T")


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
    order, frames = byte_order(endian), bare_linktype(linktype)
    registry = registry_for(specs)
    wanted = filter_for(filter_text, registry)
    quick = _header_row(fields) if fields and (wanted is None or wanted.header_only) else None
    if quick is not None:
        problems, rows = _by_headers(file, quick, wanted, order, frames, count)
    else:
        from nlsniff.decode.decoder import Decoder  # noqa: PLC0415  the quick way needs none of it

        decoder = Decoder(registry, show_secrets=show_secrets)
        style = "json" if as_json else "tree" if verbose else "line"
        problems, rows = _by_messages(file, decoder, fields or style, wanted, order, frames, count)
    write = sys.stdout.buffer.write
    for row in rows:
        write(row)
    sys.stdout.flush()
    for problem in problems:
        complain(f"{file}: {problem}")


Rows = tuple["list[FileProblem]", "Iterator[bytes]"]


def _by_messages(
    file: str, decoder: Decoder, style: str | tuple[str, ...], wanted: Filter | None, endian: Order | None,
    linktype: int | None, count: int | None,
) -> Rows:  # fmt: skip
    """Rows of messages that are made and followed, one at a time."""
    from nlsniff.output.columns import Columns  # noqa: PLC0415  --help needs none of it
    from nlsniff.printer.printer import Printer  # noqa: PLC0415
    from nlsniff.select import select  # noqa: PLC0415

    columns = None if isinstance(style, str) else Columns(style)  # refuses a name before the file is read
    found = select(file, decoder, wanted, endian, linktype)
    printer = columns or Printer(decoder, str(style), lambda: found.start_ns)
    return found.problems, map(printer, _first(found, count))


def _by_headers(
    file: str, row: tuple[str, dict[str, object]], wanted: Filter | None, endian: Order | None, linktype: int | None,
    count: int | None,
) -> Rows:  # fmt: skip
    """Rows that headers decide and make up: no message is made."""
    from nlsniff.select import HeaderSelection  # noqa: PLC0415  --help needs none of it

    found = HeaderSelection(file, *row, wanted, endian, linktype)
    return found.problems, ("".join(rows).encode() for rows in _first(found, count))


def _first(batches: Iterable[list[T]], count: int | None) -> Iterator[list[T]]:
    """So many of what is in the lists, or all."""
    for batch in batches:
        yield batch[:count]
        if count is not None:
            count -= len(batch)
            if count <= 0:
                return


def _header_row(fields: tuple[str, ...]) -> tuple[str, dict[str, object]] | None:
    from nlsniff.output.columns import header_row  # noqa: PLC0415

    return header_row(fields)
