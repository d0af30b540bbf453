"""Who holds a port id: by /proc and by the process connector of the machine's own kernel, and how the reader is told.

tests/live/test_live_names.py has the whole, on a kernel without process events.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.capture import namer, sockets, tap
from nlsniff.capture.connector import open_events, read_events
from nlsniff.capture.naming import Fact, PortKey, pack, unpack
from nlsniff.capture.owners import Owners
from nlsniff.capture.ports import Ports
from nlsniff.wire.comments import BY_PID
from tests.live.clients import route_socket

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUTE, GENERIC = 0, 16
OWN = f"{Path('/proc/self/comm').read_text().strip()}[{os.getpid()}]"


@given(
    st.lists(
        st.builds(
            Fact,
            st.builds(PortKey, st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)),
            st.integers(0, (1 << 64) - 1),
            st.none() | st.text(st.characters(codec="utf-8"), max_size=60),
        ),
        max_size=5,
    )
)
def test_facts_come_through(facts: list[Fact]) -> None:
    assert list(unpack(pack(facts))) == facts


@given(st.binary(max_size=80))
def test_reading_any_bytes_as_facts_ends(data: bytes) -> None:
    list(unpack(data))


def find(owners: Owners, *keys: PortKey) -> dict[PortKey, str]:
    """Find names, however long it takes."""
    found = owners.find(keys)
    while owners.step_in() is not None:
        found |= owners.step()
    return {key: owner.name for key, owner in found.items()}


def port_of(sock: socket.socket) -> int:
    port: int = sock.getsockname()[0]
    return port


def test_the_holder_of_a_socket_is_found_by_whatever_port_id() -> None:
    owners = Owners()
    free = PortKey(ROUTE, 0x7FFFFFF1)
    with route_socket() as first, route_socket() as second, route_socket(os.getpid() | 9 << 22) as libnl:
        keys = [PortKey(ROUTE, port_of(sock)) for sock in (first, second, libnl)]
        assert find(owners, *keys, free) == {**dict.fromkeys(keys, OWN), free: ""}
        # The same number is another socket in another protocol.
        assert keys[2] in sockets.SocketTable().inodes()
        assert find(owners, PortKey(GENERIC, keys[2].port)) == {PortKey(GENERIC, keys[2].port): ""}


def test_a_socket_that_two_processes_hold_has_two_names() -> None:
    with route_socket(0x7FFFFFF2) as sock:
        child = subprocess.Popen(["sleep", "60"], pass_fds=[sock.fileno()])
        key = PortKey(ROUTE, port_of(sock))
        # The first that holds it is not good enough here: the port id says nothing about who uses it.
        assert key not in Owners().find([key])
        name = _eventually(lambda: find(Owners(), key)[key], lambda found: "sleep" in found)
        child.kill()
        child.wait()
    assert sorted(name.split(" or ")) == sorted([OWN, f"sleep[{child.pid}]"])


def test_a_closed_socket_is_named_by_pid_and_says_so() -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        key = PortKey(ROUTE, other.pid)
        name = _eventually(lambda: find(Owners(), key)[key], lambda found: "sleep" in found)
        other.kill()
        other.wait()
        assert name == f"sleep[{other.pid}]{BY_PID}"
        assert find(Owners(), key) == {key: ""}


def _eventually(get: object, good: object) -> str:
    """Ask until the answer is good: a process that was just started has yet to become what it will be."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        found: str = get()  # type: ignore[operator]
        if good(found):  # type: ignore[operator]
            return found
        time.sleep(0.01)
    return found


def test_a_name_that_would_break_a_line_does_not() -> None:
    code = "open('/proc/self/comm', 'w').write('a\\n[b\\x1b'); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as process:
        assert _eventually(lambda: sockets.command(process.pid), lambda found: found.startswith("a")) == "a?[b?"


