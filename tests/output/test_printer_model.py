"""The fast printer says what the walker says, on messages made from the model: of every operation, in any order.

`python -m tests.model` tries as many as wanted; here is a sample of each kind of fault that it found.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.model.compare import compare, told
from tests.model.knobs import DAMAGED, ODD, PERFECT, Knobs
from tests.model.operations import operations
from tests.model.traffic import Frame, Traffic, attribute, message, teaching
from tests.support import REGISTRY

if TYPE_CHECKING:
    from nlsniff.wire.nlmsg import Order

OPERATIONS = operations(REGISTRY)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("knobs", "few"),
    [(PERFECT, 0), (ODD, 40), (DAMAGED, 40), (Knobs(length=0.3, behind_nul=0.3, net_order=0.3, dirty=0.3), 10)],
    ids=["perfect", "odd", "damaged", "lengths"],
)
def test_the_printer_says_what_the_walker_says(order: Order, knobs: Knobs, few: int) -> None:
    chosen = Random(few).sample(OPERATIONS, few) if few else OPERATIONS  # noqa: S311  no secret
    found = compare(REGISTRY, Traffic(REGISTRY, 8, order, (knobs,), chosen).frames(400), order)
    assert found.messages > 350
    assert found.hits > 30  # by the shapes of other messages, too
    assert not found.differences, told(found.differences)


def link(order: Order, *attributes: bytes) -> Frame:
    """An RTM_NEWLINK of interface 7."""
    index = (7).to_bytes(4, "little" if order == "<" else "big")
    return Frame(0, (message(order, 16, 0, bytes(4) + index + bytes(8) + b"".join(attributes)),))


def route(order: Order, *attributes: bytes) -> Frame:
    """An RTM_NEWROUTE."""
    return Frame(0, (message(order, 24, 0, bytes((2, 24, 0, 0, 254, 3, 0, 1)) + bytes(4) + b"".join(attributes)),))


def rule(order: Order, *attributes: bytes) -> Frame:
    """An RTM_NEWRULE."""
    return Frame(0, (message(order, 32, 0, bytes((2, 0, 0, 0, 254, 0, 0, 1)) + bytes(4) + b"".join(attributes)),))


IFNAME, MTU, OPERSTATE, OIF, IIFNAME, SPORT = 3, 4, 16, 4, 3, 23
NET_ORDER = 0x4000


@pytest.mark.parametrize("order", ["<", ">"])
def test_bytes_behind_a_value_are_those_of_their_own_message(order: Order) -> None:
    frames = [link(order, attribute(order, OPERSTATE, bytes((6, tail)))) for tail in range(9)]
    frames += [link(order, attribute(order, MTU, bytes((0, 0, 5, 220, tail, 1)))) for tail in range(9)]
    frames += [link(order, attribute(order, IFNAME, b"eth0\0" + bytes((1, tail)))) for tail in range(9)]
    frames += [link(order, attribute(order, IFNAME, b"eth0\0" + tail)) for tail in (b"ab", b"\0\0", b"\0b", b"a\0")]
    found = compare(REGISTRY, frames, order)
    assert not found.differences, told(found.differences)


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_number_in_network_order_beside_one_in_the_machines(order: Order, first: int) -> None:
    """A number that reads alike both ways comes first, so that either way seems right."""
    flags = [0, NET_ORDER] if first else [NET_ORDER, 0]
    frames = [
        link(order, attribute(order, MTU | flag, number.to_bytes(4, "big")))
        for number in (0, 0x01010101, 1500, 9000)
        for flag in flags
    ]
    frames += [
        rule(order, attribute(order, SPORT | flag, number.to_bytes(2, "big") * 2))
        for number in (0, 0x0101, 80, 8080)
        for flag in flags
    ]
    frames += [
        route(order, attribute(order, OIF | flag, number.to_bytes(4, "big"))) for number in range(5) for flag in flags
    ]
    found = compare(REGISTRY, [*teaching(REGISTRY, order), *frames], order)
    assert not found.differences, told(found.differences)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_name_that_is_learned_later_is_not_that_of_the_first_message(order: Order) -> None:
    """A family's id, in a message and in the copy inside an error; a link's index where the number is too long."""
    taught = teaching(REGISTRY, order)
    asked = [message(order, type_, 1, bytes((3, 1, 0, 0))) for type_ in (32, 33, 34)]
    errors = [message(order, 2, 0, (-22).to_bytes(4, "little", signed=True) + copy) for copy in asked]
    again = [Frame(16, (one,)) for one in (*asked, *errors) for _ in range(3)]
    long = [route(order, attribute(order, OIF, n.to_bytes(4, "little" if order == "<" else "big") * 2)) for n in (1, 2)]
    names = [
        link(order, attribute(order, IFNAME, name)) for name in (b"one\0", b"two\0")
    ] + [route(order, attribute(order, OIF, (7).to_bytes(4, "little" if order == "<" else "big") * 2))]  # fmt: skip
    found = compare(REGISTRY, [*again, *long, *names, *taught, *again, *long, *reversed(names), *names], order)
    assert not found.differences, told(found.differences)


def test_a_message_too_short_for_its_command_has_the_name_of_its_own() -> None:
    frames = [Frame(16, (message("<", 16, 0, bytes((command, 1))),)) for command in range(1, 9)]
    found = compare(REGISTRY, frames)
    assert not found.differences, told(found.differences)


def test_padding_that_is_not_zero_is_unknown_in_its_own_message() -> None:
    """Zeros behind the last thing that is known are padding, other bytes are unknown: as each message has them."""
    body = bytes((10, 0)) + (8).to_bytes(2, "little") + bytes(4) + bytes((134, 0)) + bytes(6)
    frames = [Frame(0, (message("<", 68, 0, body + bytes((5, 1, tail, tail, 0, 0, 5, 220))),)) for tail in (1, 0, 7, 0)]
    found = compare(REGISTRY, frames)
    assert not found.differences, told(found.differences)


def numbered(order: Order, type_: int, first: int, *parts: bytes) -> Frame:
    """A message of traffic control or nf_tables with a list of so many elements, numbered from `first` on."""
    elements = b"".join(attribute(order, first + at | 0x8000, part) for at, part in enumerate(parts))
    if type_ == NEWACTION:
        return Frame(0, (message(order, type_, 0, bytes(4) + attribute(order, 1, elements)),))
    named = attribute(order, 1, b"filter\0") + attribute(order, 2, b"blocked\0")
    return Frame(12, (message(order, type_, 0, bytes((2, 0, 0, 0)) + named + attribute(order, 3, elements)),))


NEWACTION, NEWSETELEM = 48, 0xA0C


@pytest.mark.parametrize("order", ["<", ">"])
def test_lists_that_count_on_have_one_shape(order: Order) -> None:
    """A request of nft goes on to count elements where its last one ended; each has another address, too."""
    key = [attribute(order, 1, attribute(order, 1, bytes((10, 0, 0, at)))) for at in range(250)]
    frames = [numbered(order, NEWSETELEM, 5 * at, *key[5 * at : 5 * at + 5]) for at in range(50)]
    found = compare(REGISTRY, frames, order)
    assert found.messages == 50
    assert found.hits == 3 * 50 - 1  # in three styles
    assert not found.differences, told(found.differences)


@pytest.mark.parametrize("order", ["<", ">"])
def test_lists_that_count_on_are_said_to_be_damaged_by_their_own_numbers(order: Order) -> None:
    short = attribute(order, 3, bytes(2))  # its flags
    frames = [numbered(order, NEWSETELEM, 7 * at, *[short] * 5) for at in range(10)]
    found = compare(REGISTRY, frames, order)
    assert found.messages == 10
    assert not found.differences, told(found.differences)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_summary_names_an_element_by_its_number(order: Order) -> None:
    kinds = [attribute(order, 1, f"{kind}\0".encode()) for kind in ("gact", "skbedit", "vlan")]
    frames = [numbered(order, NEWACTION, first, *kinds) for first in (0, 1, 2, 0, 1, 2)]
    found = compare(REGISTRY, frames, order)
    assert found.messages == 6
    assert not found.differences, told(found.differences)
