"""`nlsniff show`: print messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.cli import commands
from nlsniff.cli.commands import argument, complain, option
from nlsniff.cli.options import JOBS, LINKTYPE, filter_for, jobs_for, reading, registry_for, source_for
from nlsniff.wire.cooked import bare_linktype
from nlsniff.wire.nlmsg import byte_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.names import Names


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
@option("-w", "--write", "target", metavar="OUT", help="Save the frames of these messages as a capture instead.")
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
) -> None:
    """Print the messages of a capture FILE, or of standard input for `-`; of several FILEs in order of time.

    Reads pcap and pcapng, plain or compressed with gzip or zstd; also logs of strace, and hex text such as a bug report
    has (see `nlsniff import`).

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
    from nlsniff.select import HeaderSelection, IndexSelection, select

    order, frames = byte_order(endian), bare_linktype(linktype)
    registry = registry_for(specs)
    wanted = filter_for(filter_text, registry)
    source, frames = source_for(file, frames, registry)
    if target is not None:
        from nlsniff.cli.copy import save_copy
        from nlsniff.decode.decoder import Decoder

        save_copy(source, target, Decoder(registry, show_secrets=show_secrets), wanted, order, frames, count)
        return
    chosen = ChosenFields(fields, registry)
    printer: Callable[[list[Any]], bytes]
    tab = "\t" if separator is None else separator
    if header:
        commands.put(tab.join(chosen.names))
    row = header_row(chosen.names, tab) if fields and (wanted is None or wanted.header_only) else None
    if row is not None:  # headers decide and make up all that is printed: no message is made
        from nlsniff.decode.guessing import guess_with

        rows = HeaderSelection(source, *row, wanted, order, frames, guess_with(registry))
        found: Iterable[list[Any]] = rows
        printer, problems = _joined, rows.problems
    else:
        from nlsniff.decode.decoder import Decoder
        from nlsniff.printer.printer import Printer

        decoder = Decoder(registry, show_secrets=show_secrets)
        messages = select(source, decoder, wanted, order, frames, indexed=chosen.conversation)
        columns = chosen.columns(messages.capture if isinstance(messages, IndexSelection) else None, tab)
        style = columns if fields else "json" if as_json else "tree" if verbose else "line"
        found, problems = messages, messages.capture.problems
        printer = Printer(decoder, style, lambda: messages.capture.start_ns)
        if clock or as_hex:
            from nlsniff.output.lines import dressed

            printer = dressed(printer.texts, clock, as_hex=as_hex, show_secrets=show_secrets)
        printer = _once(printer, decoder.names)
        processes = jobs_for(jobs, file[0])
        if processes > 1 and count is None and clock != "d":
            from nlsniff.cli.jobs import Workers

            with Workers(processes) as workers:
                commands.write(workers.run(messages.parts(), lambda part: map(printer, messages.chosen(part))))
            found = ()
    commands.write(map(printer, _first(found, count)))
    for problem in problems:
        complain(f"{file[0]}: {problem}")


def _once(printer: Callable[[list[NetlinkMessage]], bytes], names: Names) -> Callable[[list[NetlinkMessage]], bytes]:
    """A printer of messages that come in order, after which the names of their time are not needed again."""

    def give(messages: list[NetlinkMessage]) -> bytes:
        text = printer(messages)
        if messages:
            names.forget(messages[-1].number)
        return text

    return give


def _first(batches: Iterable[list[Any]], count: int | None) -> Iterator[list[Any]]:
    """So many of what is in the lists, or all."""
    for batch in batches:
        yield batch[:count]
        if count is not None:
            count -= len(batch)
            if count <= 0:
                return


def _joined(rows: list[str]) -> bytes:
    return "".join(rows).encode()
