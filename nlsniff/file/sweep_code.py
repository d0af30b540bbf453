"""The functions of a `Sweep`, generated for what is asked of it: nothing is read or computed that nothing needs.

No text of a user's gets into the source, see `nlsniff.filter.codegen`.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Any

from nlsniff.generated import define
from nlsniff.wire.constants import ARPHRD_NETLINK, UNCHAINED
from nlsniff.wire.nlmsg import walk_messages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nlsniff.file.frame import RecordLayout
    from nlsniff.file.messages import Datagram

# Datagrams that have been made, of any kind and order.
_WALK = """\
def walk(datagrams, number, found):
    append = found.append
    for (frame, _, time, _, _, _, data, comment), (size, _, _, protocol), order in datagrams:
        for start, end, length, type_, flags, seq, port, broken in walk_messages(data, size, order, protocol):
            number += 1
            if {condition}:
                append({emit})
    return number
"""

# Plain records of whole messages. It stops before any other, and gives back the last that it took, because what follows
# a record may tell that its length is wrong.
_LOOP = """\
def loop(buffer, pos, frame, number, found, parser):
    append, extend, hits = found.append, found.extend, 0
    last = given = -1  # where the last record began, and the last that gave something
    kept, before = 0, number
    size, known = len(buffer) - 16, parser.known  # so that a message's header can be read anywhere before
    room = size - {head_size}
    while pos <= room:
        {head} = head(buffer, pos)
        stop = pos + {data_at} + captured
        {following}
        if {next} > size or not ({good}) or mark != {mark} or {unchained}:
            break
        last = pos
        {before}{keep}
        at = pos + {first_at}
        frame += 1
        {of_frame}
        while {fits}:
            {of_message}
            if {condition}:
                {take}
            at += length + 3 & -4
            if at >= stop:
                break
            {fields} = unpack(buffer, at)
        {give}
        if at != stop and (at - (-length & 3) > stop or any(buffer[at:stop])):
            break
        pos = {next}
    if last < 0:
        return pos, frame, number
    if given == last:
        del found[kept:]
    return last, frame - 1, before
"""

_FIELDS = (("length", "I"), ("type_", "H"), ("flags", "H"), ("seq", "I"), ("port", "I"))
_COOKED = (("", "H"), ("mark", "H"), ("", "10s"), ("raw", "H"))
# How to compute what else may be asked for.
_OF_MESSAGE = {"number": "number + 1", "start": "at - begin", "end": "start + length"}
_DIFFERS = {"type_", "flags", "seq", "port", "length", *_OF_MESSAGE}


class SweepCode:
    """Makes the functions for one condition and what is given for each message; see `nlsniff.file.sweep.Sweep`."""

    def __init__(self, condition: str, emit: str, values: Mapping[str, Any]) -> None:
        self._words = {"condition": condition, "emit": emit}
        if _DIFFERS.isdisjoint(_names(emit)):  # the same for all messages of a frame
            give = f"if hits: given = pos; kept = len(found); extend([{emit}] * hits); hits = 0"
            self._words |= {"keep": "", "take": "hits += 1", "give": give}
        else:
            self._words |= {"keep": "given, kept = pos, len(found)", "take": f"append({emit})", "give": ""}
        self._values = {**values, "__builtins__": {"len": len, "any": any}}

    def walk(self) -> Callable[[list[Datagram], int, list[Any]], int]:
        """(datagrams, number, found) -> number: the messages of datagrams that have been made."""
        values = {**self._values, "walk_messages": walk_messages}
        made: Callable[..., int] = define("walk", _WALK.format_map(self._words), values)
        return made

    def loop(self, layout: RecordLayout) -> Callable[..., tuple[int, int, int]]:
        """(buffer, pos, frame, number, found, parser) -> position, frame and number where it stopped.

        It is for messages in the byte order of the file's own headers.
        """
        of_frame = {"begin": f"pos + {layout.data_at}", "protocol": "protocols[raw]", "data": "buffer[begin:stop]",
                    "time": layout.time, "comment": layout.comment}  # fmt: skip
        needed = _names(" ".join((self._words["condition"], self._words["emit"])))
        for name, source in reversed([*of_frame.items(), *_OF_MESSAGE.items()]):
            if name in needed:
                needed |= _names(source)
        defined = [
            "; ".join(f"{name} = {source}" for name, source in sources.items() if name in needed)
            for sources in (of_frame, _OF_MESSAGE)
        ]
        needed |= _names(f"{layout.good} {layout.following} captured mark raw length")
        fields, form = _layout(_FIELDS, needed)
        head, whole = _layout((*layout.fields, *_COOKED, *_FIELDS), needed)
        packed = struct.Struct(layout.order + whole)
        source = _LOOP.format_map({
            **self._words, "head": head, "head_size": packed.size, "fields": fields,
            "data_at": layout.data_at, "first_at": layout.data_at + 16,
            "following": f"following = {layout.following}" if layout.following else "",
            "next": "following" if layout.following else "stop",
            "good": layout.good, "mark": _swapped(ARPHRD_NETLINK, layout.order),
            "unchained": " or ".join(f"raw == {_swapped(protocol, layout.order)}" for protocol in UNCHAINED),
            "before": "before = number; " if "number" in needed else "",
            "of_frame": defined[0], "of_message": defined[1],
            # Of a record that is found doubtful all is taken back; but until then nobody may look behind its data.
            "fits": "16 <= length <= stop - at" if "data" in needed else "length >= 16",
        })  # fmt: skip
        values = {
            **self._values, "head": packed.unpack_from, "unpack": struct.Struct(layout.order + form).unpack_from,
            "word": struct.Struct(f"{layout.order}I").unpack_from, "protocols": _Protocols(layout.order),
            "order": layout.order, "broken": False,
        }  # fmt: skip
        made: Callable[..., tuple[int, int, int]] = define("loop", source, values)
        return made


class _Protocols(dict[int, int]):
    """Protocol numbers by how they read in the order of the file; in a cooked header they are big-endian."""

    def __init__(self, order: str) -> None:
        super().__init__()
        self._order = order

    def __missing__(self, raw: int) -> int:
        self[raw] = number = _swapped(raw, self._order)
        return number


def _swapped(number: int, order: str) -> int:
    """A big-endian number of 16 bits as it reads in an order, and back."""
    return number if order == ">" else number >> 8 | (number & 0xFF) << 8


def _names(source: str) -> set[str]:
    return set(re.findall(r"[a-z_]\w*", source))


def _layout(fields: tuple[tuple[str, str], ...], needed: set[str]) -> tuple[str, str]:
    """The names of the fields that are needed, for the left side of an assignment, and the format that reads them."""
    names, form, skipped = "", "", 0
    for name, kind in fields:
        if name in needed:
            names += f"{name}, "
            form += f"{skipped}x{kind}" if skipped else kind
            skipped = 0
        else:
            skipped += struct.calcsize(f"={kind}")
    return names.rstrip(), form
