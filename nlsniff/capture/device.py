"""An nlmon device of our own: made, marked, removed, and those that a killed run left cleared away."""

from __future__ import annotations

import errno
import fcntl
import os
import platform
import re
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nlsniff.capture import namespace, privilege
from nlsniff.capture.rtnetlink import Rtnetlink
from nlsniff.errors import NlsniffError
from nlsniff.wire.constants import ARPHRD_NETLINK

# The alias of a device of ours. The start time tells a pid from the same pid given out again; the pid namespace tells
# whether the pid means anything to the one who reads it (two containers may share one network namespace).
_ALIAS = re.compile(r"nlsniff pid=(\d+) started=(\d+) pidns=(\d+)")

# In a namespace that ends with the recording; the alias has no pid, for nothing can be left over there.
PRIVATE_NAME = "nlsniff0"
_PRIVATE_ALIAS = "nlsniff"

# linux/sockios.h and linux/if.h: a request is the name in 16 bytes and a union that starts behind it.
_SIOCGIFFLAGS = 0x8913
_SIOCGIFHWADDR = 0x8927
_IFF_UP = 1
_IFREQ = struct.Struct("=16s24x")

_WITHOUT = f"; `nlsniff live --groups {privilege.OPEN_GROUPS}` hears without it what changes, but no requests"

_MODULES = Path("/lib/modules")
_LOADED = Path("/sys/module")


@dataclass(frozen=True)
class Device:
    """A capture device of our own: its name and its ifindex; the index is 0 where it is somebody else's."""

    name: str
    index: int = 0


def create(*, private: bool) -> Device:
    """Make an nlmon device, mark it as ours and bring it up.

    Args:
        private: the network namespace was made for this recording, and ends with it. There the device has always the
            same name and alias, so that two recordings are alike; elsewhere both hold the pid of this process.

    Raises:
        NlsniffError: when the kernel has no nlmon or the user may not make a device; says which and what to do.
    """
    with Rtnetlink() as links:
        try:
            name = _add(links, [PRIVATE_NAME] if private else _names())
            index = socket.if_nametoindex(name)
            try:
                links.mark_and_raise(index, _PRIVATE_ALIAS if private else _alias())
            except OSError:
                links.delete(index)
                raise
        except OSError as error:
            raise _refusal(error, private=private) from error
    return Device(name, index)


def check(name: str) -> None:
    """Refuse a device that cannot be used as it is: what is not ours is neither changed nor removed.

    Raises:
        NlsniffError: when there is none of that name, it is no nlmon device, or it is down.
    """
    try:
        hardware, flags = _kind(name)
    except OSError as error:
        raise NlsniffError(f"there is no device {name}: leave out -i, and nlsniff makes its own") from error
    if hardware != ARPHRD_NETLINK:
        raise NlsniffError(f"{name} is no nlmon device: leave out -i, and nlsniff makes its own")
    if not flags & _IFF_UP:
        raise NlsniffError(f"{name} is down: `ip link set {name} up` first")


def devices() -> list[tuple[str, bool]]:
    """The nlmon devices of this network namespace, and whether each is up."""
    found = []
    for _, name in socket.if_nameindex():
        with suppress(OSError):  # it has gone meanwhile
            hardware, flags = _kind(name)
            if hardware == ARPHRD_NETLINK:
                found.append((name, bool(flags & _IFF_UP)))
    return found


def _kind(name: str) -> tuple[int, int]:
    """ARPHRD_* and IFF_* of a device.

    Raises:
        OSError: there is none.
    """
    socket.if_nametoindex(name)
    # Not from /sys, which shows the network namespace in which it was mounted.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        (hardware,) = struct.unpack_from("=H", fcntl.ioctl(sock, _SIOCGIFHWADDR, _IFREQ.pack(name.encode())), 16)
        (flags,) = struct.unpack_from("=H", fcntl.ioctl(sock, _SIOCGIFFLAGS, _IFREQ.pack(name.encode())), 16)
    return hardware, flags


def remove(device: Device) -> None:
    """Remove a device of our own; one that is gone already is no error."""
    with Rtnetlink() as links:
        try:
            links.delete(device.index)
        except OSError as error:
            if error.errno != errno.ENODEV:
                raise NlsniffError(f"cannot remove {device.name}: {error.strerror}") from error


