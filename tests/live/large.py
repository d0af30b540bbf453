"""A set of many nft elements, which a program sends in one datagram: is all of it in the capture?

Run as `python -m tests.live.large [ELEMENTS]`, 100,000 of them by default; it needs nft, strace, and a kernel with
nlmon, which is booted where there is none. strace writes down what nft sent, byte for byte.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from nlsniff.file.read import FrameReader
from nlsniff.file.strace import read_strace, trace_options
from nlsniff.wire.comments import parts_before
from nlsniff.wire.constants import NETLINK_NETFILTER
from tests import uml
from tests.live.tool import Capture

RECORD_LIMIT: Final = 262_144
_BATCH_BEGIN: Final = 16


def load_set(folder: Path, elements: int) -> list[bytes]:
    """Load a set of so many addresses; return the datagrams that nft sent. A guest has no tables of IPv4."""
    rules, log = folder / "rules", folder / "log"
    addresses = ", ".join(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}" for number in range(elements))
    rules.write_text(f"table bridge nlsniff {{ set s {{ type ipv4_addr; elements = {{ {addresses} }}; }}; }}\n")
    version = subprocess.run(["strace", "--version"], capture_output=True, text=True, check=True).stdout
    command = ["strace", *trace_options(version), "-o", str(log), "nft", "-f", str(rules)]
    subprocess.run(command, check=True, env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"})
    subprocess.run(["nft", "delete", "table", "bridge", "nlsniff"], check=True)
    with log.open("rb") as lines:
        told = read_strace([(log.name, lines)]).datagrams
    return [it.data for it in told if it.delivery and it.delivery.way == "to-kernel"]


def datagrams(path: Path) -> list[bytes]:
    """The datagrams of netfilter in a capture, parts of one put together; none may be longer than a record may be."""
    found: list[bytes] = []
    for frame in FrameReader(path):
        assert len(frame.data) == frame.length <= RECORD_LIMIT, (frame.number, len(frame.data), frame.length)
        if int.from_bytes(frame.data[14:16]) == NETLINK_NETFILTER:
            if parts_before(frame.comment):
                found[-1] += frame.data[16:]
            else:
                found.append(frame.data[16:])
    return found


def check(folder: Path, elements: int) -> str:
    """Capture the loading of a set and compare; returns what there was to see.

    Raises:
        AssertionError: something is missing or another.
    """
    path = folder / "x.pcapng"
    with Capture("-w", str(path), "--no-describe") as capture:
        said = load_set(folder, elements)
    assert capture.status == 0, capture.said
    assert " 0 dropped, written" in capture.said, capture.said
    heard = datagrams(path)
    for datagram in said:
        assert datagram in heard, [len(each) for each in heard]
    longest = max(said, key=len)
    frames = sum(1 for _ in FrameReader(path))
    return f"{len(said)} datagrams sent, the longest of {len(longest)} bytes, all in {frames} frames; {capture.said}"


def main(elements: int) -> int:
    """Do it here in a guest, else boot one."""
    if not os.environ.get("NLSNIFF_GUEST"):
        with tempfile.TemporaryDirectory() as share:
            command = shlex.join(["python", "-m", "tests.live.large", str(elements)])
            result = uml.run(command, share=Path(share), timeout=500)
        print(result.output, end="")
        return 1 if result.status is None else result.status
    with tempfile.TemporaryDirectory() as folder:
        print(check(Path(folder), elements))
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 100_000))
