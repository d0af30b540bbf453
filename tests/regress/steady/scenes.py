"""Scenes recorded anew, which have to be equal to the captures that were shipped before.

    python -m tests.regress.steady.scenes [NAME...]

records scenes of captures/scenes, without names all that are recorded in user-mode Linux, and compares each with the
capture of its name. Exits with 1 where one differs of which `CHANCE` does not say why.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.conftest import ROOT
from tests.regress.steady.judge import found, words

CAPTURES = ROOT / "captures"
SAME = ("basics", "rejected", "ruleset-life")  # some of those that never differ
_AT_ONCE = "its programs speak at the same time"
_BRIDGE = "a bridge takes the lowest of its ports' random MAC addresses, and lists its groups by a random hash"
CHANCE = {
    "at-once": _AT_ONCE,
    "batches": _AT_ONCE,
    "bridge-life": _BRIDGE,
    "charon-at-once": _AT_ONCE,
    "commits": _AT_ONCE,
    "conversations": "ip asks for the ids of network namespaces that have a name, and the machine had one",
    "link-life": "IPv6 looks for duplicates of an address while it is deleted",
    "managers": _AT_ONCE,
    "packets": "a program sends packets back whose IP ids and ports the kernel chose",
    "referee-bridge": _BRIDGE,
    "referee-conntrack": "which connections have timed out when they are listed",
    "referee-ip": "how far a neighbour was probed",
    "referee-ipset": "ipset restores entries in the order in which the kernel, by a random hash, saved them",
    "route-more": "ip is started again in the midst, and what comes meanwhile is lost",
    "rules-neighbours": "ip deletes neighbours in the order in which the kernel, by a random hash, told them",
    "strongswan": _AT_ONCE,
    "tc-classes": "into which class of fq_codel a packet falls is decided by a random hash",
    "xfrm": "a state that was never finished expires",
    "zebra": _AT_ONCE,
}
_SHOWN = 12  # lines that tell what differs


def shipped(name: str) -> Path:
    """The capture of a scene."""
    return next(path for path in CAPTURES.glob(f"{name}.pcapng*"))


def record_scene(name: str, folder: Path) -> Path:
    """Record a scene anew.

    Raises:
        RuntimeError: it could not be recorded.
    """
    command = [sys.executable, str(CAPTURES / "record"), "--into", str(folder), name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return next(path for path in folder.glob(f"{name}.pcapng*"))


def main(names: list[str]) -> int:
    """Record and compare."""
    failed = False
    for name in names or sorted(path.stem for path in (CAPTURES / "scenes").glob("*.sh") if path.stem != "lib"):
        with tempfile.TemporaryDirectory() as folder:
            differing = found(shipped(name), record_scene(name, Path(folder)), "objects").differences
        why = CHANCE.get(name, "")
        failed |= bool(differing) and not why
        print(f"{name}: {len(differing)} differ{f': {why}' if why else ''}" if differing else f"{name}: equal")
        for item in differing[:_SHOWN]:
            print(f"    {words(item)}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
