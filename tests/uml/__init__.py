"""A real kernel with nlmon for tests and recordings: user-mode Linux on the host's own file system.

It needs no root, no KVM and no image, and boots in two to four seconds. The guest sees every file of the host at the
path it has there; what it writes is gone when it ends, except below the shared folder.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent.parent
MODULES = Path("/usr/lib/uml/modules")
GUEST_MEMORY_MIB = 1024
INSTALL = "run tests/install-system"


@dataclass(frozen=True)
class Result:
    """What became of a job in the guest.

    `status` is its exit status, None when it did not end in time or the guest died. `output` is its stdout and stderr
    as one text. `console` is what the guest's kernel printed. `seconds` counts from boot to halt.
    """

    status: int | None
    output: str
    console: str
    seconds: float


def missing() -> str:
    """Say what keeps user-mode Linux from running here and how to mend it, or "" when nothing does."""
    if not shutil.which("linux.uml"):
        return f"linux.uml is not installed: {INSTALL}"
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
    share.mkdir(parents=True, exist_ok=True)
    for name in ("output", "status"):
        (share / name).unlink(missing_ok=True)
    (share / "job").write_text(_job(script, share, env or {}))
    # The guest's kernel reads its command line word by word, so its first process must not have a blank in its path.
    shutil.copy(HERE / "init", share / "init")
    started = time.monotonic()
    console = _boot(share, timeout)
    output = share / "output"
    status = share / "status"
    return Result(
        status=int(status.read_text()) if status.exists() and status.read_text().strip() else None,
        output=output.read_text(errors="replace") if output.exists() else "",
        console=console,
        seconds=time.monotonic() - started,
    )


def _job(script: str, share: Path, env: dict[str, str]) -> str:
    """Write the script that the guest runs: environment, `python` and `nlsniff`, then the caller's script."""
    variables = {
        "PATH": "/run/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(CHECKOUT),
        "NLSNIFF_SHARE": str(share),
        "NLSNIFF_UML": "1",
        "PYTHON": sys.executable,
        **env,
    }
    if "CI" in os.environ:
        variables.setdefault("CI", os.environ["CI"])
    python = shlex.quote(shlex.quote(sys.executable))
    return "\n".join(
        [
            *(f"export {name}={shlex.quote(value)}" for name, value in variables.items()),
            # Programs, not functions: `nlsniff ... &` must leave the pid of nlsniff in $!, not that of a shell.
            "mkdir -p /run/bin",
            f"""printf '#!/bin/sh\\nexec %s "$@"\\n' {python} > /run/bin/python""",
            f"""printf '#!/bin/sh\\nexec %s -m nlsniff "$@"\\n' {python} > /run/bin/nlsniff""",
            "chmod 755 /run/bin/python /run/bin/nlsniff",
            # An interpreter or a checkout in a private home must do for the guest's ordinary users, too.
            f"chmod a+rx {' '.join(shlex.quote(str(folder)) for folder in _folders())} 2> /dev/null",
            f"cd {shlex.quote(str(CHECKOUT))} || exit 99",
            script,
            "",
        ],
    )


def _folders() -> list[Path]:
    """Return every folder on the way to the interpreter, its packages and the checkout."""
    ends = [Path(sys.executable), Path(sys.executable).resolve(), Path(sys.prefix), Path(sys.base_prefix), CHECKOUT]
    return sorted({folder for end in ends for folder in (end, *end.parents) if folder.is_dir() and folder.name})


def _boot(share: Path, timeout: float) -> str:
    """Boot, wait for the halt, and return the console's text. Kills the whole guest when the time is up."""
    environment = {**os.environ, "LD_PRELOAD": str(_shim())}
    if shutil.disk_usage("/dev/shm").free < GUEST_MEMORY_MIB << 20:  # noqa: S108 - its size is asked, nothing written
        # The guest's memory is a file there. A container's 64 MiB would end it with SIGBUS, so use the disk.
        environment["TMPDIR"] = tempfile.gettempdir()
    command = [
        "linux.uml",
        f"mem={GUEST_MEMORY_MIB}M",
        "root=/dev/root",
        "rootfstype=hostfs",
        "rootflags=/",
        "ro",
        f"init={share}/init",
        f"NLSNIFF_SHARE={share}",
        "con=null",
        "con0=fd:0,fd:1",
        "quiet",
        "panic=-1",
    ]
    with (share / "console").open("w+b") as console:
        guest = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            guest.wait(timeout)
        except subprocess.TimeoutExpired:
            console.write(f"\nkilled after {timeout:.0f} s\n".encode())
        finally:
            # Each process of the guest is one of the host, and all are in this session.
            with suppress(ProcessLookupError):
                os.killpg(guest.pid, signal.SIGKILL)
            guest.wait()
        console.seek(0)
        return console.read().decode(errors="replace")


def _shim() -> Path:
    """Compile xstate.c once per version of its text and return the library."""
    source = HERE / "xstate.c"
    cache = Path(tempfile.gettempdir()) / f"nlsniff-uml-{os.getuid()}"
    cache.mkdir(mode=0o700, exist_ok=True)
    if cache.stat().st_uid != os.getuid():
        raise RuntimeError(f"{cache} belongs to somebody else; set TMPDIR to a folder of your own")
    library = cache / f"xstate-{source.stat().st_mtime_ns:x}.so"
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
