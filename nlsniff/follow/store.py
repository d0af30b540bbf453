"""Stores every conversation in 64 bytes, and 8 bytes for each message.

A conversation is a record of fixed size in a block of bytes. Its messages are a chain through an array with one entry
for each message. So a capture of a million messages takes tens of megabytes, and no objects.
"""

from __future__ import annotations

import struct
from array import array
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.follow.pending import Notification, PendingRequest


# Bits of a record beside its kind and status.
HAS_REQUEST = 0x040  # the first message is the request
UNCERTAIN = 0x080
ANSWERED = 0x100  # `latency` means something
FILTERED = 0x200  # NLM_F_DUMP_FILTERED was seen
INTERRUPTED = 0x400  # NLM_F_DUMP_INTR or NLMSG_OVERRUN was seen
OVERFLOW = 0x800  # bytes and latency are in `Store.large`, for they do not fit into 32 bits

_RECORD = struct.Struct("<HHHHIIIIIIIIqqII")
_KEPT = struct.Struct("<HHHHIIIIIIIIqq")  # without the links to effects, which are last
_SHORT = struct.Struct("<H")
_ERRNO_AT = 6
_LINK = struct.Struct("<I")
_FIRST_EFFECT, _NEXT_EFFECT = 56, 60
# Records stand in blocks of 4096: one bytearray that grows would take up to an eighth more than it holds.
_BLOCK_SHORT = 12
_IN_BLOCK = (1 << _BLOCK_SHORT) - 1
_LIMIT = 1 << 32
_NO_SOCKET = (1 << 64) - 1  # no kernel numbers them so
_ODD_ERROR = 0xFFFF  # an error that 2 bytes do not hold: a program sent it, or as a positive number


class StoredConversation(NamedTuple):
    """One conversation as it is stored; numbers of messages and conversations count from 1, 0 is none.

    `bits` holds kind (bits 0-2), status (bits 3-5) and the flags above. `latency`, from start to the first answer, and
    `duration` are nanoseconds. `size` counts its messages, `type` is the nlmsg_type of the first, `errno` is as
    `nlsniff.wire.errnos` has it.
    """

    bits: int
    protocol: int
    type: int
    errno: int
    first: int
    size: int
    port: int
    seq: int
    cause: int
    parts: int
    bytes: int
    latency: int
    start: int
    duration: int
    first_effect: int
    next_effect: int


