"""A datagram that a text tells: a strace log, or hex."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlsniff.wire.delivery import Delivery


@dataclass(slots=True)
class Told:
    """A datagram that a text tells.

    Attributes:
        time_ns: nanoseconds since 1970, or since whatever the text counts from.
        protocol: netlink protocol number; UNKNOWN_PROTOCOL where the text does not say.
        data: its bytes, without a cooked header.
        length: bytes of the whole datagram; more than `len(data)` where the text has only the first of them.
        delivery: how it was delivered, as far as the text says.
        comment: what else there is to say of it, a line for each fact; or "".
        began_ns, ended_ns: the system call that passed it took place between these, as `time_ns`; 0 where none did.
    """

    time_ns: int
    protocol: int
    data: bytes
    length: int
    delivery: Delivery | None = None
    comment: str = ""
    began_ns: int = 0
    ended_ns: int = 0
