"""Texts that are tried: display filters and dissectors."""

from __future__ import annotations

import contextlib
import copy
import functools
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from nlsniff.decode.decoder import Decoder
from nlsniff.filter.compile import compile_filter
from nlsniff.filter.errors import FilterError
from nlsniff.filter.fields import all_fields
from nlsniff.spec.family import Family
from nlsniff.spec.folders import shipped_dir
from nlsniff.spec.load import SpecError, SpecText, load_document
from nlsniff.spec.model import reaches_secret
from nlsniff.spec.registry import Registry
from tests.fuzz import mutate, promises, seeds
from tests.fuzz.promises import promise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

# -- filters ---------------------------------------------------------------------------------------------------------

_VALUES = (
    "0", "1", "-1", "0x10", "eth0", '"a b"', "10.0.0.0/8", "2001:db8::/32", "RTM_NEWROUTE", "EINVAL", "1ms", "2s",
    "99999999999999999999", "1e999", "{1, 2}", "{1..5}", '"^a(b|c)*$"', "'", '"', "\u202e", "x" * 300,
)  # fmt: skip
_SIGNS = ("==", "!=", "<", ">", "<=", ">=", "contains", "matches", "in", "&", "~", "===")


@functools.cache
def _fields() -> list[str]:
    return [item.name for item in all_fields(seeds.REGISTRY)]


def filter_text(random: Random) -> bytes:
    """A display filter, perhaps a damaged one."""
    text = _expression(random, random.randint(0, 4)).encode()
    return mutate.octets(random, text) if random.random() < 0.4 else text


def _expression(random: Random, depth: int) -> str:
    if depth and random.random() < 0.6:
        inner, other = _expression(random, depth - 1), _expression(random, depth - 1)
        return random.choice((f"({inner})", f"not {inner}", f"!{inner}", f"{inner} and {other}", f"{inner} || {other}"))
    name = random.choice(_fields())
    return name if random.random() < 0.2 else f"{name} {random.choice(_SIGNS)} {random.choice(_VALUES)}"


def filter_holds(data: bytes, random: Random) -> None:
    """It is compiled or refused where it goes wrong, and asks messages without failing."""
    text = data.decode("utf-8", "replace")
    try:
        found = compile_filter(text, seeds.REGISTRY)
    except FilterError as error:
        promise(1 <= error.column <= len(text) + 1, "a filter error outside the filter", str(error.column))
        promises.printable(str(error), "a filter's error")
        return
    for message in promises.streamed(seeds.any_seed(random).data, None) or []:
        if not found.needs_conversation:
            found.matches(message)


# -- specs -----------------------------------------------------------------------------------------------------------

_WORDS = (b"-1", b"0x1ffffffff", b"null", b"[]", b"{}", b"true", b"u8", b"*a")


@functools.cache
def _spec_texts() -> list[bytes]:
    return [path.read_bytes() for path in sorted(Path(shipped_dir()).rglob("*.yaml"))]


# What a key may say instead, and what it may be called.
_ODD: tuple[object, ...] = (None, "x", "", 0, -1, 3, 1 << 70, 1.5, True, [], ["x"], [None], [[1]], {}, {"x": None},
                               {"name": "x"}, [{"name": "x"}], [{}], b"x")  # fmt: skip
_PLAIN = 25_000  # bytes of a dissector that is changed as a document: printing a long one takes long


@functools.cache
def _documents() -> list[Any]:
    return [yaml.load(text, yaml.CSafeLoader) for text in _spec_texts() if len(text) < _PLAIN]


def _places(doc: Any) -> Iterator[tuple[Any, Any]]:
    """Everything that stands in a document, as what holds it and its key or position there."""
    for key, value in list(doc.items()) if isinstance(doc, dict) else enumerate(doc) if isinstance(doc, list) else ():
        yield doc, key
        yield from _places(value)


def _confused(random: Random) -> bytes:
    """A shipped dissector in which some keys say something of another kind, or stand where they do not belong."""
    doc = copy.deepcopy(random.choice(_documents()))
    every = list(_places(doc))
    keys = sorted({key for _, key in every if isinstance(key, str)})
    for _ in range(random.choice((1, 1, 2, 3))):
        (holder, key), (other, its) = random.choice(every), random.choice(every)
        value = random.choice(_ODD) if random.random() < 0.5 else copy.deepcopy(other[its])
        if isinstance(holder, dict) and random.random() < 0.5:
            key = random.choice(keys)
        with contextlib.suppress(IndexError):  # a list may have become shorter
            if random.random() < 0.2 and (isinstance(holder, list) or key in holder):
                del holder[key]
            else:
                holder[key] = value
        every = list(_places(doc))
    return yaml.dump(doc, Dumper=_Plain).encode()


class _Plain(yaml.CSafeDumper):
    """Without anchors, which would be refused."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def spec_text(random: Random) -> bytes:
    """A shipped dissector with a few lines, words, keys or values changed."""
    if random.random() < 0.5:
        return _confused(random)
    lines = random.choice(_spec_texts()).split(b"\n")
    for _ in range(random.choice((1, 1, 2, 5))):
        at, how = random.randrange(len(lines)), random.randrange(4)
        if how == 0 and len(lines) > 1:
            del lines[at]
        elif how == 1:
            lines.insert(at, random.choice(lines))
        elif how == 2:
            lines[at] = mutate.octets(random, lines[at])
        else:
            words = lines[at].split(b" ")
            words[random.randrange(len(words))] = random.choice(_WORDS)
            lines[at] = b" ".join(words)
    return b"\n".join(lines)


def spec_holds(data: bytes, random: Random) -> None:
    """It is refused, or all that it says can be resolved, and messages be dissected with it."""
    try:
        family = Family(load_document([SpecText("x.yaml", data)]))
    except SpecError as error:
        promises.printable(str(error), "a dissector's error")
        return
    for name in family.sets:
        for field in family.attribute_set(name).by_number.values():
            reaches_secret(*field.parts)
    for name in family.struct_names:
        family.struct(name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.yaml"
        path.write_bytes(data)
        decoder = Decoder(Registry([path]))
        known = any(item.family.name == family.name for item in seeds.every_operation())
        seed = seeds.built(random, family.name) if known else seeds.recorded(random)
        messages = promises.streamed(seed.data, seed.order, decoder) or []
        promises.trees_hold(messages)
        for message in messages:
            message.summary  # noqa: B018  what a dissector says may make it fail
