"""The loops of a `Sweep`, generated for what is asked of it: nothing is read that nothing needs.

They read like the code that they become. Words in capitals are filled in, and a line that ends in `# if NAME` stays
only where that name is used, with several names where all are. No text of a user's gets into the source, see
`nlsniff.filter.codegen`.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Any

from nlsniff.file.blocks import BLOCK_LIMIT
from nlsniff.file.order import UNAMBIGUOUS
from nlsniff.wire.constants import ARPHRD_NETLINK, HEADERLESS, NETLINK_AUDIT, UNCHAINED
from nlsniff.wire.nlmsg import is_astray, lacks_header

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nlsniff.wire.nlmsg import Order

    SweepLoop = Callable[..., tuple[int, int, int, int, int]]

# The rest of a datagram from `start` on, as `walk_messages` has it.
_CHAIN = """\
while start <= least:
    FIELDS = unpack(BYTES, start)
    if length < 16:
        break
    end = start + length  # if broken
    end += longer  # if broken walk
    if end > stop:  # if broken
        break  # if broken
    number += 1  # if number
    if CONDITION:
        append(EMIT)  # if each
        hits += 1  # if frames
    start += (length + 3) & -4
    start += longer  # if walk
if start > first and start - (-length & 3) > stop:  # if late
    if CONDITION:  # if late
        found.pop()  # if late each
        hits -= 1  # if late frames
    number -= 1  # if late number
    start -= (length + 3) & -4  # if late
if start < stop:
    doubt = pos  # if doubt
    if any(BYTES[start:stop]):
        broken = not bare
        if start > least:
            length = stop - start if bare else 0
            type_ = flags = seq = port = 0
        elif is_astray(BYTES, first, start, order):
            length = type_ = flags = seq = port = 0
        end = stop
        number += 1  # if number
        if CONDITION:
            append(EMIT)  # if each
            hits += 1  # if frames
        broken = False
"""

# What is the same for all messages of a frame is given so many times together.
_HITS = """if hits:  # if frames
    extend([EMIT] * hits)  # if frames
    hits = 0  # if frames
"""

# Datagrams that have been made, of any kind and order.
_WALK = """\
def loop(datagrams, number, found):
    append, extend, hits, broken = found.append, found.extend, 0, False
    for (frame, _, time, _, _, _, data, comment), (start, _, _, protocol), order in datagrams:
        unpack = unpack_little if order == "<" else unpack_big
        stop = len(data)
        bare = protocol in headerless
        longer = 16 if protocol == audit and lacks_header(data, start, order) else 0
        first = start
        least = -1 if bare else stop - 16
        CHAIN
        HITS
    return number
"""

# The first message of a datagram, whose header was read together with what stands before it, and then the rest.
_DATAGRAM = """\
frame += 1
protocol = protocols[raw]  # if protocol
number += 1  # if number
if CONDITION:
    append(EMIT)  # if each
    hits += 1  # if frames
first = start
start += (length + 3) & -4
if start < stop:
    least = stop - 16
    CHAIN
HITS
"""

# Plain records of pcap with the link type of netlink, messages with headers; stops before what `PcapParser` should see.
_PCAP = """\
def loop(buffer, pos, frame, number, found, _):
    append, extend, hits = found.append, found.extend, 0
    size = len(buffer)
    room = size - HEAD_SIZE
    last = doubt = -1
    broken, bare, order, comment = False, False, ORDER, ""
    while pos <= room:
        HEAD = head(buffer, pos)
        following = pos + 16 + captured
        if mark != MARK or ODD or fraction >= FRACTIONS or captured > wire:
            break
        start, stop = pos + 32, following  # if flat
        start, stop = 16, captured  # if data
        end = start + length
        if length < 16 or end > stop or following > size or captured > MOST:
            if 0 < captured <= LIMIT:
                doubt = -1
            break
        time = seconds * 1000000000 + fraction * UNIT  # if time
        data = buffer[pos + 16:following]  # if data
        DATAGRAM
        last = pos
        pos = following
    return pos, frame, number, last, last if doubt == last else -1
