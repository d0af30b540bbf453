"""What a transcript holds, see docs/transcript.md: made of a capture or read from a file, compared and written.

All of it is data that compares by value, but for `line` and `number`, which only tell where something stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = 1
Level = Literal["outcome", "objects", "full"]
Role = Literal["request", "event", "answer", "datagram"]
Status = Literal["ok", "error", "unanswered", "partial"]


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Stands for a value that the kernel, or chance, chose: `<if:veth0>`, `<spi:1>`, `<key:2>`.

    Within one transcript the same value has the same placeholder, and another value of that kind has another one.
    Only that is compared, not the name.
    """

    kind: str
    name: str

    def __str__(self) -> str:
        return f"<{self.kind}:{self.name}>"


@dataclass(frozen=True, slots=True)
class Item:
    """A named part of a message.

    Attributes:
        name: as the dissector has it; a dotted path on one line with its message. An element of a list is `-`.
        value: literal text, a placeholder, or None where there are only parts.
        parts: in the order of the wire.
        marks: `#1`: nla_type of an element, which is its index; `nested`, `net-byteorder`: bits that are set in it.
        problems: what is wrong with its bytes, in words.
        line: where it stands in a file, from 1, or 0.
    """

    name: str
    value: str | Placeholder | None = None
    parts: tuple[Item, ...] = ()
    marks: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    line: int = field(default=0, compare=False)

    def leaves(self, path: str = "") -> Iterator[tuple[str, Item]]:
        """Each part without parts of its own, with its dotted path; the item itself where it has none."""
        path = f"{path}.{self.name}" if path else self.name
        if not self.parts:
            yield path, self
        for part in self.parts:
            yield from part.leaves(path)


@dataclass(frozen=True, slots=True)
class SaidMessage:
    """One message.

    Attributes:
        type: the kernel's constant.
        flags: of the header, in lower case, without `request`; empty for what the kernel says.
        identity: what names the object that it is about, as paths; empty for requests, which are compared whole.
        items: everything else that is compared at the level of the transcript.
        problems: what is wrong with the message itself, in words.
        line: where it stands in a file, from 1, or 0.
        number: of the message in its capture, from 1, or 0.
    """

    type: str
    flags: tuple[str, ...] = ()
    identity: tuple[Item, ...] = ()
    items: tuple[Item, ...] = ()
    problems: tuple[str, ...] = ()
    line: int = field(default=0, compare=False)
    number: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class SaidStep:
    """A message in a conversation: what a program asks, what it caused, what came back."""

    role: Role
    message: SaidMessage


@dataclass(frozen=True, slots=True)
class Dump:
    """The parts of a dump, in any order. Of a dump that was interrupted and asked for again, the last try.

    Attributes:
        entries: its parts; empty at level `outcome`.
        filtered: the kernel said NLM_F_DUMP_FILTERED.
        interrupted: the last try is inconsistent, too.
        line: where it stands in a file, from 1, or 0.
    """

    entries: tuple[SaidMessage, ...] = ()
    filtered: bool = False
    interrupted: bool = False
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the kernel judged a request.

    Attributes:
        status: `unanswered`: an answer was due; `partial`: the end is not in the capture.
        errno: `EINVAL`, or "".
        at: dotted path of the rejected attribute, or "".
        expected: what the kernel's policy wants there, or "".
        missing: path of an attribute that the kernel misses, or "".
        words: what the kernel says; differences in it are notes.
        of: of a batch, which of its requests is meant, from 1; else 0.
        line: where it stands in a file, from 1, or 0.
        number: of the message that says so, or 0.
    """

    status: Status = "ok"
    errno: str = ""
    at: str = ""
    expected: str = ""
    missing: str = ""
    words: str = ""
    of: int = 0
    line: int = field(default=0, compare=False)
    number: int = field(default=0, compare=False)


Part = SaidStep | Dump | Outcome


@dataclass(frozen=True, slots=True)
class Block:
    """A conversation: a request (of a batch several) and what came of it, in the order of the socket.

    Attributes:
        parts: a request first, unless the capture lacks it.
        certain: no other pairing fits the capture; else it is compared as one of several that may have changed places.
        number: of its first message in the capture, or 0.
    """

    parts: tuple[Part, ...]
    certain: bool = True
    number: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Lane:
    """The conversations of one socket, in order. Lanes have no order between them.

    Attributes:
        name: of the program, or "" where it is not known; compared only where both sides know it.
        blocks: the conversations.
        line: where it begins in a file, or 0.
    """

    name: str
    blocks: tuple[Block, ...]
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said in a capture, without what changes from one recording to the next.

    Attributes:
        level: how much is kept of what the kernel says.
        lanes: by socket.
        news: events that no request caused; none unless they are asked for.
        comments: lines for people, which are not compared: the kernel, counts.
        kernel: that it was recorded on, as `Linux 6.1.176`, or "".
    """

    level: Level
    lanes: tuple[Lane, ...]
    news: tuple[SaidMessage, ...] = ()
    comments: tuple[str, ...] = field(default=(), compare=False)
    kernel: str = field(default="", compare=False)
