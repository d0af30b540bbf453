"""Finding byte strings: as a naive search does, wherever they stand."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from nlsniff.output.needles import Needles

# Few different bytes, so that much repeats.
LETTERS = st.binary(max_size=80).map(lambda text: bytes(byte % 3 for byte in text))


@given(st.lists(LETTERS, max_size=6), LETTERS, st.lists(st.tuples(LETTERS, st.integers(0, 5)), max_size=6))
def test_finds_what_a_naive_search_finds(secrets: list[bytes], before: bytes, parts: list[tuple[bytes, int]]) -> None:
    data = before + b"".join(filler + (secrets[number] if number < len(secrets) else b"") for filler, number in parts)
    needles = Needles()
    wanted = {secret for secret in secrets if len(secret) >= 4 and secret.strip(b"\0")}
    for secret in wanted:
        needles.add(secret, 0x2A)
    found = {data[start:end] for start, end in needles.find(data)}
    assert found == {secret for secret in wanted if secret in data}
    naive = {at for secret in wanted for at in range(len(data)) if data.startswith(secret, at)}
    assert {start for start, _ in needles.find(data)} == naive


@given(st.binary(min_size=4, max_size=70), st.integers(0, 40), st.binary(max_size=20), st.booleans())
def test_finds_it_at_every_place_raw_and_in_hex(secret: bytes, before: int, behind: bytes, upper: bool) -> None:
    needles = Needles()
    needles.add(secret, 0x2A)
    if not len(needles):
        return
    text = secret.hex().upper() if upper else secret.hex()
    for form in (secret, text.encode()):
        data = b"\xa5" * before + form + behind
        assert (before, before + len(form)) in set(needles.find(data))


def test_finds_it_in_base64() -> None:
    # As `wg` writes keys.
    secret = bytes(range(100, 132))
    needles = Needles()
    needles.add(secret, 0x2A)
    data = b"private-key = " + base64.b64encode(secret) + b"\n"
    assert list(needles.find(data)) == [(14, 14 + 40)]


def test_finds_it_across_chunks() -> None:
    secret = bytes(range(1, 33))
    needles = Needles()
    needles.add(secret, 0x2A)
    for at in range((1 << 20) - 33, (1 << 20) + 2):
        data = bytes(at) + secret + bytes(100)
        assert list(needles.find(data)) == [(at, at + 32)]


def test_what_says_nothing_is_not_looked_for() -> None:
    needles = Needles()
    needles.add(bytes(32), 0x2A)
    needles.add(b"*" * 32, 0x2A)
    assert len(needles) == 0
