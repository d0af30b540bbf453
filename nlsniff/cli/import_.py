"""`nlsniff import`: a capture of what texts tell."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nlsniff.cli import commands
from nlsniff.cli.commands import argument, complain, option
from nlsniff.cli.options import SPEC, registry_for
from nlsniff.errors import NlsniffError
from nlsniff.wire.cooked import BARE, bare_linktype
from nlsniff.wire.names import protocol_name

if TYPE_CHECKING:
    from nlsniff.file.told import Told


@commands.command(
    "import",
    examples=(
        "strace -f -e read=all -e write=all -o ip.log ip route; nlsniff import ip.log -w ip.pcapng  # a log of strace",
        "nlsniff import mail.txt -w mail.pcapng  # hex in a bug report",
        "od -An -tx1 -v request.bin | nlsniff import --protocol route - -w request.pcapng  # bytes of a message",
    ),
)
@argument("files", metavar="FILE", nargs="+")
@option("-w", "target", metavar="OUT", help="Write here: .pcap or .pcapng, `-` is standard output.")
@option(
    "--protocol", metavar="PROTOCOL", help="Hex text is of this protocol (`route`, ...); by default that is guessed."
)
@SPEC
def command(files: tuple[str, ...], target: str | None, protocol: str | None, specs: tuple[str, ...]) -> None:
    """Make a capture of strace logs and hex text; Wireshark reads it, too. `-` is standard input.

    A strace log says what a capture cannot tell for certain: who sent what to whom by which socket. Its calls must
    show their bytes (-e write=all -e read=all; strings cut short are not enough). Several FILEs, a folder, and what the
    names of files begin with are the logs of one run, as `strace -ff` writes them.

    Hex text is what xxd, hexdump, od, tcpdump, Wireshark, gdb and the kernel's log print, plain hex, and lists and
    strings of C, Rust, Go and Python; in a mail, quoted, with words around. A message may have its cooked header;
    without it the protocol is that of --protocol, or the one whose dissectors read it best, and that is said.

    `show`, `open` and all other commands that read captures read such texts themselves.

    Exit status: 0, or 2 when nothing in a FILE could be read. What could not be read is told on stderr.
    """
    from nlsniff.decode.guessing import guess_with
    from nlsniff.file.texts import read_texts
    from nlsniff.file.write import open_writer
    from nlsniff.wire.comments import TEXT

    if target is None:
        raise NlsniffError("where to? `nlsniff import FILE... -w OUT`")
    number = None if protocol is None else bare_linktype(protocol) - BARE
    text = read_texts(files, number, guess_with(registry_for(specs)))
    stream = sys.stdout.buffer if target == "-" else Path(target)
    with open_writer(stream, application="nlsniff", comments=[TEXT]) as writer:
        text.write_to(writer)
    for severity, note in text.notes:
        complain(f"{severity}: {note}")
    commands.echo(f"{_summary(text.datagrams)}, written to {'standard output' if target == '-' else target}")


def _summary(datagrams: list[Told]) -> str:
    """How many datagrams there are, and of whom where that is known."""
    deliveries = [told.delivery for told in datagrams if told.delivery is not None]
    sockets = {item.socket for item in deliveries if item.socket is not None}
    programs = {item.process for item in deliveries if item.process}
    of = f" of {_count(len(sockets), 'socket')}" if sockets else ""
    by = f" of {_count(len(programs), 'program')}" if programs else ""
    protocols = ", ".join(dict.fromkeys(protocol_name(told.protocol) for told in datagrams))
    return f"{_count(len(datagrams), 'datagram')}{of}{by} ({protocols})"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