def clear_left_over() -> list[str]:
    """Remove the devices of earlier runs whose process is gone (SIGKILL, a crash); return their names."""
    removed = []
    with Rtnetlink() as links:
        for link in [link for link in links.links() if is_left_over(link.alias)]:
            # Another run may be doing the same.
            with suppress(OSError):
                links.delete(link.index)
                removed.append(link.name)
    return removed


def is_left_over(alias: str) -> bool:
    """Tell whether this alias marks a device of nlsniff whose process is certainly gone."""
    match = _ALIAS.fullmatch(alias)
    if not match:
        return False
    pid, started, namespace = (int(part) for part in match.groups())
    return namespace == _pid_namespace() and _start_time(pid) != started


def state(release: str) -> str:
    """Whether the kernel of this release has nlmon, in words, by what can be seen from here."""
    folder = _MODULES / release
    if (_LOADED / "nlmon").is_dir():
        return "loaded"
    with suppress(OSError):
        if "/nlmon.ko" in (folder / "modules.builtin").read_text():
            return "built in"
    if any(folder.rglob("nlmon.ko*")):
        return "a module that is not loaded"
    return "not among the modules of this kernel" if folder.is_dir() else "not known: no modules of this kernel here"


def _names() -> list[str]:
    """The names to try where others may capture, too.

    Twice the same pid: another pid namespace in this network namespace, or a device without a mark.
    """
    return [f"nlmon{os.getpid()}{suffix}" for suffix in ("", "a", "b", "c")]


def _add(links: Rtnetlink, names: list[str]) -> str:
    """Add a device under the first free one of some names and return the name."""
    for name in names:
        try:
            links.add(name, "nlmon")
        except FileExistsError:
            continue
        return name
    raise NlsniffError(f"{names[0]} and its like are taken: remove them with `ip link del NAME`")


def _refusal(error: OSError, *, private: bool) -> NlsniffError:
    if error.errno in (errno.EPERM, errno.EACCES):
        if private:  # a namespace of our own in which we may nothing
            return namespace.refusal(error.strerror or "refused")
        return privilege.refusal("CAP_NET_ADMIN in this network namespace")
    if error.errno in (errno.EOPNOTSUPP, errno.ENODEV):
        release = platform.release()
        return _no_nlmon(release)
    return NlsniffError(f"cannot make an nlmon device: {error.strerror}")


def _no_nlmon(release: str) -> privilege.NoNlmonError:
    """Say what to do about a kernel that cannot make the device, by what is among its modules."""
    folder = _MODULES / release
    extra = f"linux-modules-extra-{release}"
    if any(folder.rglob("nlmon.ko*")):
        return privilege.NoNlmonError(
            "nlmon is not loaded",
            f"run `sudo modprobe nlmon`; it is a module of this kernel ({release})",
            "sudo modprobe nlmon",
            "nlmon is not loaded (`sudo modprobe nlmon`)",
        )
    if folder.is_dir():
        return privilege.NoNlmonError(
            f"this kernel ({release}) cannot make an nlmon device, and nlmon is not among its modules",
            f"install the further ones, `sudo apt install {extra}` on Ubuntu (kernel-modules on Fedora), or boot a "
            f"kernel built with CONFIG_NLMON{_WITHOUT}",
            "",
            f"this kernel has no nlmon (on Ubuntu it is in {extra})",
        )
    return privilege.NoNlmonError(
        f"this kernel ({release}) cannot make an nlmon device, and its modules are not here",
        f"`sudo modprobe nlmon` on the machine itself (it is in {extra} on Ubuntu, kernel-modules on Fedora), or boot "
        f"a kernel built with CONFIG_NLMON{_WITHOUT}",
        "",
        "this kernel makes no nlmon device (`sudo modprobe nlmon` on the machine itself)",
    )


def _alias() -> str:
    return f"nlsniff pid={os.getpid()} started={_start_time(os.getpid())} pidns={_pid_namespace()}"


def _start_time(pid: int) -> int:
    """Return when a process started, in clock ticks since boot (proc(5), stat field 22), or -1 when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return -1
    # The command name, field 2, may itself hold blanks and parentheses.
    return int(stat.rpartition(")")[2].split()[19])


def _pid_namespace() -> int:
    try:
        return Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return 0
