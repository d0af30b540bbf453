"""Which batch of nf_tables an event is of: traffic made by hand, one case a test."""

from __future__ import annotations

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from nlsniff.output import ladder
from nlsniff.wire.delivery import Delivery, delivery_comment
from tests.follow.talk import ACK, NETFILTER, REQUEST, Talk, answer, attr, nlmsg

CREATE, ECHO = 0x400, 8
NEWTABLE, DELTABLE, NEWCHAIN, NEWRULE, DELRULE = 0xA00, 0xA02, 0xA03, 0xA06, 0xA08
NEWSETELEM, NEWGEN, GETGEN = 0xA0C, 0xA0F, 0xA10


def body(table: str = "", generation: int = 0, family: int = 1) -> bytes:
    """What follows nlmsghdr: nfgenmsg, and the name of a table."""
    name = attr(1, table.encode() + b"\0") if table else b""
    return struct.pack(">BBH", family, 0, generation & 0xFFFF) + name


def batch(*inside: tuple[int, str], seq: int = 1, made_for: int = 0, end: bool = True) -> list[bytes]:
    """A batch as nft sends one: of each message its type and table."""
    genid = attr(1, struct.pack(">I", made_for)) if made_for else b""
    parts = [nlmsg(16, REQUEST, seq - 1, 0, struct.pack(">BBH", 0, 0, 10) + genid)]
    parts += [nlmsg(type_, REQUEST | CREATE, seq + at, 0, body(table)) for at, (type_, table) in enumerate(inside)]
    return [*parts, nlmsg(17, REQUEST, seq + len(inside), 0, struct.pack(">BBH", 0, 0, 10))] if end else parts


class Nft(Talk):
    """A capture in which the kernel tells of batches."""

    def say(self, *parts: bytes, after_us: int = 10) -> int:
        """A datagram of netfilter; the id of its last conversation."""
        return self(*parts, protocol=NETFILTER, after_us=after_us)

    def tell(self, type_: int, table: str, seq: int, port: int, generation: int) -> int | None:
        """News of an object; the conversation that caused it."""
        number = self.say(nlmsg(type_, 0, seq, port, body(table, generation)))
        return self[number].cause

    def done(self, seq: int, port: int, generation: int) -> int | None:
        """The last news of a batch; the conversation that caused it."""
        return self[self.say(new_generation(seq, port, generation))].cause


def new_generation(seq: int, port: int, generation: int, pid: int = 0) -> bytes:
    attributes = attr(1, struct.pack(">I", generation)) + attr(2, struct.pack(">I", pid or port)) + attr(3, b"nft\0")
    return nlmsg(NEWGEN, 0, seq, port, body("", generation, 0) + attributes)


def test_batches_of_one_socket_that_count_from_the_same_number() -> None:
    talk = Nft()
    for generation in range(2, 8):
        asked = talk.say(nlmsg(GETGEN, REQUEST, 1, 0, body()))
        assert talk.say(new_generation(1, 500, generation - 1)) == asked
        said = talk.say(*batch((NEWRULE, "x")))
        assert talk.tell(NEWRULE, "x", 1, 500, generation) == said
        assert talk.done(1, 500, generation) == said
        assert talk[said].certain


def test_elements_have_no_sequence_number() -> None:
    talk = Nft()
    first = talk.say(*batch((NEWTABLE, "x"), seq=1000))
    assert talk.tell(NEWTABLE, "x", 1000, 500, 2) == first
    assert talk.done(1000, 500, 2) == first
    said = talk.say(*batch((NEWSETELEM, "x"), seq=1000))
    assert talk.tell(NEWSETELEM, "x", 0, 500, 3) == said
    assert talk.tell(NEWSETELEM, "x", 0, 500, 3) == said
    assert talk.done(1000, 500, 3) == said


def test_a_trial_changes_nothing() -> None:
    talk = Nft()
    said = talk.say(*batch((NEWRULE, "x")))
    trial = talk.say(*batch((NEWRULE, "x"), end=False))
    assert talk.tell(NEWRULE, "x", 1, 500, 2) == said
    assert talk[said].certain
    assert not talk[trial].effects


