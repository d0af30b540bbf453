"""The generator of messages makes what it says: well-formed ones of every operation, and damaged ones on demand."""

from __future__ import annotations

import io
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest

from nlsniff.decode.decoder import Decoder
from nlsniff.reader import Stream
from nlsniff.wire.constants import HEADERLESS
from tests.model.build import build, build_like
from tests.model.knobs import DAMAGED, ODD, Knobs
from tests.model.operations import operations
from tests.model.traffic import Frame, Traffic, capture, teaching
from tests.support import REGISTRY, check_tree

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.wire.nlmsg import Order

OPERATIONS = operations(REGISTRY)


def decoded(frames: list[Frame], order: Order = "<") -> list[NetlinkMessage]:
    return list(Stream(io.BytesIO(capture(frames, order)), Decoder(REGISTRY), order))


def test_every_operation_of_every_dissector_is_there() -> None:
    described = {
        (name, item.name)
        for name in REGISTRY.names
        if (family := REGISTRY.family(name)) is not None
        for item in family.operations
    }
    assert {(item.family.name, item.spec.name) for item in OPERATIONS} == described
    assert len(described) > 600


@pytest.mark.parametrize("order", ["<", ">"])
def test_messages_are_what_their_dissector_says(order: Order) -> None:
    """Selectors agree with what they select, lengths are right, and nearly every byte has a name."""
    random = Random(11)  # noqa: S311  which messages are tried is no secret
    taught = teaching(REGISTRY, order)
    frames = [Frame(item.protocol, (build(item, random, order=order),)) for item in OPERATIONS]
    messages = decoded([*taught, *frames], order)[len(taught) :]
    assert len(messages) == len(OPERATIONS)
    problems: Counter[str] = Counter()
    named = total = 0
    for operation, message in zip(OPERATIONS, messages, strict=True):
        check_tree(message)
        assert not message.broken
        if message.protocol not in HEADERLESS:
            assert (message.protocol, message.type) == (operation.protocol, operation.type)
        problems[operation.family.name] += any(item.severity != "note" for item in message.problems)
        named, total = named + message.counts.named, total + message.counts.total
    # Two messages of one number are told apart by things that chance does not always set right.
    assert sum(problems.values()) < len(OPERATIONS) / 50, problems
    assert named > 0.9 * total


def test_a_seed_tells_the_message_and_a_shape_its_length() -> None:
    for operation in OPERATIONS[::7]:
        if any(struct.textual for struct in operation.form.payload):
            continue  # a number in text is as long as its digits
        assert build_like(operation, 3, 4) == build_like(operation, 3, 4)
        assert len(build_like(operation, 3, 4, ODD)) == len(build_like(operation, 3, 5, ODD))
    assert any(build_like(item, 3, 4) != build_like(item, 3, 5) for item in OPERATIONS)


@pytest.mark.parametrize(
    ("knobs", "code"),
    [
        (Knobs(length=0.5), "length"),
        (Knobs(behind_nul=0.5), "after-nul"),
        (Knobs(attribute_length=0.5), "attribute-length"),
        (Knobs(message_length=0.5), "message-length"),
        (Knobs(truncated=0.5), "attribute-length"),
        (Knobs(free=0.9), "selector"),
        (Knobs(deep=1.0), "depth"),
    ],
    ids=lambda item: item if isinstance(item, str) else "",
)
def test_knobs_do_what_they_say(knobs: Knobs, code: str) -> None:
    frames = list(Traffic(REGISTRY, 5, knobs=(knobs,)).frames(200 if knobs.deep else 800))
    messages = decoded(frames)
    assert sum(item.code == code for message in messages for item in message.problems) > 5


def test_traffic_repeats_shapes_and_answers() -> None:
    frames = list(Traffic(REGISTRY, 6, knobs=(DAMAGED,)).frames(1500))
    assert frames == list(Traffic(REGISTRY, 6, knobs=(DAMAGED,)).frames(1500))
    messages = decoded(frames)
    names = Counter(message.type_name for message in messages)
    assert names["NLMSG_ERROR"] > 50
    assert names["NLMSG_DONE"] > 10
    heads = Counter(message.data[message.start : message.start + 8] for message in messages)
    assert sum(count > 1 for count in heads.values()) > 100
    assert len({message.layout.family.name for message in messages if message.layout.family}) > 20
