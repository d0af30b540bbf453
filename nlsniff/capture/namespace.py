"""Network namespaces: enter a new one without any privilege, or an existing one by name."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import socket
import struct
from pathlib import Path

from nlsniff.capture import privilege
from nlsniff.errors import NlsniffError

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_CAP_SYS_ADMIN = 21
# linux/sockios.h and linux/if.h: a request is the name in 16 bytes and a union that starts behind it.
_SIOCGIFFLAGS, _SIOCSIFFLAGS = 0x8913, 0x8914
_IFREQ = struct.Struct("=16s24x")
_NAMED = Path("/run/netns")
_SETTINGS = Path("/proc/sys")
# The settings that keep ordinary users from namespaces: the value that does, one that does not, and what it means.
_FORBIDDING = (
    (
        "kernel.apparmor_restrict_unprivileged_userns",
        "1",
        "0",
        "AppArmor lets no ordinary user be root in a namespace, as on Ubuntu since 23.10",
    ),
    ("kernel.unprivileged_userns_clone", "0", "1", "this kernel makes no namespace for an ordinary user"),
    ("user.max_user_namespaces", "0", "15000", "this machine allows no user namespaces"),
)


def enter_new() -> None:
    """Move this process, which must have one thread, into a new network namespace.

    Who may not make one gets a new user namespace with it, in which the user is root: over the new network, and over
    nothing else. In the namespace `lo` is there, and down.

    Raises:
        NlsniffError: when the machine does not allow ordinary users a namespace; says what to do.
    """
    if privilege.effective() >> _CAP_SYS_ADMIN & 1:
        _call("unshare", _CLONE_NEWNET)
        return
    uid, gid = os.geteuid(), os.getegid()
    _call("unshare", _CLONE_NEWUSER | _CLONE_NEWNET)
    try:
        # In this order: the kernel takes a gid map only from a process that can no longer call setgroups.
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    except OSError as error:
        raise refusal(error.strerror or "refused") from error


def require_rights() -> None:
    """Refuse a new namespace in which this process may nothing, as AppArmor gives it to an ordinary user.

    Raises:
        NlsniffError: says what to do.
    """
    # What changes nothing: lo gets the flags that it has.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        flags = fcntl.ioctl(sock, _SIOCGIFFLAGS, _IFREQ.pack(b"lo"))
        try:
            fcntl.ioctl(sock, _SIOCSIFFLAGS, flags)
        except PermissionError as error:
            raise refusal(error.strerror or "refused") from error


def enter(name: str) -> None:
    """Move this process into a network namespace: a name of `ip netns`, or the path of a namespace file.

    Raises:
        NlsniffError: when there is none of that name, or the user may not enter it.
    """
    path = Path(name) if "/" in name else _NAMED / name
    try:
        with path.open("rb") as file:
            _call("setns", file.fileno(), _CLONE_NEWNET)
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise NlsniffError(f"there is no network namespace {name}: `ip netns` lists them") from error
        raise NlsniffError(f"cannot enter the network namespace {name}: {error.strerror}") from error


def _call(function: str, *arguments: int) -> None:
    """Call unshare or setns, which Python has only from 3.12 on."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments) == 0:
        return
    code = ctypes.get_errno()
    if function == "unshare":
        raise refusal(os.strerror(code))
    if code == errno.EPERM:
        raise NlsniffError(f"entering a network namespace needs root: run `sudo {privilege.own_command()} ...`")
    raise OSError(code, os.strerror(code))


def refusal(reason: str) -> NlsniffError:
    """Build the refusal for an ordinary user, by the setting that is to blame where one is."""
    mend = ""
    for name, value, other, words in _FORBIDDING:
        try:
            found = (_SETTINGS / name.replace(".", "/")).read_text().strip()
        except OSError:
            continue  # most kernels have not all of them
        if found == value:
            why, mend = f"{words} ({name}={value})", f"sudo sysctl {name}={other}"
            break
    else:
        names = ", ".join(name for name, *_ in _FORBIDDING)
        why = f"this machine does not let an ordinary user make a network namespace ({reason}; settings: {names})"
    return privilege.LackingError(
        why,
        f"run `sudo {privilege.own_command()} ...` with the same arguments, "
        "or with --here in the present network namespace",
        mend,
    )
