"""Where a file says how its datagrams were delivered, nothing is guessed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.file.strace import trace_options
from nlsniff.reader import IndexedCapture, Stream, make_decoder
from nlsniff.wire.delivery import Delivery, delivery_comment
from tests.follow.delivered import ALL, with_truth
from tests.follow.sockets import Truth
from tests.follow.talk import (
    ACK,
    DELROUTE,
    DUMP,
    ECHO,
    GENERIC,
    GETLINK,
    GETROUTE,
    MULTI,
    NETFILTER,
    NEWADDR,
    NEWLINK,
    NEWNEXTHOP,
    NEWROUTE,
    REQUEST,
    RTMSG,
    USERSOCK,
    Talk,
    answer,
    attr,
    done,
    nlmsg,
)
from tests.follow.truth import _Judge, captures_with_truth, truth_of
from tests.support_tools import need

if TYPE_CHECKING:
    from pathlib import Path

NEIGHBOUR = 28
DELRULE = 33


def sent(socket: int | None, port: int | None = None, process: str = "") -> str:
    return delivery_comment(Delivery("to-kernel", port, 0, 0, socket, 3, process))


def got(socket: int | None, port: int | None = None, process: str = "") -> str:
    return delivery_comment(Delivery("to-user", 0, port, 0, socket, 3, process))


def told(socket: int | None, group: int = 7, process: str = "") -> str:
    return delivery_comment(Delivery("to-user", 0, 0, group, socket, 3, process))


# -- real traffic ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("without", ["", "group", "sender destination", "socket"])
@pytest.mark.parametrize("path", captures_with_truth(), ids=lambda path: path.name.partition(".")[0])
def test_every_pairing_is_right_and_certain(path: Path, without: str, tmp_path: Path) -> None:
    """Without the socket, sockets whose port no call showed are paired as before."""
    beside = truth_of(path)
    assert beside is not None
    truth = Truth.load(beside)
    ports_known = all(owner.port is not None for owner in truth.owners)
    copy = with_truth(path, tmp_path / "known.pcapng", ALL - set(without.split()))
    with IndexedCapture(copy, make_decoder()) as capture:
        score = _Judge(capture.load(), truth).judge()
        guessed = [item for item in capture.follower.conversations if not item.certain and item.request]
    assert score.answers + score.causes > 300
    assert score.right == score.found == score.answers
    assert not score.wrong
    if ports_known or "socket" not in without:
        assert score.certain_right == score.found
        assert not guessed
    assert score.named_right == score.named == score.requests


def test_a_stream_says_the_same(tmp_path: Path) -> None:
    """The runs of parts in `feed_all` are those of one socket."""
    path = next(path for path in captures_with_truth() if path.name.startswith("managers"))
    copy = with_truth(path, tmp_path / "known.pcapng")
    with IndexedCapture(copy, make_decoder()) as capture:
        capture.load()
        indexed = [(message.number, message.direction, message.conversation) for message in capture]
    streamed = [(message.number, message.direction, message.conversation) for message in Stream(copy, make_decoder())]
    assert streamed == indexed


# -- sockets -----------------------------------------------------------------------------------------------------------


def test_sockets_of_one_port_and_sequence_number_are_two() -> None:
    """Two network namespaces have the same port ids. Dumps, ACKs and answers that come in any order."""
    talk = Talk()
    dump = nlmsg(GETLINK, REQUEST | DUMP, 5, 412)
    one, two = talk(dump, comment=sent(1, 412)), talk(dump, comment=sent(2, 412))
    part = nlmsg(NEWLINK, MULTI, 5, 412, bytes(16))
    for socket, expected in ((2, two), (1, one), (1, one), (2, two)):
        assert talk(part, part, comment=got(socket, 412)) == expected
    assert talk(done(5, 412), comment=got(2, 412)) == two
    assert talk(done(5, 412), comment=got(1, 412)) == one
    change = nlmsg(NEWROUTE, REQUEST | ACK, 6, 412, RTMSG)
    three, four = talk(change, comment=sent(1, 412)), talk(change, comment=sent(2, 412))
    assert talk(answer(change, 412, 17), comment=got(2, 412)) == four
    assert talk(answer(change, 412), comment=got(1, 412)) == three
    for number, size in ((one, 6), (two, 6), (three, 2), (four, 2)):
        assert talk[number].count == size
        assert talk[number].certain
    assert [talk[number].socket for number in (one, two, three, four)] == [1, 2, 1, 2]
    assert [talk[number].port for number in (one, two)] == [412, 412]
    assert talk[four].errno == "EEXIST"
    assert talk[three].status == "ok"


def test_runs_of_parts_of_two_sockets_are_not_mixed() -> None:
    talk = Talk()
    dump = nlmsg(GETLINK, REQUEST | DUMP, 5, 0)
    part = nlmsg(NEWLINK, MULTI, 5, 412, bytes(16))
    end, one, two = done(5, 412), got(1, 412), got(2, 412)
    said = [(dump, sent(1, 412)), (dump, sent(2, 412)), *[(part, one)] * 3, *[(part, two)] * 2]
    said += [(part, one), (end, one), (part, two), (end, two)]
    for data, comment in said:
        talk(data, comment=comment)
    again = Talk().follower
    again.feed_all(talk.messages)
    expected = [[1, 3, 4, 5, 8, 9], [2, 6, 7, 10, 11]]
    assert [list(item.messages) for item in again.conversations] == talk.groups() == expected
    assert [item.parts for item in again.conversations] == [4, 3]


def test_one_whose_socket_is_not_known_goes_by_its_port() -> None:
    talk = Talk()
    change = nlmsg(NEWROUTE, REQUEST | ACK, 6, 0, RTMSG)
    known, plain = talk(change, comment=sent(1, 412)), talk(change)
    assert talk(answer(change, 413)) == plain
    assert talk(answer(change, 412), comment=got(1, 412)) == known
    known, plain = talk(change, comment=sent(1, 412)), talk(change)
    assert talk(answer(change, 412)) == known  # an answer of which nothing is said, by its port
    assert talk(answer(change, 413), comment=got(2, 413)) == plain
    by_port = talk(change, comment=sent(None, 500))
    assert talk(change, comment=sent(None, 501)) != by_port
    assert talk(answer(change, 0), comment=got(None, 500)) == by_port
    assert all(item.certain for item in talk.follower.conversations)


def test_a_port_that_another_socket_gets_later() -> None:
    talk = Talk()
    change = nlmsg(NEWROUTE, REQUEST | ACK, 6, 0, RTMSG)
    first = talk(change, comment=sent(1, 412))  # and its program dies
    second = talk(change, comment=sent(2, 412))
    assert talk(answer(change, 412), comment=got(2, 412)) == second
    assert talk[first].status == "unanswered"
    assert talk[first].certain
    assert talk[second].certain


def test_an_answer_whose_request_is_not_there() -> None:
    talk = Talk()
    change = nlmsg(NEWROUTE, REQUEST | ACK, 6, 0, RTMSG)
    talk(change, comment=sent(1, 412))
    alone = talk(answer(change, 412), comment=got(2, 412, "b[9]"))
    assert talk[alone].request is None
    assert (talk[alone].socket, talk[alone].port, talk[alone].process) == (2, 412, "b[9]")
    part = nlmsg(NEWLINK, MULTI, 5, 412, bytes(16))
    other = talk(part, comment=got(2, 412))
    assert talk(part, comment=got(3, 412)) != other
    assert talk(done(5, 412), comment=got(2, 412)) == other


def test_a_port_in_the_header_that_is_another_sockets() -> None:
    """`ip rule flush` sends back the header of what it read: port and number are those of the dump."""
    talk = Talk()
    flush = nlmsg(DELRULE, REQUEST | ACK, 7, 999, bytes(12))
    other = nlmsg(DELRULE, REQUEST | ACK, 7, 0, bytes(12))
    one, two = talk(flush, comment=sent(1, 412)), talk(other, comment=sent(2, 999))
    event = nlmsg(DELRULE, 0, 7, 412, bytes(12))
    assert talk[talk(event, comment=told(5))].cause == one
    assert talk(answer(flush, 412), comment=got(1, 412)) == one
    assert talk(answer(other, 999), comment=got(2, 999)) == two
    assert all(item.certain for item in talk.follower.conversations)
    assert talk[one].port == 412


# -- groups ------------------------------------------------------------------------------------------------------------


def test_a_multicast_is_an_event_and_no_answer() -> None:
    """An answer to RTM_GETROUTE and an event look alike, with the same port and number."""
    talk = Talk()
    ask = nlmsg(GETROUTE, REQUEST, 8, 0, RTMSG)
    said = nlmsg(NEWROUTE, 0, 8, 412, RTMSG)
    request = talk(ask, comment=sent(1, 412))
    event = talk(said, comment=told(1))
    assert event != request
    assert talk[event].kind == "event"
    assert talk[event].certain
    assert talk(said, comment=got(1, 412)) == request
    assert talk[request].count == 2
    multi = talk(nlmsg(NEWROUTE, MULTI, 8, 412, RTMSG + b"\0\0\0\0"), comment=told(1))
    assert talk[multi].kind == "event"
    assert talk[talk(done(8, 412), comment=told(1))].kind == "event"


def test_the_askers_copy_and_that_of_a_group() -> None:
    """NLM_F_ECHO: the group is told first, and then the asker."""
    talk = Talk()
    change = nlmsg(NEWROUTE, REQUEST | ACK | ECHO, 9, 0, RTMSG)
    said = nlmsg(NEWROUTE, 0, 9, 412, RTMSG)
    request = talk(change, comment=sent(1, 412))
    event = talk(said, comment=told(2))
    assert talk(said, comment=told(3)) == event
    assert talk(said, comment=got(1, 412)) == request
    assert talk(answer(change, 412), comment=got(1, 412)) == request
    assert talk[event].cause == request
    assert talk[event].copies == 2
    assert talk[request].parts == 1
    assert all(item.certain for item in talk.follower.conversations)


def test_flags_of_the_request_in_what_the_kernel_says() -> None:
    """Next hops are told with the flags of the request; with the direction known nothing is compared."""
    talk = Talk()
    request = nlmsg(NEWNEXTHOP, REQUEST | ACK, 9, 412, bytes(8) + attr(1, b"\1\0\0\0"))
    one = talk(request, comment=sent(1, 412))
    event = talk(request, comment=told(2))
    two = talk(request, comment=sent(1, 412))
    assert [talk[number].kind for number in (one, event, two)] == ["request", "event", "request"]
    assert [message.direction for message in talk.messages] == ["to-kernel", "to-user", "to-kernel"]


def test_a_socket_is_told_the_same_twice() -> None:
    """Copies of one multicast go to several sockets; one socket is told twice because it happened twice."""
    talk = Talk()
    said = nlmsg(NEWADDR, 0, 0, 0, bytes(8))
    first = talk(said, comment=told(1))
    assert talk(said, comment=told(2)) == first
    again = talk(said, comment=told(1))
    assert again != first
    assert talk(said, comment=told(2)) == again
    assert [item.copies for item in talk.follower.conversations] == [2, 2]
    assert talk(said, comment=told(3, group=5)) not in {first, again}  # another group was told


def test_copies_that_are_read_late() -> None:
    """Each listener reads when it likes: three events by one, then the same three by another."""
    talk = Talk()
    events = [nlmsg(NEWADDR, 0, 0, 0, bytes(7) + bytes([at])) for at in (1, 2, 1)]
    ids = [talk(event, comment=told(1)) for event in events]
    assert len(set(ids)) == 3
    talk(nlmsg(GETLINK, REQUEST | ACK, 1, 0), comment=sent(4, 400))
    assert [talk(event, comment=told(2), after_us=5000) for event in events] == ids
    assert talk(events[0], comment=told(3), after_us=2_000_000) not in ids  # seconds later it is another one
    assert [item.copies for item in talk.follower.conversations if item.kind == "event"] == [2, 2, 2, 1]


def test_many_events_are_forgotten() -> None:
    talk = Talk()
    for at in range(1200):
        talk(nlmsg(NEWADDR, 0, 0, 0, at.to_bytes(8, "little")), comment=told(1))
    copies = talk.follower._notifications._copies
    assert len(copies._by_id) == len(copies._by_key) == 1024
    assert talk(nlmsg(NEWADDR, 0, 0, 0, (1199).to_bytes(8, "little")), comment=told(2)) == 1200
    assert talk(nlmsg(NEWADDR, 0, 0, 0, bytes(8)), comment=told(2)) == 1201


def test_two_that_may_have_caused_an_event() -> None:
    """Port and number do not tell two namespaces apart, and no group does."""
    talk = Talk()
    change = nlmsg(DELROUTE, REQUEST | ACK, 6, 412, RTMSG)
    talk(change, comment=sent(1, 412)), talk(change, comment=sent(2, 412))
    event = talk(nlmsg(DELROUTE, 0, 6, 412, RTMSG), comment=told(3))
    assert not talk[event].certain
    neighbour = talk(nlmsg(NEIGHBOUR, 0, 0, 500, bytes(12)), comment=told(3))
    assert talk[neighbour].cause is None


def test_news_for_one_socket_is_no_answer() -> None:
    """NFQUEUE sends its packets to the socket that asked for them, without port and number."""
    talk = Talk()
    bind = nlmsg(3 << 8 | 2, REQUEST, 0, 0, bytes(4))
    request = talk(bind, protocol=NETFILTER, comment=sent(1, 412))
    packet = talk(nlmsg(3 << 8, 0, 0, 0, bytes(8)), protocol=NETFILTER, comment=got(1, 412))
    assert packet != request
    assert (talk[packet].kind, talk[packet].certain, talk[packet].cause) == ("event", True, None)


def test_a_batch_and_its_echo() -> None:
    talk = Talk()
    begin, end = nlmsg(16, REQUEST, 1, 0, bytes(4)), nlmsg(17, REQUEST, 3, 0, bytes(4))
    table = nlmsg(10 << 8, REQUEST | ACK | ECHO, 2, 0, bytes(4))
    batch = talk(begin, table, end, protocol=NETFILTER, comment=sent(1, 412))
    other = talk(begin, table, end, protocol=NETFILTER, comment=sent(2, 413))
    said = nlmsg(10 << 8, 0, 2, 412, bytes(4))
    assert talk(said, protocol=NETFILTER, comment=got(1, 412)) == batch
    assert talk(answer(table, 413), protocol=NETFILTER, comment=got(2, 413)) == other
    assert talk(answer(table, 412), protocol=NETFILTER, comment=got(1, 412)) == batch
    assert [(talk[number].parts, talk[number].count) for number in (batch, other)] == [(1, 5), (1, 4)]
    assert talk[batch].certain


# -- programs ----------------------------------------------------------------------------------------------------------


def test_who_asked_and_who_received() -> None:
    talk = Talk()
    change = nlmsg(NEWROUTE, REQUEST | ACK, 9, 0, RTMSG)
    request = talk(change, comment=sent(1, 412, "ip[412]"))
    said = nlmsg(NEWROUTE, 0, 9, 412, RTMSG)
    event = talk(said, comment=told(2, process="zebra[7]"))
    talk(said, comment=told(3, process="dhcpcd[8]"))
    talk(answer(change, 412), comment=got(1, 412, "ip[412]"))
    assert talk[request].process == "ip[412]"
    assert talk[request].received_by == []
    assert talk[event].received_by == ["zebra[7]", "dhcpcd[8]"]
    assert talk[event].to_json()["received_by"] == ["zebra[7]", "dhcpcd[8]"]
    assert talk[request].to_json()["socket"] == 1
    inherited = talk(change, comment=sent(1, 412, "ip[412]"))
    talk(answer(change, 412), comment=got(1, 412, "child[413]"))
    assert (talk[inherited].process, talk[inherited].received_by) == ("ip[412]", ["child[413]"])
    plain = talk(nlmsg(GETLINK, REQUEST, 99, 0))
    assert {"socket", "received_by"}.isdisjoint(talk[plain].to_json())


def test_programs_among_themselves() -> None:
    talk = Talk()
    word = nlmsg(20, REQUEST, 1, 412, b"word")

    def between(socket: int, sender: int = 412, protocol: int = USERSOCK) -> int:
        comment = delivery_comment(Delivery("between", sender, 0, 3, socket, 3, "a[412]"))
        return talk(word, protocol=protocol, comment=comment, after_us=100)

    first = between(1)
    assert between(2) == first
    assert between(3, sender=413) != first  # another program said the same
    assert (talk[first].kind, talk[first].copies, talk[first].certain) == ("datagram", 2, True)
    assert {message.direction for message in talk.messages} == {"unknown"}
    assert talk[between(1, protocol=GENERIC)].kind == "datagram"
    assert talk[between(1, protocol=0)].kind == "datagram"
    talk.follower.fix_direction(talk.messages[-1])  # as a capture does with one that is made again
    assert talk.messages[-1].direction == "unknown"


def test_a_socket_number_that_no_kernel_gives() -> None:
    talk = Talk()
    ask = nlmsg(GETROUTE, REQUEST, 8, 0, RTMSG)
    request = talk(ask, comment=sent(10**20 - 1, 10**20 - 1))
    assert talk[request].socket is None
    assert talk[request].kind == "request"
    talk.follower.store.keep(talk.follower._candidates.get(request))  # type: ignore[arg-type]  # as when it is over


_NUMBER = st.none() | st.integers(0, 3) | st.sampled_from([2**32, 2**64 - 1, 10**20 - 1])
_DELIVERY = st.builds(
    Delivery, st.sampled_from(["to-kernel", "to-user", "between"]), _NUMBER, _NUMBER, _NUMBER, _NUMBER, _NUMBER,
    st.sampled_from(["", "a[1]", "b[2]"]),
)  # fmt: skip
_MESSAGE = st.tuples(
    st.sampled_from([0, 2, 6, 9, 11, 12, 15, 16, 31]),
    st.sampled_from([2, 3, 4, 16, 17, 18, 20, 24, 26, 28, 104, 1300]), st.sampled_from([0, 1, 2, 5, 9, 0x301, 0x305]),
    st.integers(0, 2), st.integers(0, 3), st.none() | _DELIVERY,
)  # fmt: skip


@given(st.lists(_MESSAGE, max_size=30))
def test_whatever_a_file_says_each_message_has_its_place(said: list[tuple[int, int, int, int, int, Delivery]]) -> None:
    talk = Talk()
    for protocol, type_, flags, seq, port, delivery in said:
        comment = delivery_comment(delivery) if delivery is not None else ""
        talk(nlmsg(type_, flags, seq, port, bytes(24)), protocol=protocol, comment=comment)
    placed = sorted(number for numbers in talk.groups() for number in numbers)
    assert placed == [message.number for message in talk.messages]
    for item in talk.follower.conversations:
        item.to_json()
    for message in talk.messages:
        item = talk[message.conversation]
        known = message.delivery
        if known is not None and known.way == "to-user" and item.socket is not None and not known.group:
            assert known.socket in {None, item.socket}, "two sockets are mixed"
    again = Talk().follower
    again.feed_all(talk.messages)
    assert [list(item.messages) for item in again.conversations] == talk.groups()


# -- real programs under strace ----------------------------------------------------------------------------------------

PROGRAMS = r"""
import os, socket, struct
def ask(seq, port=0):
    return struct.pack("=IHHII", 20, 18, 0x301, seq, port) + bytes(4)
