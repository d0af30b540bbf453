"""What the two kernels for tests and recordings have in common: the job, its outcome, and that a guest ends.

A harness (tests/uml, tests/qemu) boots its kernel with a first process that makes a root file system, calls the
functions of `begin` on it and goes on with `end`, which runs the job.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent.parent


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


def prepare(script: str, share: Path, env: dict[str, str]) -> None:
    """Put what the guest runs into the folder that it shares, and remove what an earlier guest left there."""
    share.mkdir(parents=True, exist_ok=True)
    for name in ("output", "status"):
        (share / name).unlink(missing_ok=True)
    (share / "job").write_text(_job(script, share, env))
    for name in ("begin", "end", "program"):
        shutil.copy(HERE / name, share / name)


def boot(command: list[str], share: Path, timeout: float, environment: dict[str, str] | None = None) -> Result:
    """Start the guest by `command`, wait for its halt, and return what it left in `share`.

    The whole guest is killed after `timeout` seconds. `environment` is that of the command, by default this one.
    """
    started = time.monotonic()
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
            # A guest may be many processes of the host, all of them in this session.
            with suppress(ProcessLookupError):
                os.killpg(guest.pid, signal.SIGKILL)
            guest.wait()
        console.seek(0)
        text = console.read().decode(errors="replace")
    output = share / "output"
    status = share / "status"
    return Result(
        status=int(status.read_text()) if status.exists() and status.read_text().strip() else None,
        output=output.read_text(errors="replace") if output.exists() else "",
        console=text,
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
        "NLSNIFF_GUEST": "1",
        "PYTHON": sys.executable,
        **env,
    }
    if "CI" in os.environ:
        variables.setdefault("CI", os.environ["CI"])
    python = shlex.quote(sys.executable)
    checkout = shlex.quote(str(CHECKOUT))
    return "\n".join(
        [
            *(f"export {name}={shlex.quote(value)}" for name, value in variables.items()),
            # Programs, not functions: `nlsniff ... &` must leave the pid of nlsniff in $!, not that of a shell.
            f'sh "$NLSNIFF_SHARE/program" python {shlex.quote(python)}',
            f'sh "$NLSNIFF_SHARE/program" nlsniff {shlex.quote(python + " -m nlsniff")}',
            # An interpreter or a checkout in a private home must do for the guest's ordinary users, too.
            f"chmod a+rx {' '.join(shlex.quote(str(folder)) for folder in _folders())} 2> /dev/null",
            f"cd {checkout} || exit 99",
            script,
            "",
        ],
    )


def _folders() -> list[Path]:
    """Return every folder on the way to the interpreter, its packages and the checkout."""
    ends = [Path(sys.executable), Path(sys.executable).resolve(), Path(sys.prefix), Path(sys.base_prefix), CHECKOUT]
    return sorted({folder for end in ends for folder in (end, *end.parents) if folder.is_dir() and folder.name})