def test_batches_at_once_are_told_apart_by_what_they_change() -> None:
    talk = Nft()
    one = talk.say(*batch((NEWTABLE, "x"), (NEWCHAIN, "x")))
    two = talk.say(*batch((NEWTABLE, "y"), (NEWCHAIN, "y")))
    three = talk.say(*batch((NEWTABLE, "x"), (NEWRULE, "x")))
    assert talk.tell(NEWCHAIN, "y", 2, 502, 2) == two
    assert talk.done(1, 502, 2) == two
    assert talk.tell(NEWCHAIN, "x", 2, 501, 3) == one
    assert talk.done(1, 501, 3) == one
    assert talk.tell(NEWRULE, "x", 2, 503, 4) == three
    assert talk.done(1, 503, 4) == three
    assert talk[one].certain
    assert talk[two].certain


def test_batches_that_may_both_have_done_it_are_a_guess() -> None:
    talk = Nft()
    both = {talk.say(*batch((NEWRULE, "x"))) for _ in range(2)}
    event = talk.say(nlmsg(NEWRULE, 0, 1, 500, body("x", 2)))
    assert talk[event].cause in both
    assert not talk[event].certain


def test_the_generation_that_a_batch_was_made_for_tells_it() -> None:
    talk = Nft()
    one = talk.say(*batch((NEWRULE, "x"), made_for=5))
    two = talk.say(*batch((NEWRULE, "x"), made_for=6))
    assert talk.tell(NEWRULE, "x", 1, 500, 6) == one
    assert talk.done(1, 500, 6) == one
    assert talk.tell(NEWRULE, "x", 1, 501, 7) == two
    assert talk[one].certain
    assert talk[two].certain


def test_the_number_of_a_generation_is_never_zero() -> None:
    talk = Nft()
    said = talk.say(*batch((NEWRULE, "x"), made_for=0xFFFFFFFF))
    assert talk.tell(NEWRULE, "x", 1, 500, 1) == said


def test_an_answer_may_have_the_bytes_of_news() -> None:
    talk = Nft()
    said = talk.say(*batch((NEWTABLE, "x")))
    assert talk.tell(NEWTABLE, "x", 1, 500, 2) == said
    assert talk.done(1, 500, 2) == said
    asked = talk.say(nlmsg(GETGEN, REQUEST, 1, 0, body()))
    assert talk.say(new_generation(1, 500, 2)) == asked


def test_copies_of_news_are_no_answers_to_what_others_ask() -> None:
    talk = Nft()
    said = talk.say(*batch((NEWTABLE, "x")))
    asked = talk.say(nlmsg(GETGEN, REQUEST, 1, 0, body()))  # of another, and not served yet
    events = {talk.say(nlmsg(NEWTABLE, 0, 1, 500, body("x", 2))) for _ in range(3)}
    assert [talk[event].cause for event in events] == [said]
    assert talk.done(1, 500, 2) == said
    assert talk[asked].status == "unanswered"


def test_a_flush_takes_along_what_hangs_on_it() -> None:
    talk = Nft()
    said = talk.say(nlmsg(16, REQUEST, 0, 0, bytes(4)), nlmsg(DELTABLE, REQUEST, 1, 0, body(family=0)),
                    nlmsg(17, REQUEST, 2, 0, bytes(4)))  # fmt: skip
    for type_ in (DELRULE, 0xA0B, 0xA05, DELTABLE):
        assert talk.tell(type_, "any", 1, 500, 9) == said
    assert talk.done(1, 500, 9) == said


def test_what_was_refused_changed_nothing() -> None:
    talk = Nft()
    refused = batch((NEWTABLE, "x"))
    talk.say(*refused)
    talk.say(answer(refused[1], 500, 17, whole=True))
    said = talk.say(*batch((NEWTABLE, "x")))
    assert talk.tell(NEWTABLE, "x", 1, 500, 2) == said


def test_news_without_their_batch_have_no_cause() -> None:
    talk = Nft()
    talk.say(nlmsg(GETGEN, REQUEST, 1, 0, body()))
    talk.say(new_generation(1, 500, 1))
    assert talk.tell(NEWTABLE, "x", 1, 500, 2) is None
    assert talk.done(1, 500, 2) is None
    assert [found.kind for found in talk.follower.conversations] == ["request", "event", "event"]