class Store:
    """Records by conversation id, and the chains of their messages."""

    def __init__(self) -> None:
        self._blocks: list[bytearray] = []
        self._count = 0
        self._next = array("I", [0])
        self._lasts = array("I")  # by conversation, see `last`
        self.owners = array("I", [0])  # by message number: the id of its conversation
        self._sockets = array("Q", [0])  # by conversation, as far as sockets are known: one more than the asker's
        self.large: dict[int, tuple[int, int]] = {}
        self._odd_errors: dict[int, int] = {}
        self._last_effect: dict[int, int] = {}

    def __len__(self) -> int:
        return self._count

    def open(self, number: int) -> int:
        """Add a conversation that begins with a message; returns its id."""
        if not self._count & _IN_BLOCK:
            self._blocks.append(bytearray(_RECORD.size << _BLOCK_SHORT))
        self._count += 1
        self.chain(number, self._count, 0)
        return self._count

    def note_socket(self, number: int, socket: int) -> None:
        """Note the socket of the asker of a new conversation."""
        if has_number(socket):
            self._sockets.frombytes(bytes(8 * (number - len(self._sockets))))
            self._sockets.append(socket + 1)

    def socket(self, number: int) -> int | None:
        """The socket of the asker of a conversation, where the file says it."""
        found = self._sockets[number] if number < len(self._sockets) else 0
        return found - 1 if found else None

    def begin(self, pending: PendingRequest) -> None:
        """Take note of a new conversation that asks, or has answers."""

    def keep(self, conversation: Notification) -> None:
        """Store a conversation as it is now; its links to effects stay."""
        block, at = self._place(conversation.id)
        record = conversation.record()
        if record.bytes >= _LIMIT or record.latency >= _LIMIT:
            self.large[conversation.id] = (record.bytes, record.latency)
            record = record._replace(bits=record.bits | OVERFLOW, bytes=0, latency=0)
        if not 0 <= record.errno < _ODD_ERROR:
            self._odd_errors[conversation.id] = record.errno
            record = record._replace(errno=_ODD_ERROR)
        _KEPT.pack_into(block, at, *record[:14])

    def keep_event(self, notification: Notification) -> None:
        """Store an event, and link its cause to it."""
        if notification.cause:
            self.add_effect(notification.cause, notification.id)
        self.keep(notification)

    def release(self, conversation: Notification) -> None:
        """Store a conversation that no more messages will join, and forget its last effect."""
        self.keep(conversation)
        self._last_effect.pop(conversation.id, None)

    def pass_by(self, notification: Notification) -> None:
        """Take note of an event or datagram of which no more copies will come."""

    def get(self, number: int) -> StoredConversation:
        """A conversation by its id."""
        record = StoredConversation(*_RECORD.unpack_from(*self._place(number)))
        if record.bits & OVERFLOW:
            size, latency = self.large[number]
            record = record._replace(bytes=size, latency=latency)
        if record.errno == _ODD_ERROR:
            record = record._replace(errno=self._odd_errors[number])
        return record

    def errno(self, number: int) -> int:
        """The error of a conversation, 0 for none; a number of no meaning where it is odd, see `get`."""
        block, at = self._place(number)
        found: int = _SHORT.unpack_from(block, at + _ERRNO_AT)[0]
        return found

    def make_certain(self, number: int) -> None:
        """Clear UNCERTAIN of a stored conversation."""
        block, at = self._place(number)
        _SHORT.pack_into(block, at, _SHORT.unpack_from(block, at)[0] & ~UNCERTAIN)

    def join(self, conversation: Notification, message: NetlinkMessage) -> int:
        """Add a message to a conversation; returns the id."""
        number = message.number
        self.chain(number, conversation.id, conversation.last)
        conversation.last = number
        conversation.count += 1
        conversation.bytes += message.end - message.start
        conversation.end = message.time_ns
        return conversation.id

    def chain(self, number: int, conversation: int, last: int) -> None:
        """Link a message to the last one (0: none) of its conversation. Messages come in the order of numbers."""
        if number != len(self.owners):  # numbers that were never fed
            gap = [0] * (number - len(self.owners))
            self.owners.extend(gap)
            self._next.extend(gap)
        self.owners.append(conversation)
        self._next.append(0)
        if last:
            self._next[last] = number

    def chain_all(self, messages: Sequence[NetlinkMessage], conversation: int, last: int) -> None:
        """As `chain` for each; most runs have no gap between their numbers."""
        first, count = messages[0].number, len(messages)
        if messages[-1].number - first != count - 1:
            for message in messages:
                self.chain(message.number, conversation, last)
                last = message.number
            return
        self.chain(first, conversation, last)
        self.owners.extend([conversation] * (count - 1))
        self._next[first:] = array("I", [*range(first + 1, first + count), 0])

    def owner(self, message: int) -> int:
        """The id of the conversation that a message belongs to."""
        return self.owners[message]

    def messages(self, first: int) -> array[int]:
        """The numbers of a conversation's messages, from its first on."""
        found = array("I")
        following = self._next
        while first:
            found.append(first)
            first = following[first]
        return found

    def last(self, number: int, first: int) -> int:
        """A conversation's last message. The search begins at the last one of the previous call.

        Each message of a conversation may lead to a call. The first call makes an array of 4 bytes a conversation.
        """
        if number >= len(self._lasts):
            self._lasts.extend([0] * (self._count + 1 - len(self._lasts)))
        last, following = self._lasts[number] or first, self._next
        while following[last]:
            last = following[last]
        self._lasts[number] = last
        return last

    def add_effect(self, cause: int, effect: int) -> None:
        """Link a conversation to one that it caused."""
        last = self._last_effect.get(cause)
        owner, place = (cause, _FIRST_EFFECT) if last is None else (last, _NEXT_EFFECT)
        block, at = self._place(owner)
        _LINK.pack_into(block, at + place, effect)
        self._last_effect[cause] = effect

    def effects(self, cause: int) -> list[int]:
        """The ids of the conversations that one caused, in order."""
        found = []
        effect = self._link(cause, _FIRST_EFFECT)
        while effect:
            found.append(effect)
            effect = self._link(effect, _NEXT_EFFECT)
        return found

    def _link(self, number: int, which: int) -> int:
        block, at = self._place(number)
        link: int = _LINK.unpack_from(block, at + which)[0]
        return link

    def _place(self, number: int) -> tuple[bytearray, int]:
        """The block that holds a record, and where in it."""
        row = number - 1
        return self._blocks[row >> _BLOCK_SHORT], (row & _IN_BLOCK) * _RECORD.size


def has_number(socket: int) -> bool:
    """Whether a kernel may number a socket so."""
    return socket < _NO_SOCKET
