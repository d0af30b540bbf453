"""`record --calm`: IPv6 says nothing by itself, for root and for an ordinary user, and the file says that it was so."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from nlsniff.reader import IndexedCapture, make_decoder
from tests.live.tool import NLSNIFF, NOBODY, as_user, nlsniff, open_to_all

if TYPE_CHECKING:
    from pathlib import Path

# Links that come up while somebody listens, an address of the program's own, and what there is in the end.
SCRIPT = """
ip monitor all > /dev/null & sleep 0.3
ip link add veth0 type veth peer name veth1
ip link set veth0 up; ip link set veth1 up
ip addr add 2001:db8::1/64 dev veth0
sleep 5
ip link show > /dev/null
kill $!
"""


def record(path: Path, *options: str, user: bool) -> str:
    command = ["record", *options, "-w", str(path), "--", "sh", "-c", SCRIPT]
    done = as_user([*NLSNIFF, *command]) if user else nlsniff(*command)
    assert done.returncode == 0, done.stderr
    return done.stderr


class Spoken(NamedTuple):
    """What the kernel said of IPv6."""

    texts: set[str]  # addresses, and what else has a colon
    solicitations: int  # links that say that they asked for routers
    seconds: float  # from the program's address to the end of its search for duplicates


def spoken(path: Path) -> Spoken:
    with IndexedCapture(path, make_decoder()) as capture:
        told = [message for message in capture.load() if message.type_name in {"RTM_NEWADDR", "RTM_NEWROUTE"}]
        texts = {node.text for message in told for node in message.root.walk() if ":" in node.text}
        events = [message for message in capture if capture.conversation(message.number).kind == "event"]
        ours = [message for message in events if message.get("address") == "2001:db8::1"]
        asked = [message for message in capture if "rs-sent" in str(message.get("af-spec.inet6.flags"))]
        return Spoken(texts, len(asked), (ours[-1].time_ns - ours[0].time_ns) / 1e9)


@pytest.mark.parametrize("user", [False, True], ids=["root", "an ordinary user"])
def test_a_calm_recording(user: bool, tmp_path: Path) -> None:
    open_to_all(tmp_path)
    found = {}
    for options in (["--calm"], [] if user else ["--no-calm"]):  # each takes seconds
        path = tmp_path / f"{'-'.join(options)}.pcapng"
        said = record(path, *options, user=user)
        assert said.count("\n") == 1
        assert path.stat().st_uid == (NOBODY if user else 0)
        found[" ".join(options)] = spoken(path)
        with IndexedCapture(path, make_decoder()) as capture:
            assert capture.load().interfaces[0].calm == (options == ["--calm"])
        assert ("recorded calm" in nlsniff("stats", str(path)).stdout) == (options == ["--calm"])
    quiet = found.pop("--calm")
    assert "2001:db8::1" in quiet.texts
    assert not any(text.startswith("fe80::") for text in quiet.texts)
    assert quiet.solicitations == 0
    assert quiet.seconds < 0.9
    for loud in found.values():  # so that the above means something
        assert any(text.startswith("fe80::") for text in loud.texts)
        assert loud.solicitations > 0
        assert loud.seconds > 0.9
