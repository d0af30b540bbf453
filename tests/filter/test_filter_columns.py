"""Header filters over the index's columns, against the same filters asked of each message."""

from __future__ import annotations

import struct
import traceback
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlsniff.decode.decoder import Decoder
from nlsniff.decode.message import NetlinkMessage
from nlsniff.decode.names import Names
from nlsniff.filter.codegen import COLUMNS, HeaderCode, columns_of
from nlsniff.filter.compile import compile_filter
from nlsniff.filter.header import FLAGS
from nlsniff.filter.types import Types
from nlsniff.reader import IndexedCapture
from nlsniff.wire.constants import NLMSG_MIN_TYPE
from nlsniff.wire.names import normal
from nlsniff.wire.nlmsg import walk_messages
from tests.conftest import CAPTURES
from tests.support import REGISTRY, messages_of, vectors

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.filter.filter import Filter

BY_COLUMNS = [
    "type == RTM_NEWROUTE", "type == 24", "type != RTM_NEWLINK and type < 30",
    "type in {RTM_NEWROUTE, RTM_DELADDR, 2..3}",
    "type not in {RTM_NEWROUTE}", "type == NLMSG_ERROR or type == XFRM_MSG_NEWSA", "protocol == route",
    "protocol in {xfrm, NETLINK_GENERIC}", 'protocol matches "^r"', "protocol contains r",
    "protocol == xfrm and length > 9", "flags.request", "flags == multi", "flags contains 0x5",
    "flags != 0", "flags < 0x300", "seq > 0", "seq == 0 and port != 0", "port in {0, 1..5000}", "length > 40",
    "frame < 20", "message in {3, 7, 11}", "time < 500ms", "time > 2020-01-01", "not marked", "seq", 'seq matches "1"',
]  # fmt: skip
NEED_MORE = [
    "direction == to-kernel", 'direction matches "user"', "direction not in {unknown}", "direction != to-user",
    "flags.dump", "not flags.dump", "flags.create", "flags == dump and type == RTM_GETROUTE", 'flags matches "DUMP"',
    "type == CTRL_CMD_NEWFAMILY", "type != CTRL_CMD_NEWFAMILY", 'type matches "GET"', "type contains NEW",
    "type in {RTM_NEWROUTE, CTRL_CMD_NEWFAMILY}", "not (type in {24, CTRL_CMD_NEWFAMILY} and flags.multi)",
    "family", "genl.cmd == 1", "route.dst", "not route.dst", "route.dst or link.ifname", "errno", "extack.msg",
    "route.rtm-table == main and flags.multi", "genl.nlctrl.family-name", "unknown", "length > 100 and not problem",
    "seq > 5 or route.oif", "not (flags.request or addr.label)",
]  # fmt: skip


@pytest.mark.parametrize("text", BY_COLUMNS)
def test_the_columns_alone_decide(text: str) -> None:
    assert compile_filter(text, REGISTRY).header_only


@pytest.mark.parametrize("text", NEED_MORE)
def test_the_columns_alone_do_not_decide(text: str) -> None:
    assert not compile_filter(text, REGISTRY).header_only


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_a_selection_by_columns_is_what_the_messages_say(path: Path) -> None:
    with IndexedCapture(path, Decoder(REGISTRY)) as capture:
        capture.load()
        count = min(len(capture), 300)
        messages = [capture.message(number) for number in range(1, count + 1)]
        for text in (*BY_COLUMNS, *NEED_MORE):
            filter_ = compile_filter(text, REGISTRY)
            chosen = filter_.candidates(capture.index, 0, count)
            assert chosen == [item.number for item in messages if filter_.header_predicate(*columns_of(item))], text
            matching = [item.number for item in messages if filter_.matches(item)]
            assert set(matching) <= set(chosen), text
            assert matching == chosen or not filter_.header_only, text
            # In parts, as a growing file is asked, it is the same.
            assert chosen == filter_.candidates(capture.index, 0, count // 3) + filter_.candidates(
                capture.index, count // 3, count
            )


