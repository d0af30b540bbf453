"""Run a command and record what it says to the kernel."""

from __future__ import annotations

import os
import pathlib
import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING, get_args

from nlsniff.api.capture import Capture
from nlsniff.capture.apart import record_apart
from nlsniff.capture.plan import RecordPlan, Via
from nlsniff.capture.unnamed import unnamed_file
from nlsniff.errors import BadArgumentError, NlsniffError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nlsniff.api.arguments import Path


def record(
    argv: Sequence[Path],
    path: Path | None = None,
    *,
    here: bool = False,
    netns: str | None = None,
    describe: bool = True,
    names: bool = True,
    calm: bool = False,
    via: Via = "auto",
    specs: Path | Iterable[Path] = (),
    show_secrets: bool = False,
) -> Capture:
    """Run a command in a network namespace of its own, without root, and return what it said and heard.

    Its exit status is the capture's `returncode`; that it failed is no error here. It inherits standard input, output
    and error.

    Args:
        argv: the command and its arguments.
        path: keep the capture in this file: .pcap or .pcapng. Without one nothing is kept.
        here: record in this network namespace instead of a new one (by nlmon it needs root).
        netns: record in this network namespace of `ip netns`, or this path (needs root).
        describe: begin with dumps of families and links, so that their names are known.
        names: look up which process is behind each port id.
        calm: let IPv6 do nothing by itself in the new namespace, so that two recordings are alike: no link-local
            addresses, no search for duplicates, no router solicitations. `Interface.calm` tells it later.
        via: how to record. `nlmon` takes an nlmon device: all that is said in the namespace, by whomever. `strace`
            takes the system calls of the command and its children: no nlmon is needed, and with `here` no root; who
            sent what to whom is certain; the command is slower. `auto` takes nlmon where there can be such a device,
            else strace. `interfaces[0].name` tells which it was, `notes` what strace could not see.
        specs: more dissectors, folders or files, which win over the shipped ones.
        show_secrets: keep keys readable instead of masking them.

    Raises:
        NlsniffError: the command cannot be run, or its traffic cannot be recorded; says what to do.
    """
    if isinstance(argv, str | bytes) or not argv:
        raise BadArgumentError('record what? nlsniff.record(["ip", "link", "show"]): the command and its arguments')
    if via not in get_args(Via):
        raise BadArgumentError(f"via={via!r}: give 'auto', 'nlmon' or 'strace'")
    if here and netns:
        raise BadArgumentError("here and netns exclude each other")
    if calm and (here or netns):
        raise BadArgumentError("calm changes the settings of a new namespace: leave out here and netns")
    command = [os.fspath(word) for word in argv]
    if shutil.which(command[0]) is None:
        raise NlsniffError(f"cannot run {command[0]}: there is no such program")
    with ExitStack() as undo:
        target, inherited = str(pathlib.Path(path or "").absolute()), list[int]()
        if path is None:
            unnamed, target = unnamed_file()
            inherited = [undo.enter_context(unnamed).fileno()]
        plan = RecordPlan(target, describe=describe, names=names, calm=calm)
        status, stats = record_apart(command, plan, here=here, netns=netns, via=via, inherited=inherited)
        capture = Capture(target, specs=specs, show_secrets=show_secrets)
    if path is None:
        capture._inner.path = " ".join(command)
    capture.returncode = status
    capture.notes = stats.notes
    return capture
