"""Hex text: what tools and people write is read byte for byte, and what is damaged is named by its line."""

from __future__ import annotations

import itertools
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.file.hexdump import read_hex
from nlsniff.file.read import FrameReader
from nlsniff.wire.nlmsg import HEADER
from tests.conftest import ROOT
from tests.file.hex_forms import FORMS, hexdump_c, od, wireshark, xxd
from tests.support_tools import need

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nlsniff.file.hexdump import HexText

NAMES = ("first-route", "wireguard", "tc-filters", "nl80211")
HEX = ROOT / "tests/file/hex"


def frames(name: str, count: int = 25) -> list[bytes]:
    """The first frames of a recording, with their cooked headers."""
    return [frame.data for frame in itertools.islice(FrameReader(ROOT / f"captures/{name}.pcapng"), count)]


def read(text: str | bytes) -> HexText:
    return read_hex((text.encode() if isinstance(text, str) else text).splitlines(keepends=True))


def data_in(text: str | bytes) -> list[bytes]:
    return [told.data for told in read(text).datagrams]


@pytest.mark.parametrize(
    "command",
    [
        "xxd", "xxd -g1", "xxd -g4", "xxd -e", "xxd -u", "xxd -a", "xxd -p", "xxd -i", "hexdump -C", "hexdump",
        "od -A x -t x1", "od -A x -t x1z", "od -A n -t x1 -v", "od -t x1", "od -A d -t x1", "od -A x -t x2",
        "od -A x -t x4",
    ],
)  # fmt: skip
@pytest.mark.parametrize("start", [0, 16], ids=["cooked", "bare"])
def test_dumps_of_real_tools_are_read(command: str, start: int) -> None:
    need(command.split(maxsplit=1)[0])
    for frame in frames("wireguard") + frames("first-route", 8):
        dump = subprocess.run(command.split(), input=frame[start:], stdout=subprocess.PIPE, check=True).stdout
        assert data_in(dump) == [frame[16:]]
        protocol = int.from_bytes(frame[14:16]) if start == 0 else -1
        assert read(dump).datagrams[0].protocol == protocol


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("start", [0, 16], ids=["cooked", "bare"])
def test_one_text_has_many_datagrams(form: str, start: int) -> None:
    sent = [frame for name in NAMES for frame in frames(name)]
    text = read("\n".join(FORMS[form](frame[start:]) for frame in sent))
    assert [told.data for told in text.datagrams] == [frame[16:] for frame in sent]
    assert text.notes == []


@pytest.mark.parametrize("form", [xxd, hexdump_c, od, wireshark])
def test_dumps_need_nothing_between_them(form: Callable[[bytes], str]) -> None:
    sent = [frame[16:] for frame in frames("first-route")]
    assert data_in("".join(map(form, sent))) == sent


@pytest.mark.parametrize("path", sorted(HEX.glob("*.txt")), ids=lambda path: path.stem)
def test_what_tcpdump_and_tshark_print_is_read(path: Path) -> None:
    """The texts were made by the command in their first line."""
    text = read(path.read_bytes())
    assert [told.data for told in text.datagrams] == [frame[16:] for frame in frames("first-route", 6)]
    assert {told.protocol for told in text.datagrams} == {16, 0}


def test_times_are_those_of_the_text() -> None:
    dump = xxd(frames("first-route")[0][16:])
    text = read(f"19:10:58.478254 IP\n{dump}2026-11-21 19:10:58.5 IP\n{dump}[   12.000007] a\n{dump}x\n{dump}")
    day = 20_778 * 86_400 * 10**9
    second = (19 * 3600 + 10 * 60 + 58) * 10**9
    times = [told.time_ns for told in text.datagrams]
    assert times == [second + 478_254_000, day + second + 500_000_000, 12_000_007_000, 12_000_007_000]


MESSAGES = st.builds(
    lambda body, type_, flags, order: HEADER[order].pack(16 + len(body), type_, flags, 7, 0) + body,
    st.binary(max_size=120).map(lambda body: body[: len(body) & ~3]),
    st.integers(16, 200),
    st.sampled_from([0, 1, 2, 5, 0x301]),
    st.just("<"),
)


