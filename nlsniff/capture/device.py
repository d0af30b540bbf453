"""An nlmon device of our own: made, marked, removed, and those that a killed run left cleared away.

pyroute2 speaks rtnetlink here. It costs 0.2 s to import, so it is imported where it is used.
"""

from __future__ import annotations

import errno
import os
import platform
import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlsniff.capture import privilege
from nlsniff.errors import NlsniffError
from nlsniff.wire.constants import ARPHRD_NETLINK

if TYPE_CHECKING:
    from collections.abc import Iterator

# The alias of a device of ours. The start time tells a pid from the same pid given out again; the pid namespace tells
# whether the pid means anything to the one who reads it (two containers may share one network namespace).
_ALIAS = re.compile(r"nlsniff pid=(\d+) started=(\d+) pidns=(\d+)")


@dataclass(frozen=True)
class Device:
    """A capture device: its name, its ifindex, and whether nlsniff made it and so removes it."""

    name: str
    index: int
    own: bool


def create() -> Device:
    """Make an nlmon device, mark it as this process's and bring it up.

    Raises:
        NlsniffError: when the kernel has no nlmon or the user may not make a device; says which and what to do.
    """
    with _rtnetlink() as (ip, failure):
        name, index = _add(ip, failure)
        try:
            ip.link("set", index=index, ifalias=_alias())
            ip.link("set", index=index, state="up")
        except failure as error:
            ip.link("del", index=index)
            raise _refusal(error) from error
    return Device(name, index, own=True)


def use(name: str) -> Device:
    """Take an existing nlmon device, as it is: it must be up, and it is neither changed nor removed.

    Raises:
        NlsniffError: when there is none of that name, it is no nlmon device, or it is down.
    """
    sysfs = Path("/sys/class/net") / name
    try:
        index = int((sysfs / "ifindex").read_text())
        hardware = int((sysfs / "type").read_text())
        flags = int((sysfs / "flags").read_text(), 16)
    except (OSError, ValueError) as error:
        raise NlsniffError(f"there is no device {name}: leave out -i, and nlsniff makes its own") from error
    if hardware != ARPHRD_NETLINK:
        raise NlsniffError(f"{name} is no nlmon device: leave out -i, and nlsniff makes its own")
    if not flags & 1:
        raise NlsniffError(f"{name} is down: `ip link set {name} up` first")
    return Device(name, index, own=False)


def remove(device: Device) -> None:
    """Remove a device of our own; one that was there before, or is gone already, is left alone."""
    if not device.own:
        return
    with _rtnetlink() as (ip, failure):
        try:
            ip.link("del", index=device.index)
        except failure as error:
            if error.code != errno.ENODEV:
                raise NlsniffError(f"cannot remove {device.name}: {os.strerror(error.code)}") from error


def clear_left_over() -> list[str]:
    """Remove the devices of earlier runs whose process is gone (SIGKILL, a crash); return their names."""
    with _rtnetlink() as (ip, failure):
        dead = [
            (link["index"], link.get_attr("IFLA_IFNAME"))
            for link in ip.get_links()
            if is_left_over(link.get_attr("IFLA_IFALIAS") or "")
        ]
        removed = []
        for index, name in dead:
            try:
                ip.link("del", index=index)
            except failure:
                continue
            removed.append(name)
    return removed


def is_left_over(alias: str) -> bool:
    """Tell whether this alias marks a device of nlsniff whose process is certainly gone."""
    match = _ALIAS.fullmatch(alias)
    if not match:
        return False
    pid, started, namespace = (int(part) for part in match.groups())
    return namespace == _pid_namespace() and _start_time(pid) != started


def _add(ip: Any, failure: type[Any]) -> tuple[str, int]:
    """Add a device under a free name; return name and ifindex."""
    # Twice the same pid: another pid namespace in this network namespace, or a device without a mark.
    for suffix in ("", "a", "b", "c"):
        name = f"nlmon{os.getpid()}{suffix}"
        try:
            ip.link("add", ifname=name, kind="nlmon")
        except failure as error:
            if error.code == errno.EEXIST:
                continue
            raise _refusal(error) from error
        return name, ip.link_lookup(ifname=name)[0]
    raise NlsniffError(f"nlmon{os.getpid()} and its like are taken: remove them with `ip link del NAME`")


def _refusal(error: Any) -> NlsniffError:
    if error.code in (errno.EPERM, errno.EACCES):
        return privilege.refusal("CAP_NET_ADMIN in this network namespace")
    if error.code in (errno.EOPNOTSUPP, errno.ENODEV):
        release = platform.release()
        return NlsniffError(
            f"this kernel ({release}) cannot make an nlmon device: `sudo modprobe nlmon` loads the module; where there "
            f"is none, install the kernel's further modules (linux-modules-extra-{release} on Ubuntu, kernel-modules "
            "on Fedora) or boot a kernel built with CONFIG_NLMON",
        )
    return NlsniffError(f"cannot make an nlmon device: {os.strerror(error.code)}")


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


@contextmanager
def _rtnetlink() -> Iterator[tuple[Any, type[Any]]]:
    """Give a pyroute2 socket and the exception that it raises for an NLMSG_ERROR (its `code` is the errno)."""
    from pyroute2 import IPRoute, NetlinkError  # noqa: PLC0415 - 0.2 s, only when a device is wanted

    with IPRoute() as ip:
        yield ip, NetlinkError
