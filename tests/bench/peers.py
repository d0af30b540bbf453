"""nlsniff beside what else reads netlink in Python: `python -m tests.bench.peers [--messages N] [PEER...]`.

pyroute2 and scapy are given only the datagrams of rtnetlink, which is all that they read, and nlsniff does all. Each
makes what it understands into text. pyshark reads what tshark prints as XML. scapy has to be installed for this.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from nlsniff.file.read import FrameReader
from nlsniff.wire.constants import NETLINK_ROUTE
from tests.bench.run import Runner
from tests.bench.tasks import FILE
from tests.bench.traffic import make

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_COOKED = 16  # bytes before the first nlmsghdr


def _rtnetlink(file: str) -> Iterator[bytes]:
    """The rtnetlink datagrams of a capture."""
    for frame in FrameReader(Path(file)):
        if int.from_bytes(frame.data[14:_COOKED], "big") == NETLINK_ROUTE:
            yield frame.data[_COOKED:]


def _pyroute2(file: str) -> Iterator[object]:
    marshal = import_module("pyroute2.netlink.rtnl.marshal").MarshalRtnl()
    for data in _rtnetlink(file):
        try:
            yield from marshal.parse(data)
        except Exception as error:  # noqa: BLE001  it reads what kernels send, and this is what programs send, too
            yield f"not read: {error}"


def _scapy(file: str) -> Iterator[object]:
    parse = import_module("scapy.arch.linux.rtnetlink").rtmsghdrs
    for data in _rtnetlink(file):
        for message in parse(data).msgs:
            yield message.show(dump=True)


def _pyshark(file: str) -> Iterator[object]:
    with import_module("pyshark").FileCapture(file, keep_packets=False) as capture:
        yield from capture


PEERS: dict[str, Callable[[str], Iterator[object]]] = {"pyroute2": _pyroute2, "scapy": _scapy, "pyshark": _pyshark}


def main() -> None:
    """Print a line for each peer; or, with a file, be one."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peers", description=__doc__)
    parser.add_argument("peers", nargs="*", choices=[[], *PEERS], help="all by default")
    parser.add_argument("--messages", type=int, default=14_000, metavar="N")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--file", help="print what one peer reads in it")
    given = parser.parse_args()
    if given.file:
        for item in PEERS[given.peers[0]](given.file):
            print(item)
        return
    with tempfile.TemporaryDirectory() as folder:
        file, runner = Path(folder) / "traffic.pcap", Runner(Path(folder))
        count, _ = make(file, given.messages)
        routes = sum(1 for _ in _rtnetlink(str(file)))
        print(f"{count:,} messages; {routes:,} datagrams are of rtnetlink")
        ours = [runner.nlsniff(["show", "-V", FILE], file) for _ in range(given.rounds)]
        cpu = statistics.median(run.cpu for run in ours)
        print(
            f"{'nlsniff':9} {cpu:7.2f} s {ours[0].peak_mib:6.0f} MiB {ours[0].printed / count:8.0f} bytes per message"
        )
        for name in given.peers or PEERS:
            runs = [runner.python(["-m", "tests.bench.peers", name, "--file", FILE], file) for _ in range(given.rounds)]
            his = statistics.median(run.cpu for run in runs)
            printed = runs[0].printed / count
            print(f"{name:9} {his:7.2f} s {runs[0].peak_mib:6.0f} MiB {printed:8.0f} bytes per message, "
                  f"{his / cpu:.1f} times nlsniff's CPU time", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
