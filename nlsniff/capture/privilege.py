"""What a capture may do, how it says what it lacks, and how it gives up what it no longer needs."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from pathlib import Path

from nlsniff.errors import NlsniffError

CAP_DAC_READ_SEARCH = 2
CAP_NET_ADMIN = 12
CAP_NET_RAW = 13
CAP_SYS_PTRACE = 19
_NAMES = {CAP_NET_ADMIN: "CAP_NET_ADMIN", CAP_NET_RAW: "CAP_NET_RAW"}

_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522
# What sudo searches; a tool in a virtual environment is not found there by its bare name.
_SUDO_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Groups that everybody may join, and that hear most of what `ip` changes.
OPEN_GROUPS = "link,ipv4-route,ipv6-route"


class LackingError(NlsniffError):
    """Something is not here that recording needs.

    Attributes:
        why: what, and why not.
        way_out: what to do.
        mend: the command that gives it to all later runs; "" where there is none.
    """

    def __init__(self, why: str, way_out: str, mend: str = "") -> None:
        super().__init__(f"{why}: {way_out}" if way_out else why)
        self.why = why
        self.way_out = way_out
        self.mend = mend


class NoNlmonError(LackingError):
    """There can be no nlmon device here.

    Attributes:
        brief: why, in a few words.
    """

    def __init__(self, why: str, way_out: str, mend: str, brief: str) -> None:
        super().__init__(why, way_out, mend)
        self.brief = brief


def effective() -> int:
    """Return the effective capabilities of this process as a bit mask (capability.h)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0


def own_command() -> str:
    """Return how nlsniff is called so that sudo finds it, also where another program uses it."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{sys.executable} -m nlsniff"
    if shutil.which("nlsniff", path=_SUDO_PATH):
        return "nlsniff"
    if called.name == "nlsniff":
        return shutil.which(sys.argv[0]) or str(called.resolve())
    beside = Path(sys.executable).with_name("nlsniff")
    return str(beside) if beside.is_file() else f"{sys.executable} -m nlsniff"


def refusal(lacking: str) -> NoNlmonError:
    """Build the refusal for a user who lacks `lacking`, with the two ways out."""
    command = own_command()
    return NoNlmonError(
        f"capturing needs {lacking}, which this user lacks",
        f"run `sudo {command} ...` with the same arguments, "
        f"or `{command} record -w FILE -- COMMAND`, which needs no privilege",
        "",
        f"nlmon needs {lacking}, which this user lacks",
    )


def require(*capabilities: int) -> None:
    """Refuse unless this process has these capabilities.

    Raises:
        NlsniffError: naming those that are missing, and what to run instead.
    """
    have = effective()
    lacking = [_NAMES[capability] for capability in capabilities if not have >> capability & 1]
    if lacking:
        raise refusal(" and ".join(lacking))


def invoking_user() -> tuple[int, int] | None:
    """Return (uid, gid) of the user who called sudo, or None when this is not root under sudo."""
    if os.geteuid() != 0:
        return None
    try:
        uid, gid = int(os.environ["SUDO_UID"]), int(os.environ["SUDO_GID"])
    except (KeyError, ValueError):
        return None
    return (uid, gid) if uid > 0 else None


def drop() -> None:
    """Give up every privilege for good: become the user who called sudo, if one did, and empty all capability sets.

    Root that did not come by sudo stays user 0, for its files are its own, but without a capability it is an ordinary
    user with that number. No program started from here can win anything back.

    Raises:
        OSError: if the kernel refuses, which must end the process.
    """
    user = invoking_user()
    if user:
        uid, gid = user
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    limit()


def limit(*capabilities: int) -> None:
    """Give up every capability but these, as far as this process has them, and the way to win one back.

    Raises:
        OSError: if the kernel refuses, which must end the process.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    kept = effective() & sum(1 << capability for capability in capabilities)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    # Effective, permitted and inheritable, the lower 32 capabilities and then the upper ones.
    sets = (ctypes.c_uint32 * 6)(kept & 0xFFFFFFFF, kept & 0xFFFFFFFF, 0, kept >> 32, kept >> 32, 0)
    if libc.capset(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capset")
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_NO_NEW_PRIVS)")
