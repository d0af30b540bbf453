"""Generic netlink for scenes whose family no tool speaks: requests by number, and what came of each.

Layouts from linux/netlink.h and linux/genetlink.h.
"""

from __future__ import annotations

import os
import socket
import struct

REQUEST, ACK, DUMP = 1, 4, 0x300
_NETLINK_GENERIC, _SOL_NETLINK, _ADD_MEMBERSHIP, _EXT_ACK = 16, 270, 1, 11
_ERROR, _DONE = 2, 3
_NESTED = 0x8000


def attribute(kind: int, payload: bytes) -> bytes:
    """One attribute with its padding."""
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def nest(kind: int, *attributes: bytes) -> bytes:
    """An attribute of attributes."""
    return attribute(kind | _NESTED, b"".join(attributes))


def u32(kind: int, value: int) -> bytes:
    """An attribute with a number of 4 bytes."""
    return attribute(kind, struct.pack("=I", value))


def attributes(data: bytes) -> list[tuple[int, bytes]]:
    """Take attributes apart: type and payload of each."""
    found = []
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        found.append((kind & 0x3FFF, data[4:length]))
        data = data[(length + 3) & ~3 :]
    return found


class Family:
    """One socket and one family; it joins all multicast groups of the family when `listen` is set."""

    def __init__(self, name: str, *, listen: bool = False) -> None:
        """Ask the controller (family 16, command 3) for the number."""
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_GENERIC)
        self.sock.bind((0, 0))
        self.sock.setsockopt(_SOL_NETLINK, _EXT_ACK, 1)
        self.sock.settimeout(5)
        self._sequence = 0
        self._kind = 16
        answers, error = self._ask(3, attribute(2, name.encode() + b"\0"), ACK)
        if error:
            raise OSError(error, f"{name}: {os.strerror(error)}")
        told = dict(attributes(answers[0]))
        self._kind = struct.unpack("=H", told[1])[0]
        for _, group in attributes(told.get(7, b"")) if listen else ():
            self.sock.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, struct.unpack("=I", dict(attributes(group))[2])[0])

    def ask(self, name: str, command: int, *what: bytes, flags: int = ACK) -> list[dict[int, bytes]]:
        """Send one request, print what came of it, and return the attributes of the answers."""
        answers, error = self._ask(command, b"".join(what), flags)
        print(f"{name}: {os.strerror(error) if error else 'ok'}, {len(answers)} answers")
        return [dict(attributes(answer)) for answer in answers]

    def _ask(self, command: int, body: bytes, flags: int) -> tuple[list[bytes], int]:
        self._sequence += 1
        head = struct.pack("=IHHII", 20 + len(body), self._kind, REQUEST | flags, self._sequence, 0)
        self.sock.send(head + struct.pack("=BBxx", command, 1) + body)
        answers: list[bytes] = []
        while True:
            data = self.sock.recv(65536)
            while data:
                length, kind, _, sequence, _ = struct.unpack_from("=IHHII", data)
                if sequence == self._sequence:
                    if kind in {_ERROR, _DONE}:
                        return answers, -struct.unpack_from("=i", data, 16)[0]
                    answers.append(data[20:length])
                data = data[(length + 3) & ~3 :]
