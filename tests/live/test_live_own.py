"""What the recorder marks as its own, on a real kernel: all that it says and hears, and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from nlsniff.follow.own import Own
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.wire.comments import device_in, is_own
from tests.live.tool import Capture, ip, nlsniff

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCRIPT = """
ip link add veth0 type veth peer name veth1
ip link set veth0 up; ip link set veth1 up
ip addr add 192.0.2.1/24 dev veth0
ip route add 198.51.100.0/24 via 192.0.2.254
ip link show > /dev/null
ip netconf > /dev/null
ip ntable > /dev/null
tc qdisc show > /dev/null
ss -a -f netlink > /dev/null
ss -a -0 > /dev/null
"""


def record(path: Path, *options: str, script: str = SCRIPT) -> None:
    done = nlsniff("record", *options, "-w", str(path), "--", "sh", "-c", script)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def capture(tmp_path: Path) -> Iterator[IndexedCapture]:
    record(tmp_path / "x.pcapng")
    with IndexedCapture(tmp_path / "x.pcapng", make_decoder()) as capture:
        yield capture.load()


def test_the_description_is_marked_and_nothing_of_the_script(capture: IndexedCapture) -> None:
    marked = {message.conversation for message in capture if is_own(message.comment)}
    assert marked == {1, 2}
    assert all(is_own(message.comment) for message in capture if message.conversation in marked)
    own = Own(capture.follower, capture.interfaces)
    assert [view.id for view in capture.follower.conversations if own.conversation(view)] == [1, 2]
    assert capture.follower.conversation(1).process == capture.follower.conversation(2).process
    assert re.fullmatch(r"nlsniff\[\d+\]", capture.follower.conversation(1).process or "")


def test_the_device_has_a_fixed_name_and_its_entries_are_found(capture: IndexedCapture) -> None:
    (interface,) = capture.interfaces
    assert interface.name == "nlsniff0"
    index = device_in(interface.comments)
    own = Own(capture.follower, capture.interfaces)
    found: dict[str, int] = {}
    for message in capture:
        if message.conversation in {1, 2}:
            continue
        data = message.data[message.start : message.end]
        told = own.message(message)
        if told:
            found[message.type_name] = found.get(message.type_name, 0) + 1
        assert told or b"nlsniff" not in data, message
        words = {node.resolved for node in message.root.walk()} | {node.text for node in message.root.walk()}
        assert told or "nlsniff0" not in words, message
    links = [message for message in capture if message.type_name == "RTM_NEWLINK" and b"nlsniff0" in message.data]
    assert {message.get("ifi-index") for message in links if message.get("ifname") == "nlsniff0"} == {index}
    assert {message.get("ifalias") for message in links if message.get("ifname") == "nlsniff0"} == {"nlsniff"}
    assert found.keys() >= {"RTM_NEWLINK", "RTM_NEWNETCONF", "RTM_NEWQDISC", "SOCK_DIAG_BY_FAMILY"}


def test_a_namespace_that_others_use_gets_a_name_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    with Capture("-w", str(path)):
        device = next(name for name in _links() if name.startswith("nlmon"))
        ip("link", "set", device, "alias", "mine")
    with IndexedCapture(path, make_decoder()) as capture:
        (interface,) = capture.load().interfaces
        assert interface.name == device
        own = Own(capture.follower, capture.interfaces)
        assert [view.id for view in capture.follower.conversations if own.conversation(view)] == [1, 2]


def test_news_of_the_device_are_recognised(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    script = "ip monitor all > /dev/null & sleep 0.3; echo 5 > /proc/sys/net/ipv4/conf/nlsniff0/forwarding"
    record(path, script=f"{script}; ip link add d0 type dummy; sleep 0.3; kill $!")
    with IndexedCapture(path, make_decoder()) as capture:
        own = Own(capture.load().follower, capture.interfaces)
        events = [view for view in capture.follower.conversations if view.kind == "event"]
        ours = [capture.message(view.first_message) for view in events if own.conversation(view)]
        assert {(message.type_name, message.get("ifindex")) for message in ours} == {
            ("RTM_NEWNETCONF", device_in(capture.interfaces[0].comments))
        }


def test_each_file_of_several_has_its_marks(tmp_path: Path) -> None:
    with Capture("-w", str(tmp_path / "x.pcapng"), "-b", "filesize:8"):
        for _ in range(10):
            ip("link", "show")
    files = sorted(tmp_path.glob("x_*"))
    assert len(files) > 1
    for path in files:
        with IndexedCapture(path, make_decoder()) as capture:
            capture.load()
            marked = {message.conversation for message in capture if is_own(message.comment)}
            described = {
                view.id
                for view in capture.follower.conversations
                if (view.process or "").startswith("nlsniff[") and view.kind == "dump"
            }
            assert marked == described
            # The last one may have been begun when the capture was asked to end.
            assert len(marked) == 2 or (path == files[-1] and len(marked) < 2), path


def _links() -> list[str]:
    return [line.split(": ")[1] for line in ip("-o", "link").stdout.splitlines()]
