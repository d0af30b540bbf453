"""`nlsniff stats`: figures of a capture."""

from __future__ import annotations

import os
import sys
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

from nlsniff.cli import commands
from nlsniff.cli.commands import argument, complain, option
from nlsniff.cli.options import JOBS, LINKTYPE, decoder_for, filter_for, jobs_for, reading, source_for
from nlsniff.cli.printing import printing, terminal_columns
from nlsniff.wire.cooked import bare_linktype
from nlsniff.wire.nlmsg import byte_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.file.info import Interface
    from nlsniff.select import StreamSelection


@commands.command(
    "stats",
    examples=(
        "nlsniff stats trace.pcapng  # all figures",
        "nlsniff stats -Y route --top 3 trace.pcapng  # of routes alone, three rows a table",
        "nlsniff stats --json trace.pcapng  # for programs",
    ),
)
@argument("file", nargs="+")
@option(
    "-Y", "--filter", "filter_text", metavar="FILTER", help="Count what matches, and the conversations that it is in."
)
@option("--json", "as_json", action="store_true", help="Print one JSON object.")
@option("--top", type=commands.whole(1), metavar="N", default=10, help="Rows of a table or list at most.")
@reading
@LINKTYPE
@JOBS
@printing
def command(
    file: tuple[str, ...],
    filter_text: str | None,
    top: int,
    jobs: int | None,
    endian: str,
    linktype: str | None,
    specs: tuple[str, ...],
    *,
    as_json: bool,
    show_secrets: bool,
    colour: bool,
) -> None:
    """Count what is in FILE: messages by protocol, type and process, conversations, errors, latencies, gaps.

    Reads FILE once, in little memory; `-` is standard input. A filter on how a conversation ended (`errno`,
    `unanswered`, ...) needs an index of the file. Several FILEs, of one machine, are counted together.

    Where the width of the terminal is known, words take what the figures leave of it, else 60 columns.

    One process reads, pairs and counts, which is most of the work, so it is alone unless --jobs is given. Then others
    ask what a filter says of bodies (`route.oif == 3`); without such a filter there is nothing that they could do.

    Exit status: 0, or 2 when nothing in the file could be read. What is wrong with the file is told on stderr.
    """
    from nlsniff.follow.passing import PassingStore
    from nlsniff.select import StreamSelection, select
    from nlsniff.stats.statistics import Statistics

    order, frames = byte_order(endian), bare_linktype(linktype)
    decoder = decoder_for(specs, show_secrets=show_secrets)
    source, frames = source_for(file, frames, decoder.registry)
    wanted = filter_for(filter_text, decoder.registry)
    selection = select(source, decoder, wanted, order, frames, store=PassingStore())
    capture = selection.capture
    figures = Statistics(capture.follower, top)
    processes = jobs_for(jobs)
    judged = selection.judged
    if processes > 1 and isinstance(selection, StreamSelection) and wanted is not None and not wanted.header_only:
        judged = partial(_judged, selection, processes)
    for batch, verdicts in judged():
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

        lines = list(text(report, top, terminal_columns()))
        if colour:
            from nlsniff.output.painted import figures as painted

            lines = list(painted(lines))
        sys.stdout.buffer.write(("\n".join(lines) + "\n").encode())
    sys.stdout.flush()
    for problem in capture.problems:
        complain(f"{file[0]}: {problem}")


def _judged(selection: StreamSelection, jobs: int) -> Iterator[tuple[list[NetlinkMessage], Iterable[bool]]]:
    """As `Selection.judged`, by so many processes."""
    from nlsniff.cli.jobs import Workers

    here, waiting, verdicts = os.getpid(), deque[list["NetlinkMessage"]](), bytearray()

    def parts() -> Iterator[tuple[bool, deque[list[NetlinkMessage]]]]:
        for large, part in selection.parts(held=True):
            waiting.extend(part)
            yield large, part

    def judge(part: deque[list[NetlinkMessage]]) -> Iterator[bytes]:
        if os.getpid() != here:
            waiting.clear()  # so that what is made of messages there is not kept
        yield selection.verdicts(part)

    with Workers(jobs) as workers:
        for some in workers.run(parts(), judge):
            verdicts += some
            while waiting and len(verdicts) >= len(waiting[0]):
                batch = waiting.popleft()
                yield batch, map(bool, verdicts[: len(batch)])
                del verdicts[: len(batch)]


def _drops(interfaces: list[Interface]) -> dict[str, Any] | None:
    """What the statistics of the file's interfaces say, all together; None where they say nothing."""
    from nlsniff.file.info import total

    told = {name: total(interfaces, name) for name in ("received", "dropped", "os_dropped")}
    return None if all(count is None for count in told.values()) else told
