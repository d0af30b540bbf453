"""What recording costs the command: `python -m tests.bench.recording [--runs N] [--routes N] [--rounds N]`.

Two loads, alone and recorded by each way that this kernel has, in turn: so many runs of `ip link show`, where programs
start and end, and one `ip` that adds so many routes, one request and its answer after the other, as a routing daemon
does. Prints the median of the seconds and of the CPU time, and what that is of the command alone. Needs root.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time

WAYS = ("alone", "nlmon", "strace")

IPS = "i=0; while [ $i -lt {count} ]; do ip link show > /dev/null; i=$((i + 1)); done"

ROUTES = """
ip link set lo up
i=0
while [ $i -lt {count} ]; do
    echo "route add 10.$((i / 65536)).$((i / 256 % 256)).$((i % 256))/32 dev lo"
    i=$((i + 1))
done > {folder}/batch
ip -batch {folder}/batch
"""


def cost(way: str, script: str) -> tuple[float, float] | None:
    """Run a script in a network namespace of its own; seconds, and of these CPU time. None: this way cannot record."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["sh", "-c", script.replace("{folder}", folder)]
        if way == "alone":
            command = ["unshare", "--net", *command]
        else:
            record = [sys.executable, "-m", "nlsniff", "record", "-q", "--via", way]
            command = [*record, "-w", f"{folder}/x.pcapng", "--", *command]
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, check=False, stderr=subprocess.PIPE, text=True)
        took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode == 125 and way == "nlmon":
        return None
    if done.returncode:
        raise SystemExit(f"{way}: exit status {done.returncode}: {done.stderr}")
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(what: str, script: str, rounds: int) -> None:
    """Print a line for each way."""
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(rounds):
        for way in WAYS:
            took = cost(way, script)
            if took is not None:
                found.setdefault(way, []).append(took)
    alone, alone_cpu = (statistics.median(times) for times in zip(*found["alone"], strict=True))
    for way, pairs in found.items():
        took, cpu = (statistics.median(times) for times in zip(*pairs, strict=True))
        print(
            f"{what:24} {way:8} {took:8.2f} s {took / alone:6.1f} x, CPU {cpu:8.2f} s {cpu / alone_cpu:6.1f} x",
            flush=True,
        )


def main() -> None:
    """Measure both loads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--routes", type=int, default=20000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    measure(f"{given.runs} x ip link show", IPS.replace("{count}", str(given.runs)), given.rounds)
    measure(f"{given.routes} routes", ROUTES.replace("{count}", str(given.routes)), given.rounds)


if __name__ == "__main__":
    main()