def read(sock):
    while sock.recv(1 << 16)[4:6] != b"\3\0":
        pass
one, two = (socket.socket(16, 3, 0) for _ in range(2))
for sock in (one, two):
    sock.bind((0, 0))
one.send(ask(5, two.getsockname()[0]))  # with the port of the other
two.send(ask(5))
read(two)
read(one)
one.send(ask(6))
if os.fork() == 0:
    read(one)
    os._exit(0)
os.wait()
"""


def test_programs_under_strace(tmp_path: Path) -> None:
    """Two sockets of one number and a foreign port, read the other way round; and a child that reads for its parent."""
    need("strace")
    version = subprocess.run(["strace", "--version"], capture_output=True, text=True, check=True).stdout
    log, path = tmp_path / "log", tmp_path / "file.pcapng"
    subprocess.run(["strace", *trace_options(version), "-o", log, sys.executable, "-c", PROGRAMS], check=True)
    logs = sorted(map(str, tmp_path.glob("log*")))
    subprocess.run([sys.executable, "-m", "nlsniff", "import", *logs, "-w", str(path)], check=True, capture_output=True)
    with IndexedCapture(path, make_decoder()) as capture:
        dumps = [item for item in capture.load().follower.conversations if item.kind == "dump"]
        sockets = [{message.delivery.socket for message in map(capture.message, item.messages) if message.delivery}
                   for item in dumps]  # fmt: skip
    one, two, again = dumps
    assert [item.status for item in dumps] == ["ok"] * 3
    assert all(item.certain for item in dumps)
    assert sockets == [{one.socket}, {two.socket}, {one.socket}]
    assert one.socket != two.socket
    assert one.socket == again.socket
    assert one.process == two.process == again.process
    assert one.received_by == two.received_by == []
    assert len(again.received_by) == 1
    assert again.received_by != [again.process]
