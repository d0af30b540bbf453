"""Process names in captures of this very kernel.

User-mode Linux has no process events (CONFIG_PROC_EVENTS), so what is tested here is the way by /proc;
tests/capture/test_names.py tests the way by the process connector, on the machine's own kernel.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from nlsniff.capture import session
from tests.live import clients
from tests.live.tool import Capture, children, eventually, ip, nlsniff
from tests.referee import rows, tshark

if TYPE_CHECKING:
    from collections.abc import Iterator

Started: TypeAlias = tuple[subprocess.Popen[str], list[int], str]
Start: TypeAlias = Callable[[str], Started]
OWN = f"{Path('/proc/self/comm').read_text().strip()}[{os.getpid()}]"
CLIENT = [sys.executable, "-m", "tests.live.clients"]


def named(path: Path) -> dict[int, list[str]]:
    """Port ids, and the names that tshark shows beside frames of theirs, in order."""
    found: dict[int, list[str]] = {}
    for ports, comment in tshark(path, "netlink.hdr_pid", "frame.comment"):
        port = int(ports.partition(",")[0])
        names = found.setdefault(port, [])
        if comment:
            names.append(comment.removeprefix("process: "))
    found.pop(0, None)
    return found


def askers(path: Path) -> list[str]:
    """Who asked, by conversation."""
    done = nlsniff("follow", str(path), "--all", "--json")
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return [item["process"] for item in found if item["kind"] != "event"]


def test_five_short_lived_commands_are_all_named(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    pids = []
    with Capture("-w", str(path), "--no-describe"):
        for _ in range(5):
            with subprocess.Popen(["ip", "link", "set", "lo", "up"]) as process:
                pids.append(process.pid)
    found = named(path)
    assert set(pids) <= set(found)
    # Each uses a second socket, whose port id is a random number.
    assert len(found) >= 10
    for port, names in found.items():
        assert len(names) == 1, (port, found)
        assert re.fullmatch(r"ip\[\d+\]( \(by pid\))?", names[0])
        assert int(re.findall(r"\d+", names[0])[0]) in pids
        if port in pids:
            assert f"[{port}]" in names[0]
    assert set(askers(path)) == {f"ip[{pid}]" for pid in pids}

    # Filters and ladders say it, too.
    shown = nlsniff(
        "show", str(path), "-Y", f'process == "ip" and process == {pids[4]} and flags.request', "-e", "message"
    )
    ladder = nlsniff("follow", str(path), shown.stdout.split()[-1])
    assert f"ip[{pids[4]}]" in ladder.stdout
    assert nlsniff("show", str(path), "-Y", 'process == "bridge"').stdout == ""


@pytest.fixture
def client() -> Iterator[Start]:
    """Starts a client: its process, its port ids, its name."""
    started = []

    def start(what: str) -> Started:
        process = subprocess.Popen([*CLIENT, what], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout
        ports = [int(word) for word in process.stdout.readline().split()]
        return process, ports, Path(f"/proc/{process.pid}/comm").read_text().strip()

    yield start
    for process in started:
        process.communicate()


def test_own_port_ids_second_sockets_and_listeners(tmp_path: Path, client: Start) -> None:
    path = tmp_path / "x.pcapng"
    # A socket with the pid of another process as its port id: who holds it is named, not who has that pid.
    with subprocess.Popen(["sleep", "60"]) as other, clients.route_socket(other.pid) as sock:
        with Capture("-w", str(path), "--no-describe"):
            # All processes are looked through for it, which takes its time on a busy machine.
            while OWN.encode() not in path.read_bytes():
                clients.ask(sock)
            libnl, (libnl_port,), command = client("libnl")
            two, (first, second), _ = client("two")
            # It joins its groups, and asks about what it hears of.
            monitor = subprocess.Popen(["ip", "-d", "monitor"], stdout=subprocess.PIPE)
            assert eventually(lambda: f" {monitor.pid} " in Path("/proc/net/netlink").read_text())
            ip("link", "add", "d0", "type", "dummy")
            ip("link", "del", "d0")
            assert monitor.stdout
            assert monitor.stdout.readline()
            monitor.terminate()
            monitor.communicate()
        other.kill()
    assert libnl_port & 0x3FFFFF == libnl.pid
    assert first == two.pid
    assert second != two.pid
    found = named(path)
    assert found.pop(other.pid) == [OWN]
    assert found.pop(libnl_port) == [f"{command}[{libnl.pid}]"]
    assert found.pop(first) == found.pop(second) == [f"{command}[{two.pid}]"]
    assert found.pop(monitor.pid, None) in ([f"ip[{monitor.pid}]"], None)
    for names in found.values():
        # The monitor opens a socket for each question; where that was closed too soon, its owner is unknown.
        assert names == [] or names[0].startswith("ip["), found


def test_a_port_id_used_again_gets_the_next_name(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    pid = 29_111
    with Capture("-w", str(path), "--no-describe"):
        for argv in (["ip", "link", "show"], ["bridge", "link", "show"], ["ip", "route", "show"]):
            clients.run_as(pid, argv)
    names = [name.removesuffix(" (by pid)") for name in named(path)[pid]]
    assert names == [f"ip[{pid}]", f"bridge[{pid}]", f"ip[{pid}]"]
    asked = askers(path)
    assert [who for at, who in enumerate(asked) if at == 0 or asked[at - 1] != who] == names


def test_record_and_live_name_processes_too(tmp_path: Path) -> None:
    recorded = tmp_path / "record.pcapng"
    done = nlsniff("record", "-w", str(recorded), "--", "sh", "-c", "ip link set lo up; bridge link; exec ip route")
    assert done.returncode == 0, done.stderr
    assert {re.sub(r"\[\d+\]", "", name) for name in askers(recorded)} >= {"ip", "bridge"}
    assert all(names for names in named(recorded).values())

    seen = tmp_path / "live.pcapng"
    running = session.start(seen)
    try:
        with subprocess.Popen(["ip", "link", "set", "lo", "up"]) as process:
            pass
        assert eventually(lambda: f"process: ip[{process.pid}]".encode() in seen.read_bytes())
    finally:
        running.stop()


def test_the_namer_has_two_capabilities_and_ends_with_the_capture(tmp_path: Path) -> None:
    with Capture("-w", str(tmp_path / "x.pcapng")) as capture:
        reader, namer = children(capture.process.pid)
        status = Path(f"/proc/{namer}/status").read_text()
        assert os.sched_getscheduler(namer) == os.SCHED_FIFO
        assert os.getpriority(os.PRIO_PROCESS, reader) == -20
        capture.end(signal.SIGKILL)
    assert eventually(lambda: not Path(f"/proc/{reader}").exists())
    assert eventually(lambda: not Path(f"/proc/{namer}").exists())
    held = 1 << 19 | 1 << 2  # CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH
    for name in ("CapPrm", "CapEff"):
        assert f"{name}:\t{held:016x}" in status
    assert "NoNewPrivs:\t1" in status
    # pcap cannot hold a name, and --no-names wants none.
    for options in (("-w", str(tmp_path / "x.pcap")), ("-w", str(tmp_path / "x.pcapng"), "--no-names")):
        with Capture(*options) as capture:
            assert len(children(capture.process.pid)) == 1
        assert rows(Path(options[1]))
