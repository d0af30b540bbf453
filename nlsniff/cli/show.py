"""`nlsniff show`: print messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from nlsniff.cli import commands
from nlsniff.cli.commands import argument, complain, option
from nlsniff.cli.options import JOBS, LINKTYPE, filter_for, jobs_for, reading, registry_for, source_for
from nlsniff.cli.printing import printing
from nlsniff.terminal import one_line
from nlsniff.wire.cooked import bare_linktype
from nlsniff.wire.nlmsg import byte_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from nlsniff.cli.columns import ChosenFields
    from nlsniff.decode.decoder import Decoder
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.names import Names
    from nlsniff.file.info import FileProblem
    from nlsniff.filter.filter import Filter
    from nlsniff.follow.passing import PassingStore
    from nlsniff.output.columns import Columns
    from nlsniff.output.lines import Texts
    from nlsniff.reader import Source
    from nlsniff.select import Selection
    from nlsniff.spec.registry import Registry
    from nlsniff.wire.nlmsg import Order

Piece = TypeVar("Piece")


class _Wanted(NamedTuple):
    """Of which capture which messages are printed, and how it is read."""

    source: Source
    filter: Filter | None
    most: int | None
    order: Order | None
    linktype: int | None


class _Dress(NamedTuple):
    """How lines and trees are printed beside what they say; see the options."""

    clock: str | None
    as_hex: bool
    show_secrets: bool
    colour: bool


@commands.command(
    "show",
    examples=(
        "nlsniff show trace.pcapng  # a line a message",
        "nlsniff show -V -Y 'errno == EINVAL' trace.pcapng  # every field of what was refused",
        "nlsniff show -e time -e process -e summary -Y route trace.pcapng  # chosen fields, between them a tab",
    ),
)
@argument("file", nargs="+")
@option("-Y", "--filter", "filter_text", metavar="FILTER", help="Print what matches; see `nlsniff fields`.")
@option("-V", "--verbose", action="store_true", help="Print every field.")
@option("--json", "as_json", action="store_true", help="Print one JSON object a message.")
@option("-e", "--field", "fields", action="append", metavar="FIELD", help="Print this field; may be repeated.")
@option("-c", "--count", type=commands.whole(1), metavar="N", help="Stop after so many messages were printed.")
@option(
    "-w",
    "--write",
    "target",
    metavar="OUT",
    help="Save the frames of these messages as a capture instead; `-` is standard output.",
)
@option("-x", "--hex", "as_hex", action="store_true", help="Print the bytes of each message behind it.")
@option(
    "-t",
    "--time",
    "clock",
    choices=("r", "a", "ad", "d", "e"),
    help="Times of lines: since the first message, of the day, with the date (UTC), since the line before, since 1970.",
)
@option("--separator", metavar="TEXT", help="Stands between the columns of -e instead of a tab.")
@option("--header", action="store_true", help="Begin with the names of the columns of -e.")
@reading
@LINKTYPE
@JOBS
@printing
def command(
    file: tuple[str, ...],
    filter_text: str | None,
    fields: tuple[str, ...],
    count: int | None,
    target: str | None,
    clock: str | None,
    separator: str | None,
    jobs: int | None,
    endian: str,
    linktype: str | None,
    specs: tuple[str, ...],
    *,
    verbose: bool,
    as_json: bool,
    as_hex: bool,
    header: bool,
    show_secrets: bool,
    colour: bool,
) -> None:
    """Print the messages of a capture FILE, or of standard input for `-`; of several FILEs in order of time.

    Reads pcap and pcapng, plain or compressed with gzip or zstd; also logs of strace, and hex text such as a bug report
    has (see `nlsniff import`). Several FILEs are of one machine: each names its links and generic families for all.

    Lines are as long as they are: a terminal wraps them, and `--pager='less -RS'` cuts them.

    Exit status: 0, or 2 when nothing in the file could be read. What is wrong with the file is told on stderr.
    """
    if verbose + as_json + bool(fields) > 1:
        raise commands.UsageError("-V, --json and -e are three ways to print: give one")
    if (separator is not None or header) and not fields:
        raise commands.UsageError("--separator and --header are for the columns of -e")
    if clock and (verbose or as_json or fields):
        raise commands.UsageError("-t is for lines: trees have date and time, and so have JSON and -e time")
    if as_hex and (as_json or fields):
        raise commands.UsageError("-x is for lines and trees")
    from nlsniff.cli.columns import ChosenFields
    from nlsniff.output.columns import header_row

    registry = registry_for(specs)
    filter_ = filter_for(filter_text, registry)
    source, frames = source_for(file, bare_linktype(linktype), registry)
    wanted = _Wanted(source, filter_, count, byte_order(endian), frames)
    if target is not None:
        from nlsniff.cli.copy import save_copy

        save_copy(source, target, _decoder(registry, show_secrets), filter_, wanted.order, frames, count)
        return
    chosen = ChosenFields(fields, registry)
    tab = "\t" if separator is None else separator
    if header:
        commands.write([f"{tab.join(map(one_line, chosen.names))}\n".encode()])
    row = header_row(chosen.names, tab) if fields and (filter_ is None or filter_.header_only) else None
    if row is not None:
        problems = _print_headers(wanted, row, registry)
    else:
        style = (chosen, tab) if fields else "json" if as_json else "tree" if verbose else "line"
        dress = _Dress(clock, as_hex, show_secrets, colour)
        problems = _print_messages(wanted, _decoder(registry, show_secrets), style, dress, jobs_for(jobs, file[0]))
    for problem in problems:
        complain(f"{file[0]}: {problem}")


def _decoder(registry: Registry, show_secrets: bool) -> Decoder:
    from nlsniff.decode.decoder import Decoder

    return Decoder(registry, show_secrets=show_secrets)


def _print_headers(
    wanted: _Wanted, row: tuple[str, dict[str, object]], registry: Registry
) -> Iterable[FileProblem]:  # fmt: skip
    """Print rows where headers decide and make up all that is printed: no message is made."""
    from nlsniff.decode.guessing import guess_with
    from nlsniff.select import HeaderSelection

    source, filter_, most, order, linktype = wanted
    rows = HeaderSelection(source, *row, filter_, order, linktype, guess_with(registry))
    commands.write("".join(lines).encode() for lines in _first(rows, most))
    return rows.problems


def _print_messages(
    wanted: _Wanted, decoder: Decoder, style: str | tuple[ChosenFields, str], dress: _Dress, jobs: int
) -> Iterable[FileProblem]:
    """Print messages in a style, or chosen fields of them with a text between."""
    from nlsniff.select import IndexSelection, select

    source, filter_, most, order, linktype = wanted
    colour = dress.colour and style in {"line", "tree"}
    asks = not isinstance(style, str) and style[0].conversation
    store = None
    if colour:
        from nlsniff.follow.passing import PassingStore

        store = PassingStore()  # it tells what nobody asked for
    messages = select(source, decoder, filter_, order, linktype, store=store, indexed=asks)
    shown = (
        style
        if isinstance(style, str)
        else style[0].columns(messages.capture if isinstance(messages, IndexSelection) else None, style[1])
    )
    printer = _once(_printer(messages, decoder, shown, dress._replace(colour=colour)), decoder.names)
    if jobs > 1 and most is None and dress.clock != "d":
        from nlsniff.cli.jobs import Workers

        with Workers(jobs) as workers:
            parts = _dropping(messages.parts(), store)
            commands.write(workers.run(parts, lambda part: map(printer, messages.chosen(part))))
    else:
        commands.write(map(printer, _dropping(_first(messages, most), store)))
    return messages.capture.problems


def _printer(
    messages: Selection, decoder: Decoder, style: str | Columns, dress: _Dress
) -> Callable[[list[NetlinkMessage]], bytes]:
    """What prints messages, dressed as is wanted."""
    from nlsniff.printer.printer import Printer

    capture = messages.capture
    printer = Printer(decoder, style, lambda: capture.start_ns)
    if dress.clock in {None, "r"} and not dress.as_hex and not dress.colour:
        return printer
    from nlsniff.output.lines import timed, with_bytes

    texts: Texts = printer.texts
    if dress.clock not in {None, "r"}:
        texts = timed(texts, dress.clock)
    if dress.colour:
        from nlsniff.output.painted import painted

        texts = painted(texts, capture.follower, trees=style == "tree")
    if dress.as_hex:
        texts = with_bytes(texts, show_secrets=dress.show_secrets)
    return lambda batch: "".join(texts(batch)).encode()


def _once(printer: Callable[[list[NetlinkMessage]], bytes], names: Names) -> Callable[[list[NetlinkMessage]], bytes]:
    """A printer of messages that come in order, after which the names of their time are not needed again."""

    def give(messages: list[NetlinkMessage]) -> bytes:
        text = printer(messages)
        if messages:
            names.forget(messages[-1].number)
        return text

    return give


def _dropping(pieces: Iterable[Piece], store: PassingStore | None) -> Iterator[Piece]:
    """The same; conversations that were over when a piece was printed are dropped then."""
    for piece in pieces:
        yield piece
        if store is not None:
            store.drop_over()


def _first(batches: Iterable[list[Any]], count: int | None) -> Iterator[list[Any]]:
    """So many of what is in the lists, or all."""
    for batch in batches:
        yield batch[:count]
        if count is not None:
            count -= len(batch)
            if count <= 0:
                return
