"""A conversation as Python programs see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.api.capture import Capture
    from nlsniff.api.message import Message
    from nlsniff.follow.conversation import ConversationView as Followed
    from nlsniff.follow.extack import Extack
    from nlsniff.follow.kinds import Kind, Status


class Conversation:
    """What was asked, what came back and how it ended, as of the moment when it was asked for.

    Attributes have the names and values of `nlsniff follow --json` (docs/json.md), but for what is an object here and
    no number: `request`, `messages`, `cause`, `effects`, `extack`.
    """

    __slots__ = ("_capture", "_inner")

    def __init__(self, inner: Followed, capture: Capture) -> None:
        self._inner = inner
        self._capture = capture

    def __repr__(self) -> str:
        words = [f"<Conversation {self.id}", self.kind, self.protocol, self.status]
        if not self._capture.closed:  # what else there is to say is in its messages
            request = self.request
            words[2] = request.type if request is not None else self.protocol
            words += filter(None, [self.errno])
        return " ".join(words) + ">"

    def __eq__(self, other: object) -> bool:
        """Whether both are the same conversation of the same capture."""
        if not isinstance(other, Conversation):
            return NotImplemented
        return self._capture is other._capture and self.id == other.id

    def __hash__(self) -> int:
        return hash((id(self._capture), self.id))

    def __len__(self) -> int:
        """How many messages it has."""
        return self._inner.count

    def __iter__(self) -> Iterator[Message]:
        """Its messages in order."""
        return map(self._capture.__getitem__, self._inner.messages)

    @property
    def id(self) -> int:
        """Counts from 1 through the whole capture, in the order of the first messages."""
        return self._inner.id

    @property
    def kind(self) -> Kind:
        """`request`, `dump`, `batch`, `event` or `datagram`."""
        return self._inner.kind

    @property
    def protocol(self) -> str:
        """`route`, `xfrm`, `generic`, ... or `protocol-N`."""
        return self._inner.protocol

    @property
    def family(self) -> str | None:
        """Name of the generic netlink family, where the capture taught it; None on other protocols."""
        return self._inner.family

    @property
    def request(self) -> Message | None:
        """What was asked (of a batch its begin); None where there is none, or not in the capture."""
        number = self._inner.request
        return None if number is None else self._capture[number]

    @property
    def messages(self) -> list[Message]:
        """All of its messages, in order."""
        return list(self)

    @property
    def status(self) -> Status:
        """`ok`, `error`, `interrupted`, `unanswered` or `partial`."""
        return self._inner.status

    @property
    def errno(self) -> str | None:
        """Name of the error (`EINVAL`), or None. Of a batch the first one."""
        return self._read.errno

    @property
    def meaning(self) -> str | None:
        """What its error means, in nlsniff's own words, where the kernel gave none; else None."""
        return self._read.meaning

    @property
    def refused(self) -> list[Message]:
        """Of a batch the requests that were answered with an error, in order."""
        return [self._capture[number] for number in self._read.refused]

    @property
    def extack(self) -> Extack | None:
        """What the kernel said beside its answer."""
        return self._read.extack

    @property
    def parts(self) -> int:
        """Answers with data; of a batch the requests inside it."""
        return self._inner.parts

    @property
    def frames(self) -> int | None:
        """In how many frames its messages are."""
        return self._inner.frames

    @property
    def bytes(self) -> int:
        """Of all its messages, from nlmsghdr to their end."""
        return self._inner.bytes

    @property
    def start(self) -> float:
        """Time of its first message, in seconds since 1970."""
        return self._inner.start / 10**9

    @property
    def start_ns(self) -> int:
        """The same in nanoseconds, exact."""
        return self._inner.start

    @property
    def latency(self) -> float | None:
        """Seconds from the request to the first answer; None without one."""
        nanoseconds = self._inner.latency_ns
        return None if nanoseconds is None else nanoseconds / 1e9

    @property
    def duration(self) -> float:
        """Seconds from the first message to the last."""
        return self._inner.duration_ns / 1e9

    @property
    def certain(self) -> bool:
        """False where more than one pairing fits what the capture holds, so that this one is a guess."""
        return self._inner.certain

    @property
    def process(self) -> str | None:
        """Who asked, as `ip[412]`, where the capture says so."""
        return self._inner.process

    @property
    def received_by(self) -> list[str]:
        """Which programs received an event, or an answer that `process` did not receive; as far as the file says."""
        return self._inner.received_by

    @property
    def socket(self) -> int | None:
        """The asking socket, a number that no other of the capture has; None where the file does not say it."""
        return self._inner.socket

    @property
    def port(self) -> int:
        """Port id of the asking socket; 0 where no message says it."""
        return self._inner.port

    @property
    def seq(self) -> int:
        """Sequence number; of a batch that of its begin."""
        return self._inner.seq

    @property
    def cause(self) -> Conversation | None:
        """The conversation whose request caused this event."""
        return None if self._inner.cause is None else self._capture.conversation(self._inner.cause)

    @property
    def effects(self) -> list[Conversation]:
        """The events that its request caused, in order."""
        return [self._capture.conversation(number) for number in self._inner.effects]

    @property
    def copies(self) -> int:
        """How often the same was recorded: once for each listening socket."""
        return self._inner.copies

    @property
    def interrupted(self) -> bool:
        """The kernel said that a dump's parts may not fit together, or that messages were lost."""
        return self._inner.interrupted

    @property
    def filtered(self) -> bool:
        """The kernel said that it filtered the dump as asked."""
        return self._inner.filtered

    def to_dict(self) -> dict[str, Any]:
        """The object that `nlsniff follow --json` prints; see docs/json.md."""
        return self._read.to_json()

    @property
    def _read(self) -> Followed:
        """For what has to look into messages of an open file."""
        self._capture._refuse_closed()
        return self._inner
