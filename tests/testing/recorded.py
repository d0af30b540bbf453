"""What the fixtures do where something is really recorded: in a guest with nlmon, and here by strace."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.testing.plugin import Project

PROGRAMS = """
import os

import pytest
import nlsniff

VIA = os.environ.get("VIA", "192.0.2.254")
UP = ["ip link add d0 type veth", ["ip", "addr", "add", "192.0.2.1/24", "dev", "d0"], "ip link set d0 up; true"]


def test_run(netlink, netlink_golden):
    before = os.stat("/proc/self/ns/net").st_ino
    netlink.run(["ip", "route", "add", "198.51.100.0/24", "via", VIA], setup=UP)
    assert netlink == netlink_golden
    assert not netlink.conversations("errno")
    assert {found.request.type for found in netlink.conversations()} == {"RTM_NEWROUTE"}   # no setup, nothing of ours
    assert netlink.capture.interfaces[0].calm
    assert os.stat("/proc/self/ns/net").st_ino == before


def test_what_a_program_is_given(netlink, tmp_path):
    done = netlink.run(["sh", "-c", "cat; echo $HOME; pwd; echo wrong >&2; exit 3"], input="read\\n", check=False,
                       env={"HOME": "/h", "PATH": os.environ["PATH"]}, cwd=tmp_path)
    assert done.notes == ()
    assert (done.returncode, done.stdout, done.stderr) == (3, f"read\\n/h\\n{tmp_path}\\n", "wrong\\n")
    assert netlink.returncode == 3
    with pytest.raises(nlsniff.NlsniffError, match=r"^sh: exit status 3: wrong \\(check=False goes on\\)$"):
        netlink.run(["sh", "-c", "echo wrong >&2; exit 3"])
    with pytest.raises(nlsniff.NlsniffError, match="^cannot run no-such-program: there is no such program$"):
        netlink.run(["no-such-program"], check=False)
    with pytest.raises(nlsniff.NlsniffError, match="^setup: command 1, sh: exit status 7: no$"):
        netlink.run(["true"], setup=["echo no; exit 7"])
    with pytest.raises(nlsniff.NlsniffError, match="^sleep was ended: it took more than 1 seconds$"):
        netlink.run(["sleep", "60"], timeout=1)


def talk(metric):
    import socket, struct
    # RTM_NEWROUTE with REQUEST|ACK|CREATE for 198.51.100.0/24 to lo.
    body = struct.pack("=BBBBBBBBI", 2, 24, 0, 0, 254, 4, 253, 1, 0)
    for kind, data in ((1, bytes([198, 51, 100, 0])), (4, struct.pack("=I", 1)), (6, struct.pack("=I", metric))):
        body += struct.pack("=HH", 8, kind) + data
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock:
        sock.send(struct.pack("=IHHII", 16 + len(body), 24, 0x405, 1, 0) + body)
        answer = sock.recv(4096)
    print("said", metric)
    return struct.unpack_from("=i", answer, 16)[0]


class Own(Exception):
    def __init__(self, one, two):
        super().__init__(one)


def raises(error):
    raise error


def test_call(netlink, netlink_golden):
    netlink.setup(["ip link set lo up"])
    assert netlink.call(talk, int(os.environ.get("METRIC", "7"))) == 0
    assert netlink == netlink_golden
    assert netlink.stdout.startswith("said")
    assert "\\n== python\\n" in netlink.transcript.text  # whatever started pytest
    (asked,) = netlink.conversations("type == RTM_NEWROUTE")
    assert asked.errno is None
    with pytest.raises(KeyError) as told:
        netlink.call(raises, KeyError("key"))
    assert told.value.args == ("key",) and "in raises" in told.value.__notes__[0]
    with pytest.raises(nlsniff.NlsniffError, match="^the function raised Own, which pickle cannot take"):
        netlink.call(raises, Own(1, 2))
    with pytest.raises(nlsniff.NlsniffError, match="^what the function returned cannot be pickled"):
        netlink.call(lambda: (lambda: 1))
    with pytest.raises(nlsniff.NlsniffError, match="^the function did not return: signal 9 ended its process$"):
        netlink.call(lambda: os.kill(os.getpid(), 9))


def test_call_beside_threads(netlink):
    import threading
    end = threading.Event()
    threads = [threading.Thread(target=end.wait) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        netlink.setup(["ip link set lo up"])
        assert netlink.call(talk, 9) == 0
    finally:
        end.set()
    assert len(netlink.conversations("type == RTM_NEWROUTE")) == 1


def test_expect(netlink, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text("format = 1\\nno-errors = true\\n")
    netlink.run(["ip", "route", "show"], setup=UP)
    netlink.expect(rules)
    netlink.run(["ip", "route", "add", "198.51.100.0/24", "via", "192.0.2.254"], check=False)
    with pytest.raises(AssertionError, match="RTM_NEWROUTE"):
        netlink.expect(rules)
"""


def check_what_is_recorded(project: Project, *options: str) -> None:
    """Goldens are written, equal, and told of where the program changes."""
    project.write(PROGRAMS)
    project.run("--netlink-required", "--netlink-update", *options).assert_outcomes(passed=5)
    names = ["test_call.nlt", "test_run.nlt"]
    assert [name.rpartition("/")[2] for name in project.goldens()] == names
    result = project.run("--netlink-required", *options, VIA="192.0.2.253", METRIC="8")
    result.assert_outcomes(passed=3, failed=2)
    result.stdout.fnmatch_lines_random([
        "*test_run.nlt:*: RTM_NEWROUTE 198.51.100.0/24: gateway was 192.0.2.254, now 192.0.2.253*",
        "*test_call.nlt:*: RTM_NEWROUTE 198.51.100.0/24: priority was 7, now 8*",
    ])  # fmt: skip
