"""A second, small ear on the capture device, for port ids alone: the namer hears of a socket while its process lives.

The ring gives a frame up to 40 ms after the kernel saw it, and an `ip` has ended by then. This socket wakes its reader
at once, but is given 16 bytes of a frame and only those frames whose port id it does not know, and requests that say
none: the kernel runs the filter (the classic one of linux/filter.h, which needs no privilege).
"""

from __future__ import annotations

import ctypes
import socket
import struct
from typing import TYPE_CHECKING, Final

from nlsniff.capture.naming import PortKey
from nlsniff.wire.constants import NLM_F_REQUEST
from nlsniff.wire.nlmsg import HEADER, HEADER_SIZE
from nlsniff.wire.order import NATIVE

if TYPE_CHECKING:
    from collections.abc import Iterable

_SO_ATTACH_FILTER: Final = 26
_ETH_P_ALL: Final = 3
# Code, jump if true, jump if false, operand.
_INSTRUCTION: Final = struct.Struct("=HBBI")
_LOAD, _LOAD_HALF, _MULTIPLY, _TO_X, _XOR_X = 0x20, 0x28, 0x24, 0x07, 0xAC
_IF_EQUAL, _IF_BITS, _RETURN = 0x15, 0x45, 0x06
_FLAGS_AT, _PORT_AT = 6, 12
# As the filter loads it, which is as the network orders numbers.
_REQUEST: Final = int.from_bytes(struct.pack("=H", NLM_F_REQUEST), "big")
_PROTOCOL_AT: Final = 0xFFFFF000  # not in the frame: the kernel's note of its protocol
# Protocol and port in 32 bits, so that a known socket costs two instructions. Two that share a value cost a question
# of the reader's, no more.
_SPREAD: Final = 0x9E3779B1


def open_tap(device: str) -> socket.socket:
    """Open the socket on an nlmon device; it never blocks.

    Raises:
        PermissionError: without CAP_NET_RAW.
    """
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    try:
        hide(sock, ())
        sock.setblocking(False)
        sock.bind((device, _ETH_P_ALL))
    except BaseException:
        sock.close()
        raise
    return sock


def hide(sock: socket.socket, keys: Iterable[PortKey], *, requests: bool = False) -> None:
    """Let the kernel pass over the frames of these sockets, and over requests that say no port id if so told."""
    program = [
        (_LOAD, 0, 0, _PORT_AT),
        (_IF_EQUAL, 0, 4, 0),
        (_LOAD_HALF, 0, 0, _FLAGS_AT),
        (_IF_BITS, 0, 1, _REQUEST),
        (_RETURN, 0, 0, 0 if requests else HEADER_SIZE),
        (_RETURN, 0, 0, 0),
        (_LOAD, 0, 0, _PROTOCOL_AT),
        (_MULTIPLY, 0, 0, _SPREAD),
        (_TO_X, 0, 0, 0),
        (_LOAD, 0, 0, _PORT_AT),
        (_XOR_X, 0, 0, 0),
    ]
    for key in keys:
        program += [(_IF_EQUAL, 0, 1, _mixed(key)), (_RETURN, 0, 0, 0)]
    _attach(sock, [*program, (_RETURN, 0, 0, HEADER_SIZE)])


def deafen(sock: socket.socket) -> None:
    """Let the kernel pass over everything from now on; what came before can still be read."""
    _attach(sock, [(_RETURN, 0, 0, 0)])


def _attach(sock: socket.socket, program: list[tuple[int, int, int, int]]) -> None:
    code = ctypes.create_string_buffer(b"".join(_INSTRUCTION.pack(*line) for line in program))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", len(program), ctypes.addressof(code)))


def receive(sock: socket.socket) -> PortKey | None:
    """Take the next frame's protocol and port id (0: a request that hides it), or None when there is none just now.

    Raises:
        OSError: the device went away.
    """
    try:
        data, (_, protocol, *_) = sock.recvfrom(HEADER_SIZE)
    except BlockingIOError:
        return None
    return PortKey(protocol, HEADER[NATIVE].unpack_from(data)[4] if len(data) == HEADER_SIZE else 0)


def _mixed(key: PortKey) -> int:
    """Compute what the program computes; it loads numbers as the network orders them."""
    port = int.from_bytes(struct.pack("=I", key.port), "big")
    return port ^ (key.protocol * _SPREAD & 0xFFFFFFFF)