@pytest.fixture
def channel() -> Iterator[socket.socket]:
    """A running namer without a tap, as a reader has it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = namer.spawn(None, theirs)
    theirs.close()
    ours.settimeout(20)
    yield ours
    ours.close()
    assert os.waitpid(pid, 0)[1] == 0  # it ends with its reader


def _ask(channel: socket.socket, key: PortKey) -> Fact:
    channel.send(pack([Fact(key, time.time_ns())]))
    return _next(channel, key)


def _next(channel: socket.socket, key: PortKey) -> Fact:
    while True:
        for fact in unpack(channel.recv(1 << 16)):
            if fact.key == key:
                return fact


def test_the_namer_answers_and_tells_when_a_process_has_ended(channel: socket.socket) -> None:
    code = (
        "import socket; s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0); s.bind((0x7ffffff3, 0)); "
        "print(flush=True); input()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        key = PortKey(ROUTE, 0x7FFFFFF3)
        assert _ask(channel, key) == Fact(key, 0, f"{sockets.command(process.pid)}[{process.pid}]")
        before = time.time_ns()
        process.communicate(b"\n")
    ended = _next(channel, key)
    assert ended.name is None
    assert before <= ended.since <= time.time_ns()
    with route_socket(0x7FFFFFF3):
        assert _ask(channel, key) == Fact(key, ended.since, OWN)


def test_process_events_are_heard_from_another_network_namespace() -> None:
    events = open_events()
    if events is None:
        pytest.skip("needs the process connector: CONFIG_PROC_EVENTS, CAP_NET_ADMIN, and no container")
    code = (
        "import os, select; from nlsniff.capture.connector import open_events; "
        "here = os.readlink('/proc/self/ns/net'); events = open_events(); "
        "os.spawnlp(os.P_WAIT, 'true', 'true'); "
        "print(bool(select.select([events.fileno()], [], [], 2)[0]), here == os.readlink('/proc/self/ns/net'))"
    )
    done = subprocess.run(["unshare", "-n", sys.executable, "-c", code], capture_output=True, text=True, check=False)
    with subprocess.Popen(["true"]):
        pass
    heard = bool(select.select([events.fileno()], [], [], 2)[0])
    assert done.stdout == f"{heard} True\n", done.stderr


def test_process_events_name_what_has_ended_long_before_anybody_asked(channel: socket.socket) -> None:
    events = open_events()
    if events is None:
        pytest.skip("needs the process connector: CONFIG_PROC_EVENTS, CAP_NET_ADMIN, and no container")
    with subprocess.Popen(["true"]):
        pass
    if not select.select([events.fileno()], [], [], 2)[0]:
        pytest.skip("needs the process connector, which tells nothing in a container")
    # A machine that stands still for some milliseconds may cost a name; it never gives a wrong one.
    for _ in range(20):
        pids = []
        for _ in range(5):
            with subprocess.Popen(["ip", "link", "set", "lo", "up"], stderr=subprocess.DEVNULL) as process:
                pids.append(process.pid)
        time.sleep(0.1)
        names = [_ask(channel, PortKey(ROUTE, pid)).name for pid in pids]
        assert all(name in ("", f"ip[{pid}]{BY_PID}") for pid, name in zip(pids, names, strict=True))
        if all(names):
            break
    assert all(names)
    seen = [(event.pid, event.ended) for event in read_events(events)]
    for pid in pids:
        assert seen.index((pid, False)) < seen.index((pid, True))


def test_a_filter_hides_what_it_is_told_and_nothing_else() -> None:
    """The kernel runs it on loopback frames here."""
    try:
        receiver = tap.open_tap("lo")
    except PermissionError:
        pytest.skip("needs CAP_NET_RAW")
    keys = [PortKey(0x1234, 77), PortKey(0x1234, 78), PortKey(0x1235, 77)]
    request, event = PortKey(0x1234, 0), PortKey(0x1235, 0)
    with receiver, socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind(("lo", 0x1234))
        for hidden, requests, expected in (
            ((), False, {*keys, request}),
            (keys[:1], True, set(keys[1:])),
            (keys, False, {request}),
        ):
            tap.hide(receiver, hidden, requests=requests)
            for protocol, port in (*keys, request, event):
                header = struct.pack("=IHHII", 56, 24, int(protocol == request.protocol), 0, port)
                sender.sendto(header + bytes(40), ("lo", protocol))
            heard = {key for _ in range(20) if (key := _heard(receiver))}
            assert heard & {*keys, request, event} == expected


def _heard(receiver: socket.socket) -> PortKey | None:
    select.select([receiver], [], [], 0.05)
    return tap.receive(receiver)


class Reader:
    """The reader's side, with the namer's end of the channel in our hands."""

    def __init__(self) -> None:
        self.namer, self.channel = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.namer.setblocking(False)
        self.channel.setblocking(False)
        own = {PortKey(protocol, 900): "nlsniff[900]" for protocol in (ROUTE, GENERIC)}
        self.ports = Ports(self.channel.fileno(), own, hurried=lambda: False)

    def tell(self, *facts: Fact) -> None:
        self.namer.send(pack(facts))
        self.ports.begin()

    def comment(self, port: int, time_ns: int, protocol: int = ROUTE) -> str:
        return self.ports.comment(socket.htons(protocol), port, time_ns)


def test_a_frame_is_told_the_name_of_its_time() -> None:
    reader = Reader()
    key = PortKey(ROUTE, 412)
    reader.tell(Fact(key, 0, "ip[412]"), Fact(key, 200), Fact(key, 200, "bridge[412]"))
    assert reader.comment(412, 100) == "process: ip[412]"
    assert reader.comment(412, 199) == ""
    assert reader.comment(412, 200) == "process: bridge[412]"
    assert (ROUTE, 412) in reader.ports.settled
    assert reader.comment(412, 150) == "process: ip[412]"
    reader.tell(Fact(key, 300), Fact(key, 300, ""))
    assert (ROUTE, 412) not in reader.ports.settled
    assert reader.comment(412, 301) == "process: unknown"
    assert reader.comment(412, 302) == ""


def test_a_port_id_is_one_of_its_protocol_and_own_ones_are_known() -> None:
    reader = Reader()
    reader.tell(
        Fact(PortKey(ROUTE, 412), 0, "ip[412]"),
        Fact(PortKey(GENERIC, 412), 0, ""),
        Fact(PortKey(ROUTE, 900), 0, "x[900]"),
    )
    assert reader.comment(412, 1, GENERIC) == ""
    assert reader.comment(412, 2) == "process: ip[412]"
    assert reader.comment(900, 3) == reader.comment(900, 4, GENERIC) == "process: nlsniff[900]\nnlsniff: own"
    assert reader.comment(900, 5) == "nlsniff: own"
    assert not reader.ports.settled & {(socket.htons(protocol), 900) for protocol in (ROUTE, GENERIC)}


def test_what_is_not_known_is_asked_for_once_and_waited_for_shortly() -> None:
    reader = Reader()
    reader.ports.begin()
    began = time.monotonic()
    assert reader.comment(5, 1) == reader.comment(5, 2) == ""
    assert time.monotonic() - began < 1
    assert list(unpack(reader.namer.recv(100))) == [Fact(PortKey(ROUTE, 5), 1)]
    with pytest.raises(BlockingIOError):
        reader.namer.recv(100)
    reader.tell(Fact(PortKey(ROUTE, 5), 0, "late[5]"))
    assert reader.comment(5, 3) == "process: late[5]"


def test_new_port_ids_without_end_do_not_hold_up_the_reader() -> None:
    reader = Reader()
    reader.ports.begin()
    began = time.monotonic()
    assert {reader.comment(port, 1) for port in range(10_000, 20_000)} == {""}
    assert time.monotonic() - began < 2
    asked = 0
    while select.select([reader.namer], [], [], 0)[0]:
        asked += len(list(unpack(reader.namer.recv(100))))
    assert 0 < asked <= 32


def test_without_a_namer_the_reader_goes_on() -> None:
    reader = Reader()
    reader.tell(Fact(PortKey(ROUTE, 412), 0, "ip[412]"))
    reader.namer.close()
    reader.ports.begin()
    assert reader.comment(412, 1) == reader.comment(413, 2) == ""
    assert reader.comment(900, 3) == "process: nlsniff[900]\nnlsniff: own"
    assert len(reader.ports.settled) == 2
