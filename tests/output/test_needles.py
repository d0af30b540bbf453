"""Finding byte strings: as a naive search does, wherever they stand."""

from __future__ import annotations

import base64
import tracemalloc
from random import Random
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.redact import bytesearch as module
from nlsniff.redact.bytesearch import Needles

# Few different bytes, so that much repeats.
LETTERS = st.binary(max_size=80).map(lambda text: bytes(byte % 3 for byte in text))


@given(
    st.lists(LETTERS, max_size=6),
    LETTERS,
    st.lists(st.tuples(LETTERS, st.integers(0, 5)), max_size=6),
    st.sampled_from((0, 10_000)),
)
def test_finds_what_a_naive_search_finds(
    secrets: list[bytes], before: bytes, parts: list[tuple[bytes, int]], few: int
) -> None:
    with mock.patch.object(module, "_FEW", few):  # words at each shift, and one word
        _compare_with_naive(secrets, before, parts)


def _compare_with_naive(secrets: list[bytes], before: bytes, parts: list[tuple[bytes, int]]) -> None:
    data = before + b"".join(filler + (secrets[number] if number < len(secrets) else b"") for filler, number in parts)
    needles = Needles()
    wanted = {secret for secret in secrets if len(secret) >= 4 and secret.strip(b"\0")}
    for secret in wanted:
        needles.add(secret, 0x2A)
    found = {data[start:end] for start, end in needles.find(data)}
    assert found == {secret for secret in wanted if secret in data}
    naive = {at for secret in wanted for at in range(len(data)) if data.startswith(secret, at)}
    assert {start for start, _ in needles.find(data)} == naive


@given(
    st.binary(min_size=4, max_size=200),
    st.integers(0, 40),
    st.binary(max_size=20),
    st.booleans(),
    st.sampled_from((0, 10_000)),
)
def test_finds_it_at_every_place_raw_and_in_hex(
    secret: bytes, before: int, behind: bytes, upper: bool, few: int
) -> None:
    needles = Needles()
    with mock.patch.object(module, "_FEW", few):
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


class Counted(bytes):
    """Bytes that count how many of them are read."""

    read = 0

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        self.read += len(found)
        return found

    def find(self, *_args: object) -> int:
        raise AssertionError("searched for one by one")


@pytest.mark.parametrize("size", [4, 5, 6, 7, 32])
def test_what_is_read_does_not_grow_with_the_number_of_secrets(size: int) -> None:
    data = bytes(1 << 16) + b"\xff" * size
    few = _read([b"%0*d" % (size, number) for number in range(10)], data)
    many = _read([b"%0*d" % (size, number) for number in range(3000)], data)
    assert many <= few


def _read(secrets: list[bytes], data: bytes) -> int:
    needles, counted = Needles(), Counted(data)
    for secret in secrets:
        needles.add(secret, 0x2A)
    assert not list(needles.find(counted))
    return counted.read


def test_many_secrets_that_share_their_most_telling_word_are_told_apart_at_once() -> None:
    data = b"password is no secret, " * 2000
    read = [_read([b"password%04d" % number for number in range(count)], data) for count in (10, 3000)]
    assert read[1] <= read[0]


def test_secrets_that_share_a_word_at_too_many_places_are_found_by_that_word() -> None:
    needles = Needles()
    secrets = [bytes(number) + b"ABCDEFGH" + bytes(number % 7) for number in range(60)]
    for secret in secrets:
        needles.add(secret, 0x2A)
    for secret in secrets:
        data = b"\xa5" * 9 + secret + b"\xa5"
        assert [at for at in needles.find(data) if at[0] <= 9 + secret.index(b"A") < at[1]]


def test_a_long_secret_is_found_by_a_part_and_told_whole() -> None:
    secret = Random(1).randbytes(5000)  # noqa: S311  a test
    needles = Needles()
    needles.add(secret, 0x2A)
    assert set(needles.find(bytes(77) + secret + bytes(9))) == {(77, 5077)}


def test_a_secret_takes_less_than_a_kib_of_memory() -> None:
    random = Random(1)  # noqa: S311  a test
    needles, count = Needles(), 4000
    with mock.patch.object(module, "_FEW", 0):
        tracemalloc.start()
        for _ in range(count):
            needles.add(random.randbytes(64), 0x2A)
        used = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    assert len(needles) == count
    assert used < count * 1024