@pytest.mark.parametrize("text", ["family", "genl.cmd == 1", "genl.version", "genl.nlctrl.family-name"])
def test_the_columns_alone_leave_out_what_is_not_of_generic_netlink(text: str) -> None:
    wanted = compile_filter(text, REGISTRY).header_predicate
    header = bytes.fromhex("14000000120001030100000000000000") + bytes(4)
    assert [wanted(*columns_of(messages_of(header, protocol)[0])) for protocol in (0, 6, 16)] == [False, False, True]


def test_the_columns_alone_leave_out_what_is_certain_of_a_name() -> None:
    (message,) = messages_of(bytes.fromhex("14000000120001030100000000000000") + bytes(4), 0)
    for text, may in (('type matches "^RTM"', True), ('type matches "^XFRM"', False)):
        for wanted, expected in ((text, may), (f"not {text}", not may)):
            assert compile_filter(wanted, REGISTRY).header_predicate(*columns_of(message)) is expected, wanted


def test_no_body_is_decoded_for_what_the_header_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Decoder, __: NetlinkMessage) -> None:
        pytest.fail("a body was decoded")

    monkeypatch.setattr(Decoder, "decode", refuse)
    (message,) = messages_of(bytes.fromhex("14000000120001030100000000000000") + bytes(4), 0)
    for text in (*BY_COLUMNS, "flags.dump", "type == CTRL_CMD_NEWFAMILY", "family", "genl.cmd == 1", "errno",
                 "route.dst", "type == RTM_NEWROUTE and link.ifname", "not (type == 18 or link.ifname)",
                 "process", "unknown and conversation == 1", "problem and conversation == 1",
                 "note and conversation == 1", "summary == x and conversation == 1",
                 "extack and conversation == 1"):  # fmt: skip
        compile_filter(text, REGISTRY).matches(message)
    # The name of a command costs less to ask than a body, wherever it stands.
    (asked,) = messages_of(struct.pack("<IHHIIBBH", 20, 16, 1, 1, 0, 3, 1, 0), 16)
    assert not compile_filter("genl.nlctrl.version == 3 and type == CTRL_CMD_NEWFAMILY", REGISTRY).matches(asked)


FILTERS = [compile_filter(text, REGISTRY) for text in (*BY_COLUMNS, *NEED_MORE)]


def decide(filter_: Filter, message: NetlinkMessage) -> None:
    """Hold that columns never lose a message that matches, and are right where they claim to decide."""
    inverse = compile_filter(f"not ({filter_.text})", REGISTRY)
    found = filter_.matches(message)
    assert found is not inverse.matches(message), filter_.text
    by_columns = filter_.header_predicate(*columns_of(message))
    assert by_columns is True or by_columns is False
    assert by_columns or not found, filter_.text
    if filter_.header_only:
        assert by_columns is found


@given(
    st.integers(0, 40),
    st.integers(0, 0xFFFF) | st.integers(0, 130),
    st.integers(0, 0xFFFF),
    st.binary(max_size=48),
    st.sampled_from(FILTERS),
)
@example(0, 24, 0x305, bytes(12), compile_filter("flags.dump", REGISTRY))
@example(16, 16, 0x305, b"\x01\x02\0\0", compile_filter("type == CTRL_CMD_NEWFAMILY", REGISTRY))
def test_columns_never_lose_a_message(protocol: int, type_: int, flags: int, body: bytes, filter_: Filter) -> None:
    names = Names()
    names.learn("genl", 40, "nlctrl", 1)
    data = struct.pack("<IHHII", 16 + len(body), type_, flags, 7, 0) + body
    (span,) = walk_messages(data, 0, "<")
    decide(filter_, NetlinkMessage(Decoder(REGISTRY, names), 1, 1, 10**18, protocol, data, "<", span))


BY_FLAG = {name: compile_filter(f"flags.{normal(name)}", REGISTRY) for name in FLAGS}


