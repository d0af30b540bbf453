"""Who owned a port id when, against a slow and simple reading of the same news."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from nlsniff.follow.processes import Processes

NAMES = st.sampled_from(["ip[412]", "ip[7]", "", "nft[412]", "a[b]", "x[007]", "[5]", "ip[]", "odd]", "n[4294967295]"])
NEWS = st.lists(st.tuples(st.sampled_from([0, 6, 16]), st.integers(0, 5) | st.just(2**32 - 1), NAMES), max_size=60)


def slow(news: list[tuple[int, int, str]], protocol: int, port: int, last: int) -> str | None:
    """The last news till a message, else the first after it."""
    mine = [(at, name) for at, (one, other, name) in enumerate(news, 1) if (one, other) == (protocol, port)]
    if not mine:
        return None
    till = [name for at, name in mine if at <= last]
    return (till[-1] if till else mine[0][1]) or None


@given(NEWS)
def test_the_last_news_till_then_is_what_counts(news: list[tuple[int, int, str]]) -> None:
    processes = Processes()
    for at, (protocol, port, name) in enumerate(news, 1):
        processes.learn(protocol, port, name, at)
    for last in range(1, len(news) + 2):
        for protocol in (0, 6, 16):
            for port in (*range(6), 2**32 - 1):
                assert processes.find(protocol, port, last, last) == slow(news, protocol, port, last)


@given(st.lists(NAMES.filter(bool), max_size=20))
def test_a_request_that_hides_its_port_is_its_senders(names: list[str]) -> None:
    processes = Processes()
    processes.learn(0, 500, "other[500]", 1)
    for at, name in enumerate(names, 1):
        processes.learn_asker(3 * at, name)
    for at, name in enumerate(names, 1):
        assert processes.find(0, 500, 3 * at, 3 * at + 1) == name
    assert processes.find(0, 500, 1, 2) == "other[500]"


def test_a_port_id_that_is_used_again_and_again_is_found_in_few_steps() -> None:
    processes = Processes()
    for at in range(1, 40_001):
        processes.learn(0, 500, f"ip[{at}]", at)
    begin = time.process_time()
    for last in range(1, 40_001, 40):
        assert processes.find(0, 500, last, last) == f"ip[{last}]"
    # Step by step it would be 20 million; a second is a hundred times what it takes.
    assert time.process_time() - begin < 1


def test_many_processes_take_little_memory() -> None:
    import tracemalloc

    processes = Processes()
    processes.learn(0, 1, "ip[1]", 1)
    tracemalloc.start()
    try:
        for at in range(2, 4_002):
            processes.learn(0, at, f"ip[{at}]", at)
            processes.learn_asker(at, f"ip[{at}]")
        used = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    # 30 bytes of news, 12 of a request, 8 to 16 of the table, and what arrays keep in hand.
    assert used / 4_000 < 64