@given(st.sampled_from(sorted(FORMS)), MESSAGES)
def test_what_is_written_in_a_form_is_read_from_it(form: str, message: bytes) -> None:
    assert data_in(FORMS[form](message)) == [message]


@given(st.sampled_from(sorted(FORMS)), MESSAGES, st.data())
def test_a_damaged_text_never_raises(form: str, message: bytes, data: st.DataObject) -> None:
    text = bytearray(FORMS[form](message).encode() * 2)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    for told in read(bytes(text)).datagrams:
        assert len(told.data) >= 0


@given(st.text(alphabet="0123456789abcdefx \n:.>|*[]{}\"'\\,#"))
def test_no_text_raises(text: str) -> None:
    read(text)


GETLINK = xxd(frames("first-route")[3][16:]).splitlines()


@pytest.mark.parametrize(
    ("lines", "severity", "words"),
    [
        (GETLINK[:2], "warning", "line 1: a message of 40 bytes, of which the text has 32"),
        (GETLINK[1:], "warning", "line 1: the dump begins at offset 0x10: what stands before that is missing"),
        (
            [GETLINK[0], GETLINK[2]],
            "error",
            "line 1: it has 16 bytes, but the offset of line 2 says 32; what stands behind that is left out",
        ),
        (
            [od(frames("first-route")[3][16:]).splitlines()[0].replace("00 c9", "0g c9"), "000010 00"],
            "error",
            "line 1: '0g' is no hex; what stands behind that is left out",
        ),
        (["00 04", "14 00 00 00 10 00 01 03 01 00 00 zz c9 02 00 00"], "error", "line 2: 'zz' is no hex"),
        (
            ["0000: 99 99 99 99 00 00 00 00 00 00 00 00 00 00 00 00"],
            "warning",
            "line 1: 16 bytes that begin no netlink",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_line(lines: list[str], severity: str, words: str) -> None:
    notes = read("\n".join(lines)).notes
    assert any(said == severity and text.startswith(words) for said, text in notes), notes


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain words\n",
        "commit 2fd4e1c67a2d28fced849ee1bb76e7391b93eb1\n",
        "be added\n",
        "00 01 02\n",
        "[1, 2, 3]\n" * 3,
        '"\\x01"',
    ],
)
def test_what_is_no_hex_has_no_datagrams(text: str) -> None:
    assert data_in(text) == []


def test_hashes_beside_a_dump_are_no_datagrams() -> None:
    message = frames("first-route")[0][16:]
    text = read(f"since 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12\n\n{xxd(message)}")
    assert [told.data for told in text.datagrams] == [message]
    assert text.notes == [("note", "line 1: 20 bytes of hex that begin no netlink message")]


HOSTILE = {
    "quotes": '"\\x14' * 2,
    "escapes": "\\'",
    "brackets": "[{(",
    "hex": "00 ",
    "offsets": "0000: ",
    "stars": "00000000: 00\n*\n",
    "colons": "00:",
    "digits": "0",
    "blanks": "00000000: 14000000\n\n",
    "words": "a b ",
    "numbers": "0x14, ",
    "backslash": "\\",
    "growing": "0000000 14 00\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_cost_is_linear(name: str) -> None:
    assert_linear(lambda size: (HOSTILE[name] * (size // len(HOSTILE[name]))).encode())


def test_cost_of_strings_in_one_line_is_linear() -> None:
    """Behind a message, without which a long line is given up."""
    message = xxd(frames("first-route")[0][16:]).encode()
    assert_linear(lambda size: message + b"\n\n" + b'"\\x14" a ' * (size // 2))


def assert_linear(text_of: Callable[[int], bytes]) -> None:
    def cost(size: int) -> float:
        text = text_of(size).splitlines(keepends=True)
        best = 60.0
        for _ in range(3):
            started = time.process_time()
            read_hex(text)
            best = min(best, time.process_time() - started)
        return best

    small, large = cost(100_000), cost(400_000)
    assert large < 8 * small + 0.1
