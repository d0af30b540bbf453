"""Whatever comes: nothing is raised, and each message is in exactly one conversation."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nlsniff.output import ladder
from nlsniff.terminal import columns
from tests.follow.talk import Talk, nlmsg

NUMBERS = st.sampled_from([0, 1, 2, 500, 501, 0xFFFFFFFF])
TYPES = st.one_of(st.integers(0, 130), st.sampled_from([0xA00, 0xA01, 0x100, 0xFFFF]))
FLAGS = st.one_of(st.sampled_from([0, 1, 2, 5, 0x301, 0x12, 0x305, 0xD]), st.integers(0, 0xFFFF))
MESSAGES = st.builds(nlmsg, TYPES, FLAGS, NUMBERS, NUMBERS, st.binary(max_size=40))
DATAGRAMS = st.tuples(
    st.lists(MESSAGES, min_size=1, max_size=4),
    st.binary(max_size=20),
    st.sampled_from([0, 0, 0, 2, 4, 6, 9, 10, 12, 12, 15, 16, 31]),
    st.integers(-10, 10_000_000),
)


@given(st.lists(DATAGRAMS, max_size=30))
def test_any_traffic_is_a_partition(datagrams: list[tuple[list[bytes], bytes, int, int]]) -> None:
    talk = Talk()
    for parts, rest, protocol, pause in datagrams:
        talk(*parts, rest, protocol=protocol, after_us=pause, comment="process: a[1]" if pause % 5 == 0 else "")
    seen = [number for group in talk.groups() for number in group]
    assert sorted(seen) == list(range(1, len(talk.messages) + 1))
    for found in talk.follower.conversations:
        numbers = list(found.messages)
        assert numbers == sorted(numbers)
        assert all(talk.follower.conversation_of(number) == found.id for number in numbers)
        assert found.count == len(numbers)
        assert found.bytes == sum(talk.message(n).end - talk.message(n).start for n in numbers)
        assert found.cause is None or found.id in talk[found.cause].effects
        assert found.request in {None, numbers[0]}
        found.to_json()
        lines = ladder.text(found, talk.follower, talk.message, 70)
        assert all(columns(line) <= 70 for line in lines)
