"""The command line: one file a command, loaded when that command is run."""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import os
import sys
from typing import NoReturn

from nlsniff.cli import commands
from nlsniff.errors import EXIT_INTERNAL, EXIT_UNUSABLE, NlsniffError

# Each module has a command or group named `command`. The short help stands here so that `nlsniff --help` imports none.
PURPOSES = {
    "record": {
        "record": "Run a command in a namespace of its own and record what it says to the kernel.",
        "capture": "Record netlink traffic of this network namespace into a file.",
        "live": "Record and browse at the same time.",
    },
    "read": {
        "open": "Browse a capture in the terminal.",
        "show": "Print messages: a line each, the whole tree, or JSON.",
        "follow": "Print conversations: request and answer, dump, batch, event.",
        "who": "Say who made, changed and deleted a route, link, rule, set, ...: in captures, or as it happens.",
        "stats": "Count messages, conversations, errors and latencies.",
        "fields": "List the fields that display filters know.",
    },
    "compare and test": {
        "diff": "Say what differs between two captures or transcripts.",
        "check": "Compare captures with their goldens.",
        "accept": "Take what a check found into the goldens.",
        "transcript": "Print what was said in a capture, without what changes from one recording to the next.",
    },
    "convert": {
        "import": "Make a capture of strace logs and hex text.",
        "redact": "Copy a capture without the keys in it.",
    },
    "nlsniff itself": {
        "doctor": "Say what works here, what does not, and what mends it.",
        "spec": "Check dissectors, and list those that are in use.",
        "crosscheck": "Compare with what tshark reads in the same file.",
        "completion": "Print what has bash, zsh or fish complete command lines.",
        "man": "Show the manual page of nlsniff, or of a command.",
    },
}
COMMANDS = {name: line for group in PURPOSES.values() for name, line in group.items()}

_RECORDING = ("capture", "record", "live")
_MODULES = {"import": "import_"}  # of commands that Python could not import by their own name


def load(name: str) -> commands.Command | commands.CommandGroup:
    """Import the module of one command.

    Raises:
        NlsniffError: this system cannot do what it does.
    """
    if name in _RECORDING and sys.platform != "linux":
        raise NlsniffError(f"{name} needs Linux, whose netlink is; what was recorded there is read here, too")
    found: commands.Command | commands.CommandGroup = importlib.import_module(
        f"nlsniff.cli.{_MODULES.get(name, name)}"
    ).command
    return found


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"nlsniff {version('nlsniff')}"
    except PackageNotFoundError:
        return "nlsniff, from a checkout that is not installed"


PROGRAM = commands.CommandGroup(
    "nlsniff",
    """See Linux netlink: record it, browse it, follow it.

    Exit status: 0 all went well, 1 the answer is no, 2 something could not be read or used, 70 a mistake in nlsniff.
    """,
    PURPOSES,
    load,
    _version,
)


def main(argv: list[str] | None = None) -> NoReturn:
    """Run the command line and end the process; with `argv` raise SystemExit instead.

    Whatever goes wrong is one line on stderr and an exit status, never a traceback.
    """
    # Messages and trees hold no cycles; the collector would only walk over them, which costs up to a third of the time.
    # So little is left to collect that not even what is kept of some hundred shapes needs a walk, which takes 25 ms.
    gc.set_threshold(1_000_000, 50, 50)
    # Once that was freed, the C library keeps what is smaller. Else it gives the memory of each chunk of text back to
    # the kernel and asks for it again, page by page, which takes 4 % of the time.
    bytes(1 << 24)
    _stand_in()
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.encoding != "utf-8":
        sys.stdout.reconfigure(encoding="utf-8")  # as all output that is written as bytes
    try:
        status = run(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough (`| head`). Python would complain again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except (Exception, KeyboardInterrupt) as error:
        status, words = told(error)
        if status == EXIT_INTERNAL and not isinstance(error, NlsniffError) and os.environ.get("NLSNIFF_TRACEBACK"):
            raise
        if words:
            commands.complain(words)
    if argv is None:
        # The process ends here. Python would give back each of its objects by itself, which takes as long as to start.
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):  # told above, where it was the first
                stream.flush()
        os._exit(status)
    sys.exit(status)


def run(words: list[str]) -> int:
    """Run a command and return the exit status; what none takes may be the habit of another program.

    Raises:
        NlsniffError: it cannot be run, or its input cannot be read or used.
    """
    try:
        return PROGRAM(words)
    except commands.UsageError:
        from nlsniff.cli.habits import translated  # most need it not

        meant = translated(words)
        if meant is None:
            raise
    return PROGRAM(meant)


def told(error: BaseException) -> tuple[int, str]:
    """The exit status of a command that ended by an error, and what is said of it; "" for nothing."""
    if isinstance(error, KeyboardInterrupt):
        return 130, ""
    if isinstance(error, NlsniffError):
        return error.exit_code, str(error)
    if isinstance(error, OSError):
        return EXIT_UNUSABLE, f"{error.filename or 'input or output'}: {error.strerror or error}"
    # A mistake of ours: even then a user gets one line.
    what = f"{type(error).__name__}: {error}"
    return EXIT_INTERNAL, f"internal error, please report it: {what} (NLSNIFF_TRACEBACK=1 shows where)"


def _stand_in() -> None:
    """Open what the caller closed of standard input, output and error, or a file that we open would take its number.

    Standard output can then not be written, and who needs it says so; nothing is read from the input, and nobody hears
    what is said.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_WRONLY if name == "stderr" else os.O_RDONLY)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", errors="backslashreplace", closefd=False))
