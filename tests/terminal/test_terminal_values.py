"""What a text is stays true below what is shown of it: in JSON and for filters, its NULs included."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from nlsniff.cli.show import command as show
from nlsniff.file.write import open_writer
from tests.cli.invoke import invoke
from tests.file.made import datagram
from tests.shared_cases import case
from tests.terminal.hostile import attr, nlmsg
from tests.terminal.test_every_printer import check, run

if TYPE_CHECKING:
    from pathlib import Path

SSIDS = (b"net", b"net\0", b"", b"\0\0\0", b"\\x00", b"\xff", b"a\x1bb", b"a\nb", "\u202e".encode())


@pytest.fixture
def wireless(tmp_path: Path) -> str:
    """A request to connect to each of the networks."""
    path = tmp_path / "ssids.pcapng"
    family = nlmsg(16, 0, 0, 0, b"\1\2\0\0" + attr(2, b"nl80211\0") + attr(1, b"\x1c\0"))
    with open_writer(path) as writer:
        writer.write(1, datagram(family, protocol=16))
        for number, ssid in enumerate(SSIDS, 2):
            writer.write(number, datagram(nlmsg(28, 5, number, 9, b"\x2e\0\0\0" + attr(52, ssid)), protocol=16))
    return str(path)


def test_texts_that_differ_are_told_apart(wireless: str) -> None:
    wanted = ["-Y", "type == NL80211_CMD_CONNECT", wireless]
    rows = invoke(show, [*wanted, "-e", "genl.nl80211.ssid"]).stdout.split("\n")[:-1]
    assert rows == ["net", "net\\x00", "", "\\x00\\x00\\x00", "\\\\x00", "\\xff", "a\\x1bb", "a\\nb", "\\u202e"]
    lines = invoke(show, [*wanted, "--json"]).stdout.splitlines()
    values = [json.loads(line)["body"]["ssid"] for line in lines]
    assert values == [ssid.decode("utf-8", "backslashreplace") for ssid in SSIDS]


@pytest.mark.parametrize(
    ("comparison", "found"),
    [
        (r'== "net"', [0]), (r'== "net\0"', [1]), (r'== "net\x00"', [1]), (r'== ""', [2]), (r'== "\0\0\0"', [3]),
        (r'== "\\x00"', [4]), (r'== "a\x1bb"', [6]), (r'== "a\nb"', [7]), (r'== "\u202e"', [8]),
        (r'contains "\x1b"', [6]), (r'contains "\0"', [1, 3]), (r'matches "^net$"', [0]), (r'matches "^a\sb$"', [7]),
        (r'contains "x1b"', []),
    ],
)  # fmt: skip
def test_filters_ask_for_the_text_itself(wireless: str, comparison: str, found: list[int]) -> None:
    result = invoke(show, ["-Y", f"genl.nl80211.ssid {comparison}", "-e", "message", wireless])
    assert [int(row) - 2 for row in result.stdout.split()] == found


@pytest.mark.parametrize("name", ["strings.pcap", "wiphy-mptcp-unix.pcap", "hostile/term.pcapng"])
@pytest.mark.parametrize(
    "how", ["show", "show -V", "show --json", "follow --all", "follow --all -V", "follow --stories", "stats"]
)
def test_the_reported_captures(name: str, how: str) -> None:
    status, printed = run([*how.split(), str(case(name))])
    check(printed)
    assert status == 0


def test_a_text_without_its_nul() -> None:
    _, printed = run(["show", str(case("getfamily-len.pcap"))])
    assert [line.split()[0] for line in printed.splitlines() if "kernel wants one" in line] == ["4", "6"]
