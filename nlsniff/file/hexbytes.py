"""The bytes of a line of a hex dump, and those of a list of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.wire.constants import LINKTYPE_LINUX_SLL2, LINKTYPE_NETLINK, UNKNOWN_PROTOCOL
from nlsniff.wire.cooked import parse_cooked
from nlsniff.wire.order import fits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlsniff.file.hexlines import HexRow

_PACKET_TYPES = 8  # of a cooked header
_VISIBLE = bytes(byte if 32 <= byte < 127 else 46 for byte in range(256))


def split_row(row: HexRow, said: int | None, width: int, *, whole: bool = False) -> tuple[list[str], str]:
    """The hex digits of a row, and its column of characters.

    Args:
        row: with all that looks like hex at its beginning, of which the last may be characters.
        said: bytes, as the next offset has it; None where there is none.
        width: bytes of a row before it; 0 for the first.
        whole: the first digits are bytes, and no offset.
    """
    pieces = row.pieces[row.kind == "hex" and not whole :]
    text = row.text
    packed = len(text.replace(" ", ""))
    sizes = blanks = 0
    taken = 0  # characters that are no spaces, up to a piece
    at = row.pieces[0].end if len(pieces) < len(row.pieces) else 0
    taken = len(text[:at].replace(" ", ""))
    best = len(pieces)
    for index, piece in enumerate(pieces, start=1):
        sizes += len(piece.digits) // 2
        taken += len(text[at : piece.end].replace(" ", ""))
        at = piece.end
        if said is None:
            blanks += sum(piece.digits[k : k + 2] == "20" for k in range(0, len(piece.digits), 2))
            if 0 <= packed - taken - (sizes - blanks) <= 2 and packed > taken:
                digits = [item.digits for item in pieces[:index]]
                if shows(bytes.fromhex("".join(digits)), text[at:]) or shows(turned(digits), text[at:]):
                    best = index
                    break
            if width and sizes >= width:
                best = index
                break
        elif sizes >= said > 0:
            best = index
            break
    rest = text[pieces[best - 1].end :] if best else text
    return [piece.digits for piece in pieces[:best]], rest.strip()


def shows(data: bytes, text: str) -> bool:
    """Whether a column of characters is that of some bytes; spaces are lost and added on the way."""
    column = text.strip().strip("|><").replace(" ", "")
    return bool(column) and data.translate(_VISIBLE).decode("ascii").replace(" ", "").strip("|><") == column


def turned(digits: Sequence[str]) -> bytes:
    """The bytes of words that are written as numbers, by a machine that puts the least byte first."""
    return b"".join(bytes.fromhex(piece)[::-1] for piece in digits)


def of_numbers(words: list[str]) -> tuple[bytes, ...]:
    """The bytes of a list of numbers: each a byte, or words of 32 or 16 bits, or hex without 0x."""
    plain = [word.rstrip("uU8") if word.endswith(("u8", "u", "U")) else word for word in words]
    marked = any(word[:2] in {"0x", "0X"} for word in plain)
    bare = any((word[0] == "0" and len(word) == 2) or not word.lstrip("-").isdigit() for word in plain if word)
    readings: list[bytes] = []
    if marked or not bare:
        numbers = [_number(word) for word in plain]
        digits = max((len(word) - 2 for word in plain if word[:2] in {"0x", "0X"}), default=0)
        largest = max(max(numbers, default=0), 1 << 4 * digits - 1 if digits else 0)
        if largest <= 0xFF:
            readings.append(bytes(number & 0xFF for number in numbers))
        else:
            sizes = (4, 2) if largest <= 0xFFFF else (4,)
            for order in ("little", "big"):
                readings += [b"".join((n & 0xFFFFFFFF).to_bytes(size, order) for n in numbers) for size in sizes]
    if not marked and all(len(word) <= 2 and not word.strip("0123456789abcdefABCDEF") for word in plain):
        readings.append(bytes(int(word, 16) for word in plain))
    return tuple(readings) or (b"",)


def _number(word: str) -> int:
    if word[:2] in {"0x", "0X"}:
        return int(word, 16)
    return int(word) if word.lstrip("-").isdigit() else int(word, 16)


# -- datagrams ---------------------------------------------------------------------------------------------------------


def cooked(data: bytes) -> tuple[int, int]:
    """Where the datagram begins, behind a cooked header if it has one, and the protocol of that or UNKNOWN_PROTOCOL."""
    for linktype in (LINKTYPE_NETLINK, LINKTYPE_LINUX_SLL2):
        found = parse_cooked(linktype, data)
        if found is not None and found.packet_type < _PACKET_TYPES:
            return found.size, found.protocol
    return 0, UNKNOWN_PROTOCOL


def is_whole(data: bytes) -> bool:
    """Whether some bytes are a datagram of whole messages, with a cooked header or without."""
    start, _ = cooked(data)
    return fits(data, start, "<") or fits(data, start, ">")
