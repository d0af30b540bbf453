"""`nlsniff record`: run a command and record what it says to the kernel, without root."""

from __future__ import annotations

import argparse
from typing import Literal

from nlsniff.cli import commands
from nlsniff.cli.commands import argument, option
from nlsniff.cli.options import NO_DESCRIBE, NO_NAMES, QUIET
from nlsniff.errors import NlsniffError

# As env(1) and timeout(1): a status of the tool itself must not look like one of the command.
_EXIT_OWN_FAILURE = 125


class RecordError(NlsniffError):
    """The recording failed, as opposed to the recorded command."""

    exit_code = _EXIT_OWN_FAILURE


@commands.command(
    "record",
    examples=(
        "nlsniff record -w link.pcapng -- ip link add v0 type veth  # no root",
        "nlsniff record --calm -w test.pcapng -- ./test.sh  # two recordings of it are alike",
        "nlsniff record -w - -- ip link | nlsniff show -  # read it at once",
    ),
)
@option("-w", "target", metavar="FILE", help="Write here: .pcap or .pcapng, `-` is standard output.")
@option(
    "--here",
    action="store_true",
    help="Record in this network namespace instead of a new one (by nlmon it needs root).",
)
@option("--netns", metavar="NAME", help="Record in this network namespace of `ip netns`, or this path (needs root).")
@option(
    "--calm",
    action=argparse.BooleanOptionalAction,
    default=False,
    help="Let IPv6 do nothing by itself in the new namespace, so that recordings are alike; by default it does.",
)
@option(
    "--via",
    choices=("auto", "nlmon", "strace"),
    default="auto",
    help="How to record; auto takes nlmon where there can be such a device, else strace.",
)
@NO_DESCRIBE
@NO_NAMES
@QUIET
@argument("argv", metavar="COMMAND", nargs="...")
def command(
    target: str | None,
    here: bool,
    netns: str | None,
    calm: bool,
    via: Literal["auto", "nlmon", "strace"],
    no_describe: bool,
    no_names: bool,
    quiet: bool,
    argv: tuple[str, ...],
) -> int:
    """Run COMMAND and record the netlink traffic from its start to its end.

    The command runs in a network namespace of its own, so the capture holds its traffic and no other. An ordinary user
    may do this: the command is then root over that namespace (and over nothing else). The namespace is new: it has
    one link, lo, which is down, and the recorder's nlmon device, nlsniff0.

    --calm writes three settings there: net.ipv6.conf.{all,default}.accept_dad=0, router_solicitations=0 and
    addr_gen_mode=1. So no link gets a link-local address, looks for duplicates of one, or asks for routers. The file
    says that it was so.

    --via nlmon records by an nlmon device: all that is said in the namespace, by whomever. --via strace records what
    COMMAND and its children say and hear, by their system calls: also where the kernel has no nlmon, also uevents,
    audit, crypto and rdma, and who sent what to whom is certain. With --here it needs no root. It makes the command
    slower (docs/recording.md has figures), and does not see io_uring. auto says so where it takes strace.

    What the command leaves running in the background is no longer recorded.

    Exit status: that of COMMAND, 128 + N when signal N ended it, 126 or 127 when it cannot be run, 125 when the
    recording failed, 2 when the command line is not understood.
    """
    from nlsniff.capture.plan import RecordPlan
    from nlsniff.capture.run import record
    from nlsniff.cli.capture import finish
    from nlsniff.cli.commands import complain

    if not argv:
        raise RecordError("record what? `nlsniff record -w FILE -- COMMAND ARGUMENTS...`")
    if target is None:
        raise RecordError("where to? `nlsniff record -w FILE -- COMMAND ARGUMENTS...`")
    if here and netns:
        raise RecordError("--here and --netns exclude each other")
    try:
        plan = RecordPlan(target, describe=not no_describe, names=not no_names, calm=calm)
        say = (lambda _: None) if quiet else complain
        status, stats = record(argv, plan, here=here, netns=netns, via=via, say=say)
        if not stats.files:  # the command cannot be run
            complain(stats.error)
            return status
        for note in stats.notes:
            say(note)
        finish(stats, target, quiet=quiet)
    except NlsniffError as error:
        raise RecordError(str(error)) from error
    return status