CHANGES = st.lists(st.tuples(st.sampled_from([NEWTABLE, NEWCHAIN, NEWRULE, NEWSETELEM]), st.sampled_from("xyz")),
                   min_size=1, max_size=5)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(st.tuples(CHANGES, st.integers(1, 4), st.sampled_from([1, 1, 500]), st.booleans()), max_size=12))
def test_one_after_the_other_each_event_is_where_it_belongs(
    said: list[tuple[list[tuple[int, str]], int, int, bool]],
) -> None:
    talk, generation = Nft(), 65530
    for changes, port, seq, listened in said:
        number = talk.say(*batch(*changes, seq=seq, made_for=generation))
        generation += 1
        if not listened:
            continue
        for at, (type_, table) in enumerate(changes):
            cause = talk.tell(type_, table, 0 if type_ == NEWSETELEM else seq + at, port, generation)
            assert cause == number
        assert talk.done(seq, port, generation) == number
        assert talk[number].certain


def test_acknowledged_batches_name_their_port() -> None:
    talk = Nft()
    parts = [nlmsg(16, REQUEST, 0, 0, bytes(4)), nlmsg(NEWTABLE, REQUEST | ACK | ECHO, 1, 0, body("x")),
             nlmsg(17, REQUEST, 2, 0, bytes(4))]  # fmt: skip
    said = talk.say(*parts)
    assert talk.tell(NEWTABLE, "x", 1, 500, 2) == said
    assert talk.done(1, 500, 2) == said
    talk.say(answer(parts[1], 500))
    assert (talk[said].status, talk[said].port, talk[said].certain) == ("ok", 500, True)


def test_the_kernel_names_who_asked_and_who_changed() -> None:
    talk = Nft()
    asked = talk.say(nlmsg(GETGEN, REQUEST, 0, 0, body()))
    talk.say(new_generation(0, 500, 1))
    said = talk.say(*batch((NEWTABLE, "x")))
    talk.tell(NEWTABLE, "x", 1, 500, 2)
    assert talk[asked].process == talk[said].process == "nft[500]"
    other = talk.say(*batch((NEWTABLE, "y")))
    talk.tell(NEWTABLE, "y", 1, 501, 3)
    assert talk[other].process is None
    talk.done(1, 501, 3)
    assert talk[other].process == "nft[501]"


def test_a_pid_that_need_not_be_one_of_here_says_so() -> None:
    talk = Nft()
    asked = talk.say(nlmsg(GETGEN, REQUEST, 0, 0, body()))
    talk.say(new_generation(0, 17, 1, 4312))
    assert talk[asked].process == "nft[4312 in init_pid_ns]"
    assert not [row for row in ladder.rows(talk[asked], talk.follower, talk.message) if row.role == "note"]
    again = talk.say(nlmsg(GETGEN, REQUEST, 1, 0, body()))
    talk(new_generation(1, 17, 1, 4312), protocol=NETFILTER, comment="process: nft[17]")
    assert talk[again].process == "nft[17]"
    notes = [row.text for row in ladder.rows(talk[again], talk.follower, talk.message) if row.role == "note"]
    assert notes == ["the kernel names the thread by its number in init_pid_ns: nft[4312] is nft[17] here"]


def test_news_whose_batch_is_missing_name_the_process() -> None:
    talk = Nft()
    event = talk.say(nlmsg(NEWTABLE, 0, 1, 500, body("x", 2)))
    talk.done(1, 500, 2)
    lines = ladder.text(talk[event], talk.follower, talk.message)
    assert lines[-1] == "caused by nft[500], whose request is not in the capture"
    silent = Nft()
    event = silent.say(nlmsg(NEWTABLE, 0, 1, 500, body("x", 2)))
    assert "caused by" not in ladder.text(silent[event], silent.follower, silent.message)[-1]


