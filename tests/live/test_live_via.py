"""A program recorded by nlmon and by strace: a golden of one serves the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.live.tool import nlsniff

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
ip link add v0 type veth peer name v1
ip addr add 192.0.2.1/24 dev v0
ip link set v0 up; ip link set v1 up; sleep 1
ip route add 198.51.100.0/24 via 192.0.2.254
ip route add 203.0.113.0/24 via 10.9.9.9
ip xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x100 enc 'cbc(aes)' 0x0123456789abcdef
tc qdisc add dev v0 root tbf rate 1mbit burst 32kbit latency 400ms
ip -s link show > /dev/null
tc -s qdisc show > /dev/null
ss -tuwn > /dev/null
true
"""


def record(path: Path, via: str) -> Path:
    done = nlsniff("record", "--calm", "--via", via, "-w", str(path), "--", "sh", "-c", SCRIPT)
    assert done.returncode == 0, done.stderr
    return path


def test_both_ways_of_recording_make_the_same_golden(tmp_path: Path) -> None:
    by_nlmon = record(tmp_path / "nlmon.pcapng", "nlmon")
    by_strace = record(tmp_path / "strace.pcapng", "strace")
    for old, new in ((by_nlmon, by_strace), (by_strace, by_nlmon)):
        golden = str(tmp_path / f"{old.stem}.nlt")
        made = nlsniff("check", str(old), "--golden", golden, "--update")
        assert made.returncode == 0, made.stdout + made.stderr
        for level in ("outcome", "objects", "full"):
            done = nlsniff("check", str(new), "--golden", golden, "--answers", level)
            assert done.returncode == 0, f"{old.stem}, {new.stem}, {level}\n{done.stdout}{done.stderr}"
