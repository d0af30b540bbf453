"""`nlsniff redact`: a capture without its secrets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nlsniff.cli import commands
from nlsniff.cli.commands import argument, complain, option
from nlsniff.cli.options import LINKTYPE, decoder_for, decoding
from nlsniff.errors import NlsniffError
from nlsniff.wire.cooked import bare_linktype
from nlsniff.wire.nlmsg import byte_order

if TYPE_CHECKING:
    from typing import BinaryIO

    from nlsniff.redact.redact import Redaction

_NAMED = 5


@commands.command(
    "redact",
    examples=(
        "nlsniff redact trace.pcapng public.pcapng  # no key is left",
        "nlsniff redact --spec mine/ trace.pcapng public.pcapng  # with dissectors of your own, less is unread",
        "nlsniff redact --keep-unreadable trace.pcapng public.pcapng  # keep what is unread",
    ),
)
@argument("source", metavar="IN")
@argument("target", metavar="OUT")
@option("--keep-unreadable", action="store_true", help="Leave what could not be read as it is.")
@decoding
@LINKTYPE
def command(
    source: str, target: str, endian: str, linktype: str | None, specs: tuple[str, ...], *, keep_unreadable: bool
) -> None:
    """Copy the capture IN to OUT and overwrite the secrets in it.

    Secret is what a dissector says is secret: keys of IPsec, WireGuard and MACsec, cookies of L2TP. They become
    asterisks, also in the copies of requests inside error messages. Every length stays, and with it file format, times,
    comments and all other bytes, so OUT can be read, compared and replayed as IN can. Compressed input is written
    plain. IN may be `-`.

    What nlsniff cannot know is whether bytes that no dissector describes are a secret: messages of user-defined
    protocols (NETLINK_USERSOCK and numbers without a name), of generic netlink families without a dissector or without
    a name in the capture, what stands behind damage, unknown attributes beside keys, what packets carry behind their
    headers (queued and logged by netfilter), frames that are not netlink, and blocks of a pcapng file that hold neither
    frames nor their description. All of that is overwritten too, but for
    message headers, and counted on standard error. --keep-unreadable leaves it as it is; --spec adds dissectors, so
    that less is unread. Nor can it know that a field of another kind (a name, an alias) holds a password, or that
    damage made one field of another: such fields stay.

    Then OUT is searched for each secret of IN that has 4 bytes or more, raw, in hex and in base64. A message that holds
    a copy where no secret is expected is blanked as well. If one is left even so, in a comment or by chance in a
    header, there is no OUT. A key that is all zero, which means none, is not searched for.

    Exit status: 0 when OUT was written and proven, 2 when there is no OUT.
    """
    from nlsniff.reader import Stream
    from nlsniff.redact.redact import redact

    if target == "-":
        raise NlsniffError("OUT must be a file, for it is searched for secrets before it gets its name")
    frames = bare_linktype(linktype)
    decoder = decoder_for(specs, show_secrets=False)

    def read(stream: BinaryIO) -> Stream:
        return Stream(stream, decoder, byte_order(endian), frames)

    result = redact(source, Path(target), decoder, read, keep_unreadable=keep_unreadable, linktype=frames)
    for line in _report(result, target, keep=keep_unreadable):
        complain(line)


def _report(result: Redaction, target: str, *, keep: bool) -> list[str]:
    """What was done, in a few lines."""
    where = f"{_count(result.secrets, 'secret')} overwritten in {_count(result.messages, 'message')}"
    proof = f"none of {result.distinct} different ones is left" if result.distinct > 1 else "no copy of one is left"
    if result.unread:  # what was guessed may have been one, and then nobody looked for copies of it
        proof = "no copy of a known one is left"
    lines = [f"{target}: {where}; {proof}"]
    if result.copies:
        lines.append(f"{_count(result.copies, 'message')} blanked that held a secret where no dissector knows one")
    if result.unread:
        kinds = ", ".join(f"{count} {label}" for label, count in result.unread.most_common(_NAMED))
        more = ", ..." if len(result.unread) > _NAMED else ""
        parts = f"{_count(result.doubted, 'byte')} in {_count(result.unread.total(), 'part')}"
        done = "and are left, for --keep-unreadable was given" if keep else "and were blanked on suspicion"
        lines.append(f"{parts} cannot be read or may be a secret, {done}: {kinds}{more}")
    return lines


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