def test_the_last_event_of_a_large_batch_is_shown() -> None:
    talk = Nft()
    said = talk.say(*batch(*[(NEWRULE, "x")] * 60))
    for seq in range(1, 61):
        talk.tell(NEWRULE, "x", seq, 500, 2)
    talk.done(1, 500, 2)
    found = ladder.rows(talk[said], talk.follower, talk.message)
    assert found[-1].text.startswith("NFT_MSG_NEWGEN generation 2 by nft[500]")
    assert (found[-2].role, len(found[-2].messages)) == ("more", 61 - ladder.EVENTS_SHOWN - 1)


@given(st.binary(max_size=60), st.integers(0, 700))
def test_whatever_the_kernel_says_of_a_process_is_shown_safely(rest: bytes, port: int) -> None:
    talk = Nft()
    talk.say(nlmsg(GETGEN, REQUEST, 0, 0, body()))
    talk.say(nlmsg(NEWGEN, 0, 0, port, rest))
    talk.say(nlmsg(NEWGEN, 0, 0, 9, bytes(4) + attr(2, bytes(4)) + attr(3, rest)))
    for found in talk.follower.conversations:
        assert all(line.isprintable() for line in ladder.text(found, talk.follower, talk.message))


def test_an_error_is_of_the_batch_whose_request_it_copies() -> None:
    talk = Nft()
    whole = [batch((NEWTABLE, "x"), (NEWRULE, table)) for table in "xyz"]
    said = [talk.say(*parts) for parts in whole]
    for at in (2, 0, 1):  # the kernel may wait for a module meanwhile
        talk.say(answer(whole[at][2], 500 + at, 85, whole=True))
    assert [(talk[number].port, talk[number].errno, talk[number].certain) for number in said] == [
        (500 + at, "ERESTART", True) for at in range(3)
    ]
    meaning = talk[said[0]].meaning
    assert meaning is not None
    assert "another generation" in meaning


def test_errors_of_equal_requests_are_a_guess() -> None:
    talk = Nft()
    parts = batch((NEWTABLE, "x"))
    said = [talk.say(*parts), talk.say(*parts)]
    talk.say(answer(parts[1], 500, 17))
    assert sum(talk[number].status == "error" for number in said) == 1
    assert not all(talk[number].certain for number in said)


def test_the_port_of_a_socket_is_known_from_its_answers() -> None:
    talk = Nft()
    said = []
    for socket, port in ((1, 501), (2, 502)):
        sent, got = (delivery_comment(Delivery(way, None, None, 0, socket, 3, "")) for way in ("to-kernel", "to-user"))
        talk(nlmsg(GETGEN, REQUEST, 0, 0, body()), protocol=NETFILTER, comment=sent)
        talk(new_generation(0, port, 1), protocol=NETFILTER, comment=got)
        said.append(talk(*batch((NEWRULE, "x")), protocol=NETFILTER, comment=sent))
    told = delivery_comment(Delivery("to-user", 0, None, 7, 3, 3, ""))
    for generation, (number, port) in enumerate(zip(reversed(said), (502, 501), strict=True), 2):
        event = talk(nlmsg(NEWRULE, 0, 1, port, body("x", generation)), protocol=NETFILTER, comment=told)
        assert talk[event].cause == number
        assert talk[event].certain
        talk(new_generation(1, port, generation), protocol=NETFILTER, comment=told)
    assert all(talk[number].certain for number in said)


def test_each_element_that_was_asked_for_is_an_answer() -> None:
    talk = Nft()
    asked = talk.say(nlmsg(0xA0D, REQUEST, 3, 0, body("x")))
    assert [talk.say(nlmsg(NEWSETELEM, 0, 3, 500, body("x", 2) + attr(3, bytes([at] * 4)))) for at in range(3)] == [
        asked
    ] * 3
    assert (talk[asked].status, talk[asked].parts) == ("ok", 3)


def test_a_single_answer_of_conntrack_has_the_flag_of_dumps() -> None:
    talk = Nft()
    asked = talk.say(nlmsg(0x101, REQUEST, 3, 0, bytes([2, 0, 0, 0])))
    assert talk.say(nlmsg(0x100, 2, 3, 500, bytes([2, 0, 0, 0]))) == asked
    assert (talk[asked].kind, talk[asked].status) == ("request", "ok")
