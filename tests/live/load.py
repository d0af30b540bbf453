"""What a capture costs the program that it observes, and what it loses: `python -m tests.live.load [REQUESTS [RUNS]]`.

A client that lives long asks for a link again and again: alone, beside a capture without names (`--no-names`), and
beside one with them, in turn. Needs a kernel with nlmon, which is booted where there is none: user-mode Linux with one
CPU, or with `--qemu` what `tests/qemu/prepare` made, with two.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
import statistics
import struct
import sys
import tempfile
import time
from pathlib import Path

from tests import qemu, uml
from tests.live.clients import route_socket
from tests.live.tool import Capture

_GETLINK = 18
_LO = struct.pack("=BBHiII", 0, 0, 0, 1, 0, 0)


def ask(requests: int) -> float:
    """Ask for the link lo so many times on one socket; returns the seconds."""
    request = struct.pack("=IHHII", 16 + len(_LO), _GETLINK, 1, 1, 0) + _LO
    with route_socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        began = time.perf_counter()
        for _ in range(requests):
            sock.send(request)
            sock.recv(1 << 15)
        return time.perf_counter() - began


def captured(folder: Path, requests: int, *options: str) -> tuple[float, int, int]:
    """Ask beside a capture; returns the seconds, the messages in the file, and how many were dropped."""
    with Capture("-w", str(folder / "x.pcapng"), "--no-describe", *options) as capture:
        seconds = ask(requests)
    assert capture.status == 0, capture.said
    found = re.search(r"(\d+) messages(?: \(\d+ nlsniff's own\))? in \d+ frames, (\d+) dropped", capture.said)
    assert found, capture.said
    return seconds, int(found[1]), int(found[2])


def measure(folder: Path, requests: int, runs: int) -> None:
    """Print each run, and the median of what names cost."""
    ratios = []
    for _ in range(runs):
        alone = ask(requests)
        unnamed, _, lost_unnamed = captured(folder, requests, "--no-names")
        named, messages, lost = captured(folder, requests)
        ratios.append(named / unnamed)
        print(
            f"alone {alone:.2f} s; without names {unnamed:.2f} s, {lost_unnamed} dropped; with names {named:.2f} s, "
            f"{lost} dropped, {messages} of {2 * requests} messages; {named / unnamed:.2f}",
            flush=True,
        )
    print(f"names cost the client {statistics.median(ratios):.2f} times what an unnamed capture does, on the median")


def main(requests: int, runs: int, *, two: bool = False) -> int:
    """Do it here in a guest, else boot one, with two CPUs if asked for."""
    if not os.environ.get("NLSNIFF_GUEST"):
        with tempfile.TemporaryDirectory() as share:
            command = shlex.join([sys.executable, "-m", "tests.live.load", str(requests), str(runs)])
            if two and qemu.missing():
                print(qemu.missing(), file=sys.stderr)
                return 2
            if two:
                result = qemu.run(f"modprobe nlmon; nproc; {command}", share=Path(share), timeout=1500)
            else:
                result = uml.run(command, share=Path(share), timeout=550)
        print(result.output, end="")
        return 1 if result.status is None else result.status
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), requests, runs)
    return 0


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:] if word != "--qemu"]
    sys.exit(main(*given, *(20_000, 5)[len(given) :], two="--qemu" in sys.argv))
