"""What was done is what is decoded: iproute2 works, a kernel answers, every byte and every pair is accounted for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.live.tool import Capture, ip, nlsniff

if TYPE_CHECKING:
    from pathlib import Path

KEY = "0x000102030405060708090a0b0c0d0e0f10111213"


def lines(*arguments: str) -> list[dict[str, Any]]:
    done = nlsniff(*arguments)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file: Path = tmp_path_factory.mktemp("decoded") / "x.pcapng"
    with Capture("-w", str(file)):
        ip("link", "add", "d1", "type", "dummy")
        ip("link", "set", "d1", "mtu", "1400", "up")
        ip("addr", "add", "192.0.2.1/24", "dev", "d1")
        ip("addr", "add", "2001:db8::1/64", "dev", "d1")
        ip("route", "add", "198.51.100.0/24", "via", "192.0.2.254", "metric", "7", "mtu", "1300")
        assert ip("route", "add", "203.0.113.0/24", "via", "10.9.9.9", check=False).returncode
        ip("xfrm", "state", "add", "src", "192.0.2.1", "dst", "192.0.2.2", "proto", "esp", "spi", "0x101",
           "reqid", "1", "mode", "tunnel", "aead", "rfc4106(gcm(aes))", KEY, "128")  # fmt: skip
        ip("xfrm", "policy", "add", "src", "10.0.0.0/8", "dst", "10.1.0.0/16", "dir", "out",
           "tmpl", "src", "192.0.2.1", "dst", "192.0.2.2", "proto", "esp", "reqid", "1", "mode", "tunnel")  # fmt: skip
        ip("neigh", "add", "192.0.2.7", "lladdr", "02:00:00:00:00:07", "dev", "d1")
        ip("rule", "add", "from", "192.0.2.0/24", "table", "100")
        ip("route", "show", "table", "all")
        ip("xfrm", "state", "flush")
        ip("xfrm", "policy", "flush")
        ip("rule", "del", "from", "192.0.2.0/24", "table", "100")
        ip("link", "del", "d1")
    return file


def test_every_byte_is_named(path: Path) -> None:
    for message in lines("show", "--json", str(path)):
        assert message["bytes"]["unknown"] == 0, message
        assert message["problems"] == [], message


def test_what_was_done_is_what_is_decoded(path: Path) -> None:
    messages = lines("show", "--json", str(path))

    def asked(type_: str) -> list[dict[str, Any]]:
        found = [item for item in messages if item["type"] == type_ and item["direction"] == "to-kernel"]
        return [item["body"] for item in found]

    assert next(body for body in asked("RTM_NEWLINK") if "linkinfo" in body)["linkinfo"] == {"kind": "dummy"}
    assert [body["local"] for body in asked("RTM_NEWADDR")] == ["192.0.2.1", "2001:db8::1"]
    route, refused = asked("RTM_NEWROUTE")
    assert (route["dst"], route["rtm-dst-len"], route["gateway"]) == ("198.51.100.0", 24, "192.0.2.254")
    assert (route["priority"], route["metrics"]) == (7, {"mtu": 1300})
    assert refused["gateway"] == "10.9.9.9"
    (state,) = asked("XFRM_MSG_NEWSA")
    assert (state["id"]["daddr"], state["saddr"], state["id"]["spi"]) == ("192.0.2.2", "192.0.2.1", 0x101)
    assert (state["mode"], state["reqid"], state["alg-aead"]["alg-name"]) == ("tunnel", 1, "rfc4106(gcm(aes))")
    assert state["alg-aead"]["alg-key"] == "<secret>"
    (policy,) = asked("XFRM_MSG_NEWPOLICY")
    assert (policy["sel"]["saddr"], policy["sel"]["prefixlen-s"], policy["dir"]) == ("10.0.0.0", 8, "out")
    (neighbour,) = asked("RTM_NEWNEIGH")
    assert (neighbour["dst"], neighbour["lladdr"]) == ("192.0.2.7", "02:00:00:00:00:07")
    (rule,) = asked("RTM_NEWRULE")
    assert (rule["src"], rule["src-len"], rule["hdr-table"]) == ("192.0.2.0", 24, 100)


def test_names_come_from_the_capture(path: Path) -> None:
    shown = nlsniff("show", str(path)).stdout
    assert "198.51.100.0/24 via 192.0.2.254 dev d1 metric 7" in shown
    assert KEY[2:] not in shown


def test_every_request_is_paired(path: Path) -> None:
    conversations = lines("follow", "--all", "--json", str(path))
    messages = lines("show", "--json", str(path))
    asked = {item["message"] for item in messages if item["direction"] == "to-kernel"}
    assert {item["request"] for item in conversations if item["request"] is not None} == asked
    for item in conversations:
        assert item["status"] in {"ok", "error"}, item
        assert item["certain"] or item["kind"] == "event", item
        if item["kind"] in {"request", "dump"}:
            assert len(item["messages"]) >= 2, item
    # Before it adds a link, iproute2 asks whether one of that name exists, and hears ENODEV.
    failed = [item for item in conversations if item["status"] == "error" and item["errno"] != "ENODEV"]
    assert [(item["errno"], item["extack"]["text"]) for item in failed] == [
        ("ENETUNREACH", "Nexthop has invalid gateway")
    ]
    owners = [number for item in conversations for number in item["messages"]]
    assert sorted(owners) == [item["message"] for item in messages]


def test_the_dump_is_followed_to_its_end(path: Path) -> None:
    messages = {item["message"]: item for item in lines("show", "--json", str(path))}
    dump = next(
        item
        for item in lines("follow", "--all", "--json", str(path))
        if item["kind"] == "dump" and messages[item["request"]]["type"] == "RTM_GETROUTE"
    )
    types = [messages[number]["type"] for number in dump["messages"]]
    assert types[0] == "RTM_GETROUTE"
    assert set(types[1:-1]) == {"RTM_NEWROUTE"}
    assert types[-1] == "NLMSG_DONE"
    assert dump["parts"] == len(types) - 2 > 5
