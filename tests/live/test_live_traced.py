"""nlmon and strace at once: what both recorded of one run is the same, byte for byte."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from nlsniff.file.strace import read_strace, trace_options
from tests.follow.traced import disagreements
from tests.live.tool import Capture
from tests.support_tools import need

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
ip link add d0 type dummy
ip link set d0 up
ip addr add 192.0.2.1/24 dev d0
for i in 1 2 3; do ip route add 10.$i.0.0/16 via 192.0.2.2 & done
wait
ip route add 10.1.0.0/16 via 192.0.2.2
ip -6 route show table all
ip route show
ss -a
ip link del d0
true
"""


def test_strace_and_nlmon_agree(tmp_path: Path) -> None:
    need("strace")
    version = subprocess.run(["strace", "--version"], capture_output=True, text=True, check=True).stdout
    log, path = tmp_path / "log", tmp_path / "x.pcapng"
    with Capture("-w", str(path), "--no-describe") as capture:
        command = ["strace", *trace_options(version), "-o", str(log), "sh", "-c", SCRIPT]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert capture.status == 0, capture.said
    with log.open("rb") as lines:
        told = read_strace([(log.name, lines)])
    assert len(told.datagrams) > 60
    assert disagreements(path, told, tmp_path / "strace.pcapng") == []
    # And were one of them otherwise, it would be seen.
    requests = [it for it in told.datagrams if it.delivery and it.delivery.way == "to-kernel"]
    told.datagrams.remove(requests[len(requests) // 2])
    assert any("is not in the log" in said for said in disagreements(path, told, tmp_path / "less.pcapng"))
    told.datagrams[5].data = bytes(20) + told.datagrams[5].data[20:] + b"!"
    assert any("no frame of" in said for said in disagreements(path, told, tmp_path / "other.pcapng"))
