"""What works here and what does not, why, and what mends it. What is tried leaves nothing behind."""

from __future__ import annotations

import os
import platform
import re
import shutil
import stat
import subprocess
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.spec.cache import cache_dir, is_in_our_folder
from nlsniff.spec.folders import user_dir
from nlsniff.spec.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nlsniff.capture.trial import Lack

_LINUX = sys.platform == "linux"
_REQUIREMENT = re.compile(r"([\w.-]+)([^;]*)$")
_BOUND = re.compile(r"(>=|<)\s*([\d.]+)")
_PATIENCE = 20  # seconds for a program to say its version
# Of capability.h, where a recording has a use for them.
_CAPABILITIES = {2: "dac_read_search", 12: "net_admin", 13: "net_raw", 19: "sys_ptrace", 21: "sys_admin"}


class Ability(NamedTuple):
    """Something that one may want to do.

    Attributes:
        name: what.
        works: whether it can be done here.
        words: by what means it can be done, or why it cannot.
        mend: a command that mends it, or what else to do; "" where it works, or where nothing is known to help.
    """

    name: str
    works: bool
    words: str
    mend: str = ""


class Diagnosis(NamedTuple):
    """What was found: facts by their names, and what can be done."""

    found: dict[str, str]
    checks: list[Ability]


def examine(dumb: str) -> Diagnosis:
    """Look at everything and try what can be tried; takes a second.

    Args:
        dumb: what TERM names where there is no screen.
    """
    checks = [_packages(), _reading(), _cache(), _dissectors(), _screen(dumb)]
    checks += _recording() if _LINUX else [_elsewhere(name) for name in ("record", "record --here", "capture, live")]
    return Diagnosis(dict(_found()), [*checks, _crosscheck()])


def _found() -> Iterator[tuple[str, str]]:
    try:
        yield "nlsniff", metadata.version("nlsniff")
    except metadata.PackageNotFoundError:
        yield "nlsniff", "a checkout that is not installed"
    yield "Python", f"{platform.python_version()}, {sys.executable}"
    yield "system", f"{platform.system()} {platform.release()} {platform.machine()}"
    if _LINUX:
        yield from _kernel()
    for tool in ("strace", "tshark"):
        path = shutil.which(tool)
        yield tool, f"{_version(path)}, {path}" if path else "none"


def _kernel() -> Iterator[tuple[str, str]]:
    from nlsniff.capture import device, privilege, tracer

    have = privilege.effective()
    names = [name for number, name in _CAPABILITIES.items() if have >> number & 1]
    yield "user", f"{os.geteuid()}, capabilities: {', '.join(names) or 'none'}"
    yield "nlmon", device.state(platform.release())
    yield "ptrace_scope", tracer.ptrace_scope() or "none (no Yama)"


def _version(path: str) -> str:
    """The version in the first line of what a program says of itself."""
    try:
        done = subprocess.run(
            [path, "--version"], capture_output=True, text=True, errors="replace", check=False, timeout=_PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired):
        return "cannot be run"
    match = re.search(r"\d+(\.\d+)+", done.stdout)
    return match[0] if match else "of unknown version"


def _packages() -> Ability:
    """The libraries that nlsniff is declared to need, and their versions."""
    try:
        needs = metadata.requires("nlsniff") or []
    except metadata.PackageNotFoundError:
        needs = []
    wrong, right = [], []
    for need in needs:
        match = _REQUIREMENT.match(need)  # one with a condition is for some Pythons or some users
        if match is None:
            continue
        name, bounds = match[1], match[2]
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            wrong.append((f"{name} is absent", need))
            continue
        right.append(f"{name} {found}")
        if not all(_within(found, *bound) for bound in _BOUND.findall(bounds)):
            wrong.append((f"{name} is {found}, and {bounds} is needed", need))
    if wrong:
        words = "; ".join(words for words, _ in wrong)
        return Ability("libraries", False, words, _pip(*(f"'{need}'" for _, need in wrong)))
    return Ability("libraries", True, ", ".join(right) or "not installed as a package, so that nothing is declared")


def _pip(*needs: str) -> str:
    return f"{sys.executable} -m pip install {' '.join(needs)}"


def _within(found: str, operator: str, bound: str) -> bool:
    ours, theirs = ([int(part) for part in re.findall(r"\d+", text)[:3]] for text in (found, bound))
    return ours >= theirs if operator == ">=" else ours < theirs


def _reading() -> Ability:
    from nlsniff.file import zstd

    try:
        zstd.library()
    except ImportError as error:
        return Ability("read files", False, f".zst cannot be read: {error}", _pip("backports.zstd"))
    return Ability("read files", True, "pcap, pcapng, logs of strace, hex; plain, .gz and .zst")


def _dissectors() -> Ability:
    """All shipped dissectors are found, and the user's own can be used."""
    registry = Registry()
    own = [
        name for name in registry.names
        if registry.entry(name).overlays or any(item.layer != "shipped" for item in registry.entry(name).variants)
    ]  # fmt: skip
    for name in own:
        registry.family(name)
    if registry.complaints:
        more = f" (and {len(registry.complaints) - 1} more)" if len(registry.complaints) > 1 else ""
        return Ability(
            "dissectors", False, f"{registry.complaints[0]}{more}", f"nlsniff spec check {user_dir()}/*.yaml"
        )
    mine = f", {len(own)} of them made or changed in {user_dir()}" if own else ""
    return Ability("dissectors", bool(registry.names), f"{len(registry.names)} families{mine}")


