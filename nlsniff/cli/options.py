"""Options that several commands share."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any

from nlsniff.cli.commands import UsageError, complain, option, whole
from nlsniff.errors import NlsniffError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nlsniff.decode.decoder import Decoder
    from nlsniff.filter.filter import Filter
    from nlsniff.reader import Source
    from nlsniff.spec.registry import Registry


SPEC = option(
    "--spec", "specs", action="append", metavar="PATH", help="More dissectors: a folder of YAML files, or a file."
)
_ENDIAN = option(
    "--endian", choices=("auto", "little", "big"), default="auto", help="Byte order of the machine that was recorded."
)
_SECRETS = option("--show-secrets", action="store_true", help="Print keys instead of masking them.")
# Of every command that reads what others recorded.
DUMB = "dumb"  # the TERM of a terminal that has no screen
LINKTYPE = option(
    "--linktype",
    "--protocol",
    "linktype",
    metavar="PROTOCOL",
    help="Frames are bare netlink of this protocol (`route`, ...), without a cooked header; so is what hex text tells.",
)
# Of every command that may use several cores.
_MOST_JOBS = 64
_WORTH_JOBS, _UNASKED_JOBS = 64 << 20, 4  # bytes of a file from which on several are used unasked, and how many at most
JOBS = option(
    "--jobs",
    type=whole(1, _MOST_JOBS),
    metavar="N",
    help="Work in N processes beside the one that reads; what is printed is the same. Without it NLSNIFF_JOBS, or 1; "
    "for a file of 64 MiB or more as many as there are cores, 4 at most.",
)
# Of every command that records.
DEVICE = option(
    "-i",
    "device",
    # Other programs hear all devices by the name `any`; each nlmon device hears all.
    type=lambda name: None if name == "any" else name,
    metavar="DEVICE",
    help="Capture on this nlmon device instead of making one.",
)
NO_DESCRIBE = option(
    "--no-describe", action="store_true", help="Leave out the dumps of families and links at the start."
)
NO_NAMES = option("--no-names", action="store_true", help="Do not look up which process is behind each port id.")
QUIET = option("-q", "quiet", action="store_true", help="Say nothing but errors.")


def reading(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options of every command that shows what is in a capture: --endian, --spec, --show-secrets."""
    return decoding(_SECRETS(function))


def decoding(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options of every command that decodes a capture: --endian, --spec."""
    return _ENDIAN(SPEC(function))


def registry_for(specs: tuple[str, ...]) -> Registry:
    """The dissectors; those that cannot be used are named on stderr, the others work."""
    from nlsniff.spec.registry import open_registry

    registry = open_registry(specs)
    for line in registry.complaints:
        complain(line)
    return registry


def decoder_for(specs: tuple[str, ...], *, show_secrets: bool) -> Decoder:
    """A decoder by the shared options, with the dissectors of `registry_for`."""
    from nlsniff.decode.decoder import Decoder

    return Decoder(registry_for(specs), show_secrets=show_secrets)


def source_for(files: Sequence[str], linktype: int | None, registry: Registry) -> tuple[Source, int | None]:
    """What is read of some files, and the link type of its frames: of several one capture, in order of time.

    Raises:
        NlsniffError: several cannot be put together, or one is a filter that stands there without -Y.
    """
    if not files[1:]:
        return files[0], linktype
    _refuse_filters(files, registry)
    from nlsniff.decode.guessing import guess_with
    from nlsniff.file.merge import merged

    source, faults = merged(files, linktype, guess_with(registry))
    for fault in faults:
        complain(fault)
    return source, None


def _refuse_filters(files: Sequence[str], registry: Registry) -> None:
    """Say where a filter goes, if one stands among the files, where tshark takes it."""
    missing = [word for word in files if word not in {"", "-"} and not os.path.exists(word)]  # noqa: PTH110  pathlib takes milliseconds
    for word in missing if len(missing) < len(files) else ():
        try:
            filter_for(word, registry)
        except NlsniffError:
            continue
        import shlex

        raise UsageError(f"{word}: no such file; a filter goes behind -Y: -Y {shlex.quote(word)}")


def jobs_for(given: int | None, file: str = "-") -> int:
    """How many processes shall work: as the option says, else the environment, else as many as a file is worth.

    With two of two cores, a million messages are printed in three quarters of the time, for a quarter more CPU time and
    50 MiB each.

    Raises:
        UsageError: the environment says no such number.
    """
    words = os.environ.get("NLSNIFF_JOBS", "")
    if given is not None:
        return given
    if not words:
        return min(_cores(), _UNASKED_JOBS) if _size(file) >= _WORTH_JOBS else 1
    if words not in map(str, range(1, _MOST_JOBS + 1)):
        raise UsageError(f"NLSNIFF_JOBS={words[:40]}: is no whole number from 1 to {_MOST_JOBS}")
    return int(words)


def _size(file: str) -> int:
    """Bytes of a file; 0 where there is none, or it is no file."""
    try:
        found = os.stat(file)  # noqa: PTH116  pathlib takes milliseconds to load
    except (OSError, ValueError):
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


def _cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def filter_for(text: str | None, registry: Registry) -> Filter | None:
    """The display filter of -Y; None without one.

    Raises:
        NlsniffError: it cannot be used.
    """
    if not text:
        return None
    from nlsniff.filter.compile import compile_filter

    return compile_filter(text, registry)