@given(
    st.sampled_from([0, 4, 6, 11, 12, 16, 21, 31]),
    st.integers(0, 60) | st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFF),
    st.integers(0, 12),
    st.sampled_from(list(BY_FLAG)),
)
@example(12, 7 << 8, 0x401, 0, "CREATE")
@example(16, 40, 0x301, 1, "DUMP")  # CTRL_CMD_NEWFAMILY
@example(16, 40, 0x101, 1, "REPLACE")
def test_a_flag_is_found_by_the_name_that_is_shown(
    protocol: int, type_: int, flags: int, command: int, flag: str
) -> None:
    names = Names()
    names.learn("genl", 40, "nlctrl", 1)
    data = struct.pack("<IHHIIBBH", 20, type_, flags, 7, 0, command, 1, 0)
    (span,) = walk_messages(data, 0, "<")
    message = NetlinkMessage(Decoder(REGISTRY, names), 1, 1, 10**18, protocol, data, "<", span)
    decide(BY_FLAG[flag], message)
    assert BY_FLAG[flag].matches(message) is (flag in message.flag_names)


@pytest.mark.parametrize(
    ("command", "flags", "has"),
    [(1, 0x101, {"REPLACE"}), (3, 0x101, {"ROOT"}), (1, 0x301, {"DUMP"}), (3, 0x301, {"DUMP"}), (2, 0x101, {"NONREC"})],
)
def test_a_flag_that_only_the_verb_names(command: int, flags: int, has: set[str]) -> None:
    """Of generic netlink the columns do not tell the verb: neither a flag nor its opposite may be lost to them."""
    names = Names()
    names.learn("genl", 40, "nlctrl", 1)
    (message,) = messages_of(struct.pack("<IHHIIBBH", 20, 40, flags, 7, 0, command, 1, 0), 16, names=names)
    for name, filter_ in BY_FLAG.items():
        decide(filter_, message)
        assert filter_.matches(message) is (name in has | {"REQUEST"}), name


@pytest.mark.parametrize(("type_", "has"), [(24, "CREATE"), (25, ""), (26, "ATOMIC")])
def test_columns_leave_out_a_flag_that_no_verb_of_the_type_names(type_: int, has: str) -> None:
    """RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE; without a body, so that columns are all there is to ask."""
    (message,) = messages_of(struct.pack("<IHHII", 16, type_, 0x401, 7, 0), 0)
    found = {name for name, filter_ in BY_FLAG.items() if filter_.header_predicate(*columns_of(message))}
    assert found == {"REQUEST", has} - {""}


@given(st.binary(min_size=1, max_size=40), st.integers(0, 20))
def test_filters_take_any_bytes(data: bytes, protocol: int) -> None:
    for message in messages_of(data, protocol):
        for filter_ in FILTERS:
            filter_.matches(message)


def test_columns_never_lose_a_vector(corpus: Path) -> None:
    for vector in vectors(corpus)[::4]:
        for message in messages_of(bytes.fromhex(vector["hex"]), vector["sll_protocol"] or 0):
            for filter_ in FILTERS[::3]:
                decide(filter_, message)


def test_the_names_that_a_number_may_have_are_those_that_messages_get(corpus: Path) -> None:
    types = Types(REGISTRY)
    for vector in vectors(corpus):
        for message in messages_of(bytes.fromhex(vector["hex"]), vector["sll_protocol"] or 0):
            possible = types.possible(message.protocol, message.type)
            assert possible is None or message.type_name in possible
    assert types.possible(0, 24) == frozenset({"RTM_NEWROUTE"})
    assert types.possible(16, NLMSG_MIN_TYPE) is None
    assert types.possible(99, 77) == frozenset({"PROTOCOL_99_77"})


def test_a_table_of_answers_stays_small() -> None:
    filter_ = compile_filter('type matches "NEW"', REGISTRY)
    for number in range(70_000):
        filter_.header_predicate(99 + (number >> 16), number & 0xFFFF, 0, 0, 0, 0, 1, 1, 0, "", True)


def test_a_traceback_shows_the_source_that_was_generated() -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        HeaderCode().predicate("1 / seq")(*[0] * len(COLUMNS))
    assert traceback.extract_tb(raised.tb)[-1].line == f"made = lambda {', '.join(COLUMNS)}: 1 / seq"