def _cache() -> Ability:
    """Whether compiled dissectors are kept, without which each start takes longer."""
    folder = Path(cache_dir())
    elsewhere = "export NLSNIFF_CACHE=FOLDER"
    try:
        found = folder.stat()
    except FileNotFoundError:
        above = next(path for path in folder.absolute().parents if path.exists())
        if above.is_dir() and not is_in_our_folder(str(folder)):
            return Ability("cache", False, _of_another(above), elsewhere)
        if above.is_dir() and os.access(above, os.W_OK | os.X_OK):
            return Ability("cache", True, f"{folder}, to be made")
        return Ability("cache", False, f"{folder} cannot be made, for {above} cannot be written", elsewhere)
    except OSError as error:
        return Ability("cache", False, f"{folder}: {error.strerror}", elsewhere)
    if not stat.S_ISDIR(found.st_mode):
        return Ability("cache", False, f"{folder} is no folder", elsewhere)
    if not is_in_our_folder(str(folder)):
        return Ability("cache", False, _of_another(folder), elsewhere)
    if not os.access(folder, os.W_OK | os.X_OK):
        return Ability("cache", False, f"{folder} cannot be written", elsewhere)
    return Ability("cache", True, f"{folder}, {sum(1 for _ in folder.iterdir())} files")


def _of_another(folder: Path) -> str:
    """What is said of a folder that is somebody else's."""
    return f"{folder} belongs to user {folder.stat().st_uid}, so that nothing is kept"


def _screen(dumb: str) -> Ability:
    """The terminal; the library that draws on it is among the others."""
    term = os.environ.get("TERM", "")
    if term == dumb:
        return Ability(
            "screen", False, f"TERM={dumb} names a terminal that has no screen", "export TERM=xterm-256color"
        )
    if not sys.stdout.isatty():
        return Ability("screen", True, "where standard output is a terminal, which it is not now")
    size = os.get_terminal_size(sys.stdout.fileno())
    return Ability("screen", True, f"{term or 'a terminal'}, {size.columns}x{size.lines}, {sys.stdout.encoding}")


def _recording() -> list[Ability]:
    from nlsniff.capture import trial

    nlmon, strace = trial.attempt(trial.nlmon), trial.attempt(trial.strace)
    return [_record(nlmon, strace), _record_here(strace), _capture(nlmon), _processes()]


def _record(nlmon: Lack | None, strace: Lack | None) -> Ability:
    """`record` in a namespace of its own: by nlmon, else by strace."""
    from nlsniff.capture import trial

    if nlmon is None:
        return Ability("record", True, "by nlmon, in a network namespace of its own")
    space = trial.attempt(trial.private_namespace)
    if space is not None:
        return _refused("record", space)
    traced = trial.attempt(trial.private_strace) if strace is None else strace
    if traced is None:
        return Ability("record", True, f"by strace, in a network namespace of its own; not by nlmon: {nlmon.why}")
    return _refused("record", traced)._replace(words=f"neither by nlmon ({nlmon.why}) nor by strace ({traced.why})")


def _record_here(strace: Lack | None) -> Ability:
    """`record --here`, which needs no privilege by strace."""
    if strace is not None:
        return _refused("record --here", strace)
    return Ability("record --here", True, "by strace, without a privilege")


def _capture(nlmon: Lack | None) -> Ability:
    """`capture` and `live`: all that is said in this network namespace."""
    from nlsniff.capture import device, privilege, trial

    lacking = trial.attempt(lambda: privilege.require(privilege.CAP_NET_ADMIN, privilege.CAP_NET_RAW))
    if lacking is not None:
        return _refused("capture, live", lacking)
    # Where there is no namespace to try it in, what can be seen of the module must do.
    if nlmon is not None and device.state(platform.release()) not in {"loaded", "built in"}:
        return _refused("capture, live", nlmon)
    return Ability("capture, live", True, "by nlmon, in this network namespace")


def _processes() -> Ability:
    """Whether a capture finds out whose a port id is."""
    from nlsniff.capture import privilege

    have = privilege.effective()
    if (have >> privilege.CAP_SYS_PTRACE) & (have >> privilege.CAP_DAC_READ_SEARCH) & 1:
        return Ability("name processes", True, "of all users")
    words = "of this user alone: those of others need CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"
    return Ability("name processes", False, words, f"sudo {privilege.own_command()} ...")


def _crosscheck() -> Ability:
    if shutil.which("tshark") is None:
        return Ability("crosscheck", False, "there is no tshark", "sudo apt install tshark")
    if find_spec("pyshark") is None:
        return Ability("crosscheck", False, "there is no pyshark", _pip("pyshark"))
    return Ability("crosscheck", True, "by tshark and pyshark")


def _refused(name: str, refusal: Lack) -> Ability:
    return Ability(name, False, refusal.why, refusal.mend or refusal.way_out)


def _elsewhere(name: str) -> Ability:
    return Ability(name, False, f"netlink is Linux's: {platform.system()} has none, and files from Linux can be read")
