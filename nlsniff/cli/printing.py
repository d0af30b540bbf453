"""What commands that print for people have in common: colour, and a pager."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from typing import TYPE_CHECKING, Any, cast

from nlsniff.cli.commands import option
from nlsniff.cli.options import DUMB
from nlsniff.errors import NlsniffError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import IO, TextIO

_COLOUR = option(
    "--color",
    "--colour",
    "color",
    choices=("auto", "always", "never"),
    default="auto",
    bare="always",
    help="Colour what is printed for people: on a terminal (`auto`), as NO_COLOR and CLICOLOR_FORCE let it. "
    "`--color` alone is `--color=always`.",
)
_PAGER = option(
    "--pager",
    metavar="CMD",
    bare="",
    help="Print on a terminal through a pager: that of `--pager=CMD`, NLSNIFF_PAGER or PAGER, or `less -R -F -X`; "
    "`cat` is none. NLSNIFF_PAGER is used without this option, too.",
)
_LESS = "less -R -F -X"
_IN_USE = "NLSNIFF_PAGER_IN_USE"  # as git has it: set where standard output is a pager, and so a terminal in the end


def printing(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """Give a command --color and --pager, and run it by them; it takes `colour`, whether to print in colour."""

    @functools.wraps(function)
    def run(*, color: str, pager: str | None, **given: Any) -> int | None:
        colour = wants_colour(color, os.environ, terminal=sys.stdout.isatty())
        with paged(pager):
            return function(colour=colour, **given)

    return _COLOUR(_PAGER(run))


def terminal_columns() -> int:
    """How wide the terminal is on which is printed, also through a pager; 0 where there is none."""
    import shutil

    return shutil.get_terminal_size().columns if sys.stdout.isatty() or _IN_USE in os.environ else 0


def wants_colour(given: str, environment: Mapping[str, str], *, terminal: bool) -> bool:
    """Whether to print in colour: as --color says it, else the environment, else on a terminal that has some."""
    if given != "auto":
        return given == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("CLICOLOR_FORCE", "0") not in {"", "0"}:
        return True
    return terminal and environment.get("TERM", DUMB) != DUMB


@contextlib.contextmanager
def paged(given: str | None) -> Iterator[None]:
    """Standard output, and errors that go to the terminal, through a pager where there is a terminal and one is wanted.

    What is printed after the pager was quit is lost, as whoever quit it wants.

    Args:
        given: the value of --pager, "" without one; None where the option is not there.

    Raises:
        NlsniffError: the pager cannot be run.
    """
    own = os.environ.get("NLSNIFF_PAGER", "")
    command = own if given is None else given or own or os.environ.get("PAGER") or _LESS
    if command.strip() in {"", "cat"} or not sys.stdout.isatty():
        yield
        return
    import shlex
    import shutil
    import signal
    import subprocess

    os.environ[_IN_USE] = "1"
    os.environ["COLUMNS"] = str(shutil.get_terminal_size().columns)  # ours soon is no terminal any more
    try:
        pager = subprocess.Popen(
            shlex.split(command), stdin=subprocess.PIPE, env={"LESS": "FRX", "LV": "-c", **os.environ}
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise NlsniffError(f"pager {command}: {reason}; --pager=cat prints without one") from None
    streams = [stream for stream in (sys.stdout, sys.stderr) if stream.isatty()]
    kept = [os.dup(stream.fileno()) for stream in streams]
    with cast("IO[bytes]", pager.stdin) as pipe:
        for stream in streams:
            stream.flush()
            os.dup2(pipe.fileno(), stream.fileno())
    try:
        with contextlib.suppress(BrokenPipeError):
            yield
    finally:
        for stream, number in zip(streams, kept, strict=True):
            _give_back(stream, number)
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # is the pager's
        pager.wait()
        signal.signal(signal.SIGINT, before)


def _give_back(stream: TextIO, before: int) -> None:
    """Let a stream write where it wrote before, but for what the pager did not take."""
    try:
        stream.flush()
    except BrokenPipeError:
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  pathlib takes milliseconds to load
            os.dup2(nowhere.fileno(), stream.fileno())
        stream.flush()
    os.dup2(before, stream.fileno())
    os.close(before)
