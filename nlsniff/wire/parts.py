"""Datagrams too long for one record of a capture file: written as several frames, cut between messages.

libpcap and Wireshark refuse a record above 262,144 bytes, and a set of 16,000 nft elements is sent in a datagram that
is longer. Each of its frames has the cooked header and whole messages, and follows the one before at once, with the
same time; a comment says which it is, see `nlsniff.wire.comments`. pcap has no comments: there the frames stand side by
side without a word.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from nlsniff.wire.nlmsg import walk_messages
from nlsniff.wire.order import NATIVE

_COOKED: Final = 16


def divide(data: bytes, most: int) -> list[bytes]:
    """Cut a frame between its messages into frames of at most `most` bytes, if that can be.

    Args:
        data: cooked header of LINKTYPE_NETLINK and datagram, in the byte order of this machine.
        most: bytes of a frame, which has room for both headers.

    Returns:
        Frames that hold the messages in order. One that is longer than `most` holds a single message, or no message.
    """
    head, found, begin = data[:_COOKED], [], _COOKED
    starts = [span.start for span in walk_messages(data, _COOKED, NATIVE, int.from_bytes(data[14:16]))]
    for at, following in pairwise([*starts, len(data)]):
        if following - begin + _COOKED > most and at > begin:
            found.append(head + data[begin:at])
            begin = at
    return [*found, head + data[begin:]]
