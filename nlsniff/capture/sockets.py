"""Which process holds a netlink socket, as /proc says it.

/proc/net/netlink lists the sockets of one network namespace with protocol, port id and inode; /proc/PID/fd says which
inodes a process holds. Both are plain reads: the other way, NETLINK_SOCK_DIAG, would itself pass the nlmon device and
put our questions into the capture.
"""

from __future__ import annotations

import os

from nlsniff.capture.naming import PortKey

# What follows is called many times a second, and a Path costs as much as what is asked for.
# ruff: noqa: PTH115, PTH116, PTH208

_CHUNK = 1 << 16
_SOCKET = "socket:["


class SocketTable:
    """The netlink sockets of the network namespace in which this was made, wherever the process goes later."""

    def __init__(self) -> None:
        self._file = os.open("/proc/thread-self/net/netlink", os.O_RDONLY | os.O_CLOEXEC)

    def inodes(self) -> dict[PortKey, int]:
        """Return the inode of each socket that has a port id."""
        text = b""
        while part := os.pread(self._file, _CHUNK, len(text)):
            text += part
        found = {}
        for line in text.splitlines()[1:]:
            words = line.split()
            # sk, protocol, port id, groups, rmem, wmem, dump, references, drops, inode; port id 0 is the kernel's.
            if len(words) >= 10 and words[2] != b"0":
                found[PortKey(int(words[1]), int(words[2]))] = int(words[9])
        return found


def namespaces(pid: int | str = "self") -> tuple[int, int] | None:
    """Return the namespaces that decide what a port id and a pid of a process mean.

    None when it is gone or not ours to look into.
    """
    try:
        return os.stat(f"/proc/{pid}/ns/net").st_ino, os.stat(f"/proc/{pid}/ns/pid").st_ino
    except OSError:
        return None


def command(pid: int) -> str:
    """Return a process's name as the kernel keeps it (15 bytes of it), or "" when there is no such process."""
    try:
        number = os.open(f"/proc/{pid}/comm", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        text = os.read(number, 256).decode(errors="replace").removesuffix("\n")
    except OSError:
        return ""
    finally:
        os.close(number)
    # A process may call itself anything, a line feed included.
    return "".join(character if character.isprintable() else "?" for character in text) or "?"


def held(pid: int) -> set[int]:
    """Return the inodes of a process's sockets; none when it is gone, or not ours to look into."""
    folder = f"/proc/{pid}/fd"
    found = set()
    try:
        for name in os.listdir(folder):
            try:
                target = os.readlink(f"{folder}/{name}")
            except FileNotFoundError:
                continue  # closed meanwhile
            if target.startswith(_SOCKET):
                found.add(int(target[len(_SOCKET) : -1]))
    except OSError:
        pass
    return found


def processes() -> list[int]:
    """Return the pids of all processes."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]
