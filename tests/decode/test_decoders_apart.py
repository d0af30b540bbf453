"""Decoders that share dissectors: none leaves anything on them, and none sees what another made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.decoder import Decoder
from nlsniff.output.json import message_line
from nlsniff.reader import Stream
from nlsniff.spec.model import AttrSet, Field, Struct
from nlsniff.spec.registry import Registry
from tests.conftest import CAPTURES

if TYPE_CHECKING:
    from collections.abc import Iterator

# Keys, pairs of audit, sub-messages, hooks, arrays.
SHARED = [path for path in CAPTURES if path.stem in {"first-route", "secrets", "strongswan", "tc-filters", "wireguard"}]


def printed(registry: Registry, *, show: bool = False) -> list[bytes]:
    """The messages of some captures, each by a decoder of its own, for a capture's names are its own."""
    streams = [Stream(path, Decoder(registry, show_secrets=show)) for path in SHARED]
    return [message_line(message) for stream in streams for message in stream]


def fields_of(registry: Registry) -> Iterator[Field]:
    """Every field of the families that were used, at any depth."""
    families = [family for name in registry.names if (family := registry._families.get(name)) is not None]
    left: list[Struct | AttrSet] = []
    for family in families:
        left += [family.attribute_set(name) for name in family.sets]
        left += [family.struct(name) for name in family.struct_names]
    seen: set[int] = set()
    while left:
        part = left.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        for field in part.members if isinstance(part, Struct) else part.by_number.values():
            yield field
            left += field.parts


def test_who_shows_secrets_and_who_does_not_may_share_dissectors() -> None:
    alone = {show: printed(Registry(), show=show) for show in (True, False)}
    assert alone[True] != alone[False]
    registry = Registry()
    for show in (True, False, True):
        assert printed(registry, show=show) == alone[show]


def test_a_decoder_writes_nothing_onto_dissectors() -> None:
    registry = Registry()
    printed(registry)
    before = [(field, dict(vars(field))) for field in fields_of(registry)]
    assert len(before) > 1000
    printed(registry, show=True)
    for field, was in before:
        assert vars(field) == was, field.name
        assert vars(field).keys() == set(Field._names), field.name
        assert not any(map(callable, vars(field).values())), field.name
    assert Decoder(registry).decoders == {}
