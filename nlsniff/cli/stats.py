"""`nlsniff stats`: figures of a capture."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from nlsniff.cli import commands
from nlsniff.cli.commands import argument, complain, option
from nlsniff.cli.options import LINKTYPE, decoder_for, filter_for, reading
from nlsniff.wire.cooked import bare_linktype
from nlsniff.wire.nlmsg import byte_order

if TYPE_CHECKING:
    from nlsniff.file.info import Interface


@commands.command(
    "stats",
    examples=(
        "nlsniff stats trace.pcapng  # all figures",
        "nlsniff stats -Y route --top 3 trace.pcapng  # of routes alone, three rows a table",
        "nlsniff stats --json trace.pcapng  # for programs",
    ),
)
@argument("file")
@option(
    "-Y", "--filter", "filter_text", metavar="FILTER", help="Count what matches, and the conversations that it is in."
)
@option("--json", "as_json", action="store_true", help="Print one JSON object.")
@option("--top", type=commands.whole(1), metavar="N", default=10, help="Rows of a table or list at most.")
@reading
@LINKTYPE
def command(
    file: str,
    filter_text: str | None,
    top: int,
    endian: str,
    linktype: str | None,
    specs: tuple[str, ...],
    *,
    as_json: bool,
    show_secrets: bool,
) -> None:
    """Count what is in FILE: messages by protocol, type and process, conversations, errors, latencies, gaps.

    Reads FILE once, in little memory; `-` is standard input. A filter on how a conversation ended (`errno`,
    `unanswered`, ...) needs an index of the file.

    Exit status: 0, or 2 when nothing in the file could be read. What is wrong with the file is told on stderr.
    """
    from nlsniff.follow.passing import PassingStore
    from nlsniff.select import select
    from nlsniff.stats.statistics import Statistics

    order, frames = byte_order(endian), bare_linktype(linktype)
    decoder = decoder_for(specs, show_secrets=show_secrets)
    wanted = filter_for(filter_text, decoder.registry)
    selection = select(file, decoder, wanted, order, frames, store=PassingStore())
    capture = selection.capture
    figures = Statistics(capture.follower, top)
    for batch, verdicts in selection.judged():
        for message, verdict in zip(batch, verdicts, strict=False):  # without a filter, one verdict is given for ever
            figures.feed(message, wanted=verdict)
        if batch:
            decoder.names.forget(batch[-1].number)
    report = {
        **figures.report(),
        "drops": _drops(capture.interfaces),
        "problems": len(capture.problems),
        "calm": any(interface.calm for interface in capture.interfaces),
    }
    if as_json:
        from nlsniff.output.json import json_line

        sys.stdout.buffer.write(json_line(report))
    else:
        from nlsniff.stats.text import text

        lines = "\n".join(text(report, top)) + "\n"
        sys.stdout.buffer.write(lines.encode())
    sys.stdout.flush()
    for problem in capture.problems:
        complain(f"{file}: {problem}")


def _drops(interfaces: list[Interface]) -> dict[str, Any] | None:
    """What the statistics of the file's interfaces say, all together; None where they say nothing."""
    from nlsniff.file.info import total

    told = {name: total(interfaces, name) for name in ("received", "dropped", "os_dropped")}
    return None if all(count is None for count in told.values()) else told