"""

# Enhanced packet blocks of pcapng, of interfaces with the link type of netlink; stops before any other block.
_PCAPNG = """\
def loop(buffer, pos, frame, number, found, clocks):
    append, extend, hits = found.append, found.extend, 0
    size = len(buffer)
    room = size - HEAD_SIZE
    broken, bare, order = False, False, ORDER
    while pos <= room:
        HEAD = head(buffer, pos)
        following = pos + total
        if kind != 6 or mark != MARK or ODD or interface not in clocks or following > size:
            break
        if total > LIMIT or total & 3:
            break
        start, stop = pos + 44, pos + 28 + captured  # if flat
        start, stop = 16, captured  # if data
        end = start + length
        if length < 16 or end > stop or captured > total - 32 or captured > MOST:
            break
        if word(buffer, following - 4)[0] != total:
            break
        _, multiply, divide, add, _ = clocks[interface]  # if time
        time = min((high << 32 | low) * multiply // divide + add, 0x7fffffffffffffff)  # if time
        rest = pos + 28 + ((captured + 3) & -4)  # if comment
        comment = comments(buffer[rest:following - 4]) if rest + 4 < following else ""  # if comment
        data = buffer[pos + 28:pos + 28 + captured]  # if data
        DATAGRAM
        pos = following
    return pos, frame, number, -1, -1
"""

_FIELDS = (("length", "I"), ("type_", "H"), ("flags", "H"), ("seq", "I"), ("port", "I"))
_COOKED = (("", "H"), ("mark", "H"), ("", "10s"), ("raw", "H"))
_RECORD = (("seconds", "I"), ("fraction", "I"), ("captured", "I"), ("wire", "I"), *_COOKED, *_FIELDS)
_BLOCK = (
    ("kind", "I"), ("total", "I"), ("interface", "I"), ("high", "I"), ("low", "I"), ("captured", "I"), ("", "I"),
    *_COOKED, *_FIELDS,
)  # fmt: skip
# What a loop cannot do without.
_NEEDED = frozenset({"length", "fraction", "captured", "wire", "mark", "raw", "kind", "total", "interface"})
# What else has to be read for a name.
_FROM = {"time": ("seconds", "high", "low"), "protocol": ("raw",), "start": ("data",), "end": ("data", "broken")}
# What differs between the messages of a frame.
_OF_MESSAGES = frozenset({"number", "type_", "flags", "seq", "port", "length", "start", "end", "broken"})


class Code:
    """The loops for one condition and what is given for each message; see `nlsniff.file.sweep.Sweep`."""

    def __init__(self, condition: str, emit: str, values: Mapping[str, Any]) -> None:
        self._condition = condition
        self._emit = emit
        self._values = {**values, "is_astray": is_astray, "__builtins__": {"len": len, "any": any, "min": min}}
        self._made: dict[tuple[str, str], Any] = {}
        names = _names(condition) | _names(emit)
        self._used = names.union(*(_FROM.get(name, ()) for name in names))
        self._used.add("frames" if _OF_MESSAGES.isdisjoint(_names(emit)) else "each")
        if "data" not in self._used:
            self._used.add("flat")
        if "broken" not in self._used:
            self._used.add("late")  # that the last one is broken is seen when it was taken, and taken back

    def walk(self) -> Callable[..., int]:
        """(datagrams, number, found) -> number: the messages of datagrams that have been made."""
        return self._make(_WALK, "", self._used | {"number", "data", "walk"}, {}, ())  # type: ignore[no-any-return]

    def pcap(self, order: Order, unit: int, fractions: int, limit: int) -> SweepLoop:
        """(buffer, pos, frame, number, found, None) -> the first three where it stopped, and two records or -1.

        The first is the last that was taken. The second is the same if it does not show itself that its length is right
        (see `RecordScan.confirmed`) and no good record was seen behind it: then it may have to be shortened.

        Args:
            order: of the record headers and of the messages.
            unit: nanoseconds per time unit.
            fractions: time units per second.
            limit: bytes of the longest record.
        """
        words = {"FRACTIONS": fractions, "LIMIT": limit, "UNIT": unit}
        return self._make(_PCAP, order, self._used | {"doubt"}, words, _RECORD)  # type: ignore[no-any-return]

    def pcapng(self, order: Order, comments: Callable[[bytes], str]) -> SweepLoop:
        """As `pcap`, without a last record; takes the clocks of the interfaces by their number at the end.

        Args:
            order: of the blocks and of the messages.
            comments: reads the comment among the options of a packet.
        """
        self._values |= {"comments": comments, "word": struct.Struct(f"{order}I").unpack_from}
        return self._make(_PCAPNG, order, self._used, {"LIMIT": BLOCK_LIMIT}, _BLOCK)  # type: ignore[no-any-return]

    def _make(
        self, source: str, order: str, used: set[str], words: Mapping[str, object], head: tuple[tuple[str, str], ...]
    ) -> Any:
        key = source, order
        if key in self._made:
            return self._made[key]
        fields, form = _layout(_FIELDS, used)
        words = {**words, "FIELDS": fields, "BYTES": "data" if "data" in used else "buffer",
                 "ORDER": repr(order), "MOST": UNAMBIGUOUS}  # fmt: skip
        values = dict(self._values)
        if order:
            names, whole = _layout(head, used)
            packed = struct.Struct(order + whole)
            words |= {"HEAD": names, "HEAD_SIZE": packed.size, "MARK": _swapped(ARPHRD_NETLINK, order)}
            values |= {"head": packed.unpack_from, "unpack": struct.Struct(order + form).unpack_from}
            words["ODD"] = " or ".join(f"raw == {_swapped(protocol, order)}" for protocol in UNCHAINED)
            values["protocols"] = _Protocols(order)
        else:
            for name, one in (("little", "<"), ("big", ">")):
                values[f"unpack_{name}"] = struct.Struct(one + form).unpack_from
            values |= {"headerless": HEADERLESS, "audit": NETLINK_AUDIT, "lacks_header": lacks_header}
        for name, part in (("DATAGRAM", _DATAGRAM), ("CHAIN", _CHAIN), ("HITS", _HITS)):
            source = _insert(source, name, part)
        lines = [line.partition("  # if ") for line in source.splitlines()]
        source = "\n".join(line for line, _, names in lines if used.issuperset(names.split()))
        for word in sorted(words, key=len, reverse=True):
            source = source.replace(word, str(words[word]))
        # Last, because what is asked for may look like any word.
        source = source.replace("CONDITION", self._condition).replace("EMIT", self._emit)
        exec(compile(source, "<sweep>", "exec"), values)  # noqa: S102  source of our own making
        self._made[key] = values["loop"]
        return values["loop"]


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


def _layout(fields: tuple[tuple[str, str], ...], used: set[str]) -> tuple[str, str]:
    """The names of the fields that are needed, for the left side of an assignment, and the format that reads them."""
    names, form, skipped = "", "", 0
    for name, kind in fields:
        if name in used or name in _NEEDED:
            names += f"{name}, "
            form += f"{skipped}x{kind}" if skipped else kind
            skipped = 0
        else:
            skipped += struct.calcsize(f"={kind}")
    return names.rstrip(), form


def _insert(source: str, name: str, part: str) -> str:
    """Put a part where its name stands alone in a line, as deep as that is."""
    lines: list[str] = []
    for line in source.splitlines():
        if line.lstrip() == name:
            indent = line.removesuffix(name)
            lines += [f"{indent}{deeper}" for deeper in part.splitlines()]
        else:
            lines.append(line)
    return "\n".join(lines)
