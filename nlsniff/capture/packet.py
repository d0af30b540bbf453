"""A packet socket with a receive ring (TPACKET_V3), and how to read frames out of it.

Numbers and layouts are those of linux/if_packet.h. The kernel fills blocks of 4 MiB, which is how long a frame may be;
a block is ours once its status says so, either full or after RETIRE_MS, and goes back to the kernel when we clear that.
A socket with a Python timeout would cost a poll per call, so there is none: the reader polls, and only when no block is
ready.
"""

from __future__ import annotations

import mmap
import os
import socket
import struct
from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.wire.cooked import cooked_header

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack

# A set of 100,000 nft elements is a datagram of 1.6 MB; the kernel cuts what does not fit into a block.
BLOCK_SIZE = 4 << 20
# At least 1.3 s of few messages (each block comes out when RETIRE_MS are over), and 3.2 s of 150,000 of 200 bytes a
# second: what a busy disk or screen may cost before a drop. But no more than that part of the memory.
BLOCK_COUNT = 32
_SHARE = 6
RETIRE_MS = 40

_SOL_PACKET = 263
_PACKET_RX_RING = 5
_PACKET_STATISTICS = 6
_PACKET_VERSION = 10
_TPACKET_V3 = 2
_ETH_P_ALL = 3
_TP_STATUS_USER = 1

_REQUEST = struct.Struct("=7I")
_BLOCK = struct.Struct("=8x4I")  # after version and private offset: status, packets, first packet, length
_STATUS = struct.Struct("=I")
_STATUS_AT = 8
_STATISTICS = struct.Struct("=3I")
# tpacket3_hdr (48 bytes) and the sockaddr_ll behind it: next, sec, nsec, captured, length, mac offset, protocol, type.
_FRAME = struct.Struct("=5I4xH22x2x2s6xB")


# A frame as the kernel gave it: nanoseconds since the epoch, cooked header and datagram, length on the wire. A plain
# tuple, for 150,000 of them may come in a second.
RawFrame = tuple[int, bytes, int]


def open_socket(device: str, undo: ExitStack) -> tuple[socket.socket, int]:
    """Open a packet socket with a ring on a device; frames gather in the ring from this call on.

    Returns:
        The socket, which `undo` closes, and how many blocks the ring has.

    Raises:
        PermissionError: without CAP_NET_RAW.
        NlsniffError: when the kernel cannot give a ring.
    """
    # With protocol 0 nothing is received before bind, so no frame of another device gets in.
    sock = undo.enter_context(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
    sock.setsockopt(_SOL_PACKET, _PACKET_VERSION, struct.pack("=I", _TPACKET_V3))
    count = _set_ring(sock)
    # nlmon transmits what it sees, and only a socket for all protocols is shown what is transmitted.
    sock.bind((device, _ETH_P_ALL))
    return sock, count


def _set_ring(sock: socket.socket) -> int:
    """Ask for a ring of as many blocks as may be; returns how many it got."""
    count = BLOCK_COUNT
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    while count > 1 and count * BLOCK_SIZE > memory // _SHARE:
        count //= 2
    while True:
        request = _REQUEST.pack(BLOCK_SIZE, count, BLOCK_SIZE, count, RETIRE_MS, 0, 0)
        try:
            sock.setsockopt(_SOL_PACKET, _PACKET_RX_RING, request)
        except OSError as error:
            # A small machine: fewer blocks mean drops under a heavier load, not none of the traffic.
            if count == 1:
                raise NlsniffError(f"the kernel cannot give a capture ring of 4 MiB: {error.strerror}") from error
            count //= 2
        else:
            return count


class Ring:
    """The mapped blocks of a socket of `open_socket`, read in the order in which the kernel fills them.

    Attributes:
        count: how many there are.
        received: frames that the kernel had for the socket as of the last `update`, those that it dropped included.
        dropped: frames that it dropped.
    """

    def __init__(self, sock: socket.socket, count: int) -> None:
        self._sock = sock
        self.count = count
        self.received = self.dropped = 0
        self._next = 0
        self._cooked: dict[tuple[int, bytes], bytes] = {}

    def open(self) -> None:
        """Map the blocks, in the process that reads them."""
        size = self.count * BLOCK_SIZE
        self._map = mmap.mmap(self._sock.fileno(), size, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        self._view = memoryview(self._map)

    def update(self) -> None:
        """Ask the kernel for what came since the last call, for which it counts anew."""
        packets, drops, _freezes = _STATISTICS.unpack(
            self._sock.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, _STATISTICS.size),
        )
        self.received += packets  # those that were dropped included, as in libpcap
        self.dropped += drops

    def ready(self) -> bool:
        """Tell whether the next block is ours to read."""
        return bool(_STATUS.unpack_from(self._map, self._next * BLOCK_SIZE + _STATUS_AT)[0] & _TP_STATUS_USER)

    def behind(self) -> bool:
        """Tell whether more waits behind the block that is being read: the kernel fills faster than we read."""
        following = (self._next + 1) % self.count
        return bool(_STATUS.unpack_from(self._map, following * BLOCK_SIZE + _STATUS_AT)[0] & _TP_STATUS_USER)

    def frames(self) -> Iterator[RawFrame]:
        """Give every frame of the next block, which must be ready, and return the block to the kernel after the last.

        The frames are copies, and each begins with the 16 bytes that LINKTYPE_NETLINK wants and that the kernel does
        not give: packet type, ARPHRD_NETLINK, address length, address, protocol.
        """
        base = self._next * BLOCK_SIZE
        view, unpack, cooked = self._view, _FRAME.unpack_from, self._cooked
        _status, packets, first, _length = _BLOCK.unpack_from(view, base)
        at = base + first
        for _ in range(packets):
            following, seconds, nanoseconds, captured, length, mac, protocol, packet_type = unpack(view, at)
            start = at + mac
            header = cooked.get((packet_type, protocol))
            if header is None:
                header = cooked[packet_type, protocol] = cooked_header(int.from_bytes(protocol), packet_type)
            yield (
                seconds * 1_000_000_000 + nanoseconds,
                header + view[start : start + captured],
                length + 16,
            )
            at += following
        _STATUS.pack_into(self._map, base + _STATUS_AT, 0)
        self._next = (self._next + 1) % self.count
