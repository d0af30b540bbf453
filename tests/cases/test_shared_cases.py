"""What the shared cases are right about, row by row: in the lines of `show`, in its trees, in JSON and in stories.

The same kinds are tested on bytes of our own elsewhere; here the files of others are the referee.
"""

from __future__ import annotations

import pytest

from nlsniff.cli import main
from tests.shared_cases import case

# A file, the message of it, and what its line or its tree says.
SAYS = [
    ("nl80211", 5, "02:00:5e:00:00:77 2437 MHz -65 dBm associated"),
    ("nl80211", 7, "vendor 00-13-74 command 83"),
    ("nl80211", 10, "mac: 1 bytes, 6 are wanted"),
    ("nl80211", 12, "      80-mhz-width: yes\n"),
    ("nl80211", 12, "      80p80-mhz-width: yes\n"),
    ("nl80211", 12, "      0: -60 dBm\n"),
    ("vfinfo", 2, "vfinfo-list has 70804 bytes, and nla_len, which has 16 bits, says 5268"),
    ("vfinfo", 2, "  alt-ifname: x\n"),
    ("order", 8, "amt0 <up|broadcast|running|multicast> mtu 9000"),
    ("getneigh", 3, "all fdb entries br 5\n"),
    ("getneigh", 5, "all fdb entries dev 7\n"),
    ("sit-isatap", 1, "flags: isatap (0x1)\n"),
    ("stories", 5, "lan0 left its bridge 5\n"),
    ("stories", 8, "lan0 moved to namespace 1 as 9\n"),
    ("wireguard", 8, "! warning: "),
    ("uevent-audit", 7, "exit EACCES"),
    ("uevent-audit", 12, "AUDIT_SOCKADDR  192.0.2.1 port 53\n"),
    ("uevent-audit", 13, "AUDIT_SOCKADDR  2001:db8::1 port 53\n"),
    ("neigh-route", 9, "to: dev 5 ttl 1, dev 6 ttl 2 iif 4\n"),
    ("neigh-route", 12, "rta-error: EHOSTUNREACH"),
    ("link-be", 7, "ifla-vf-vlan-info lacks 2 bytes of padding at its end"),
    ("seg6", 3, "half a segment"),
    ("connector", 3, "to the kernel"),
]
# The same, of what must not be there.
SAYS_NOT = [
    ("vfinfo", 2, "mtu"),
    ("vfinfo", 2, "  address:"),
    ("getneigh", 3, "error"),
    ("seg6", 3, "type-32"),
    ("connector", 3, "to user space"),
]


@pytest.fixture(scope="module")
def trees() -> dict[str, list[str]]:
    return {}


def output(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """What a command prints."""
    with pytest.raises(SystemExit) as left:
        main(list(argv))
    assert left.value.code in {0, None}
    return capsys.readouterr().out


def tree(name: str, number: int, trees: dict[str, list[str]], capsys: pytest.CaptureFixture[str]) -> str:
    """The tree of a message of a case; of each file they are printed once."""
    path = case(f"{name}.pcap")
    if name not in trees:
        trees[name] = output(capsys, "show", "-V", str(path)).split("\n\n")
    (found,) = [text for text in trees[name] if f"  message {number}  " in text]
    return f"{found}\n"


@pytest.mark.parametrize(("name", "number", "words"), SAYS)
def test_a_case_reads_right(
    name: str, number: int, words: str, trees: dict[str, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert words in tree(name, number, trees, capsys)


@pytest.mark.parametrize(("name", "number", "words"), SAYS_NOT)
def test_a_case_is_not_misread(
    name: str, number: int, words: str, trees: dict[str, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert words not in tree(name, number, trees, capsys)


def test_a_link_that_moved_is_not_told_as_deleted(capsys: pytest.CaptureFixture[str]) -> None:
    told = output(capsys, "follow", "--stories", str(case("stories.pcap")))
    assert "  moved to another namespace\n\nstory 2: link wg1\n" in told


def test_a_flag_of_a_rate_is_true_in_a_filter(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = "genl.nl80211.sta-info.tx-bitrate.80-mhz-width == true"
    assert len(output(capsys, "show", "-Y", wanted, str(case("nl80211.pcap"))).splitlines()) == 1
