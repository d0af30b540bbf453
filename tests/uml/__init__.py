"""A real kernel with nlmon for tests and recordings: user-mode Linux on the host's own file system.

It needs no root, no KVM and no image, and boots in two to four seconds. The guest sees every file of the host at the
path it has there; what it writes is gone when it ends, except below the shared folder.

NLSNIFF_UML may name the root of another system, as tests/matrix makes it (`NLSNIFF_UML=FOLDER/sid`): then the kernel
and modules of that one are booted, on this machine's files and with its tools all the same.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.guest import Result, boot, prepare

HERE = Path(__file__).resolve().parent
HOST = Path("/")
ROOT = Path(os.environ.get("NLSNIFF_UML") or "/")
MODULES = ROOT / "usr/lib/uml/modules"
LOADER = b"/lib64/ld-linux-x86-64.so.2\0"
GUEST_MEMORY_MIB = 2048  # each capture has a ring of 128 MiB
INSTALL = "run tests/install-system"


def missing() -> str:
    """Say what keeps user-mode Linux from running here and how to mend it, or "" when nothing does."""
    if not shutil.which("linux.uml" if ROOT == HOST else ROOT / "usr/bin/linux.uml"):
        return f"linux.uml is not installed: {INSTALL}" if ROOT == HOST else f"{ROOT}/usr/bin/linux.uml is not there"
    if not MODULES.is_dir():
        return f"{MODULES} is not there, so the guest has no nlmon: {INSTALL}"
    # These stand in sbin, which is not in every user's PATH; the guest's own PATH has them.
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
    for tool, package in (("modprobe", "kmod"), ("ip", "iproute2"), ("cc", "gcc")):
        if not shutil.which(tool, path=path):
            return f"{tool} (package {package}) is not installed: {INSTALL}"
    return ""


def run(script: str, *, share: Path, timeout: float = 120, env: dict[str, str] | None = None) -> Result:
    """Boot a guest, run a shell script in it as root, and halt it.

    Args:
        script: What /bin/sh is to run, with the checkout as its working folder. `python` is this interpreter with this
            environment's packages and the checkout before them, and `nlsniff` is the tool.
        share: A folder of the host, the only one in which the guest's writes last. It also receives `output`.
        timeout: Seconds for boot, script and halt together; after that the guest is killed.
        env: More environment variables for the script.

    Raises:
        RuntimeError: if the shim cannot be compiled.
    """
    share = share.resolve()
    prepare(script, share, env or {})
    # The guest's kernel reads its command line word by word, so its first process must not have a blank in its path.
    shutil.copy(HERE / "init", share / "init")
    command = [
        kernel(),
        f"mem={GUEST_MEMORY_MIB}M",
        "root=/dev/root",
        "rootfstype=hostfs",
        "rootflags=/",
        "ro",
        f"init={share}/init",
        f"NLSNIFF_SHARE={share}",
        f"NLSNIFF_UML_MODULES={MODULES}",
        "con=null",
        "con0=fd:0,fd:1",
        "quiet",
        "panic=-1",
    ]
    return boot(command, share, timeout, {**os.environ, **environment()})


def environment() -> dict[str, str]:
    """What the kernel needs in its environment on this machine.

    Raises:
        RuntimeError: if the shim cannot be compiled.
    """
    needed = {"LD_PRELOAD": str(_shim())}
    if ROOT != HOST:
        needed["LD_LIBRARY_PATH"] = str(ROOT / "usr/lib/x86_64-linux-gnu")
    if shutil.disk_usage("/dev/shm").free < GUEST_MEMORY_MIB << 20:  # noqa: S108 - its size is asked, nothing written
        # The guest's memory is a file there. A container's 64 MiB would end it with SIGBUS, so use the disk.
        needed["TMPDIR"] = tempfile.gettempdir()
    return needed


def kernel() -> str:
    """What starts the kernel. One of another system needs the libraries that it was linked with, by their loader."""
    if ROOT == HOST:
        return "linux.uml"
    source = ROOT / "usr/bin/linux.uml"
    kernel, loader = _cache() / f"linux-{source.stat().st_mtime_ns:x}.uml", _cache() / "ld"
    room = len(LOADER) - 1 - len(bytes(loader))
    if room < 0:
        raise RuntimeError(f"{loader} is too long a name for a loader: set TMPDIR to a shorter one")
    fresh = kernel.with_suffix(f".{os.getpid()}")
    fresh.symlink_to(ROOT / LOADER[1:-1].decode())
    fresh.replace(loader)
    if not kernel.exists():
        fresh.write_bytes(source.read_bytes().replace(LOADER, bytes(loader) + bytes(room + 1), 1))
        fresh.chmod(0o755)
        fresh.replace(kernel)
    return str(kernel)


def _cache() -> Path:
    """A folder of this user's own."""
    cache = Path(tempfile.gettempdir()) / f"nlsniff-uml-{os.getuid()}"
    cache.mkdir(mode=0o700, exist_ok=True)
    if cache.stat().st_uid != os.getuid():
        raise RuntimeError(f"{cache} belongs to somebody else; set TMPDIR to a folder of your own")
    return cache


def _shim() -> Path:
    """Compile xstate.c once per version of its text and return the library."""
    source = HERE / "xstate.c"
    library = _cache() / f"xstate-{source.stat().st_mtime_ns:x}.so"
    if not library.exists():
        fresh = library.with_suffix(f".{os.getpid()}")
        done = subprocess.run(
            ["cc", "-shared", "-fPIC", "-O2", "-o", str(fresh), str(source), "-ldl"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"cc cannot compile {source}: {done.stderr.strip()}")
        fresh.replace(library)
    return library
