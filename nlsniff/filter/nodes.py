"""Tests of decoded nodes: is one equal to what a filter wants, does it come before it, does it contain or match it?"""

from __future__ import annotations

import operator as operators
import re
import warnings
from typing import TYPE_CHECKING, Any

from nlsniff.filter.values import Unfit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nlsniff.decode.node import Node
    from nlsniff.filter.values import Want

    Test = Callable[[Node], bool]

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operators.lt, "<=": operators.le, ">": operators.gt, ">=": operators.ge,
}  # fmt: skip


def present(nodes: Iterable[Node]) -> bool:
    """Whether any node is there."""
    return any(True for _ in nodes)


def elements(node: Node) -> Iterator[Node]:
    """A node as the values that it stands for: a list as its elements."""
    if node.kind == "list":
        for child in node.children:
            if child.kind != "padding" and child.name != "unknown-bytes":
                yield from elements(child)
    else:
        yield node


def equal(want: Want) -> Test:
    """Is the value what is wanted, or one of its values: of its flags, of its numbers?"""
    number, names, text, blob, net, flag = want[:6]

    def test(node: Node) -> bool:
        raw = node.raw
        kind = type(raw)
        if kind is int:
            return raw == number or (bool(names) and _named(node.value, names)) or _shown(node, text)
        if kind is str:
            return raw == text  # type: ignore[no-any-return]  # raw is a str here
        if kind is bytes:
            return raw == blob or (net is not None and net.holds(raw)) or (blob is None and _shown(node, text))
        if kind is bool:
            return flag
        if kind is list:
            return number in raw or (bool(names) and _named(node.value, names))
        return False

    return test


def _named(value: Any, names: frozenset[str]) -> bool:
    if type(value) is str:
        return value in names
    if type(value) is dict:  # a bitfield32
        value = value["value"]
        return _named(value, names)
    return type(value) is list and not names.isdisjoint(str(item) for item in value)


def _shown(node: Node, text: str | None) -> bool:
    """Whether a value is a text: its own, as it is shown, or the name that the capture taught."""
    return text is not None and (text in (node.value, node.text) or (text != "" and node.resolved == text))


def words(node: Node) -> str:
    """A value in words: text and bytes as they are, not with the escapes of their shown text."""
    value = node.value
    return value if type(value) is str and type(node.raw) is not int else node.text


def order(operator: str, want: Want) -> Test:
    """Does the value come before or after what is wanted? Numbers, and addresses of the same length."""
    compare = _COMPARE[operator]
    number, blob = _number_in(want), want.blob

    def test(raw: Any) -> bool:
        if type(raw) is bytes:
            return blob is not None and len(blob) == len(raw) and compare(raw, blob)
        return number is not None and compare(raw, number)

    return _scalars(test)


def between(low: Want, high: Want) -> Test:
    """Is the value in a range, its ends included?"""
    least, most = _number_in(low), _number_in(high)
    first, last = low.blob, high.blob

    def test(raw: Any) -> bool:
        if type(raw) is bytes:
            return (
                first is not None and last is not None and len(first) == len(raw) == len(last) and first <= raw <= last
            )
        return least is not None and most is not None and least <= raw <= most

    return _scalars(test)


def _number_in(want: Want) -> int | float | None:
    return want.number if want.number is not None else want.named


def _scalars(test: Callable[[Any], bool]) -> Test:
    """A test of what can be ordered: numbers, each number of a list, and bytes."""

    def of_node(node: Node) -> bool:
        raw = node.raw
        kind = type(raw)
        if kind is int or kind is bytes:
            return test(raw)
        return kind is list and any(test(item) for item in raw)

    return of_node


def contains(want: Want) -> Test:
    """Is it a part: text of a text, bytes of bytes, a flag or bits of flags, an element of a list?"""
    same = equal(want)
    number, text, blob = want.number, want.text, want.blob

    def test(node: Node) -> bool:
        raw = node.raw
        kind = type(raw)
        if kind is bytes:
            return raw.find(blob) >= 0 if blob is not None else text is not None and text in words(node)
        if kind is int and number is not None and _has_flags(node.value):
            return number > 0 and raw & number == number
        if text is not None and kind in {int, str}:
            return text in words(node) or text in node.resolved
        return same(node)

    return test


def _has_flags(value: Any) -> bool:
    return type(value) is list or (type(value) is dict and type(value.get("value")) is list)


def matches(pattern: re.Pattern[str]) -> Test:
    """Is the pattern found in its shown text, or in the name that the capture taught?"""
    search = pattern.search

    def test(node: Node) -> bool:
        return search(words(node)) is not None or (node.resolved != "" and search(node.resolved) is not None)

    return test


def pattern(text: str) -> re.Pattern[str]:
    """A regular expression as Python's `re` has them; upper and lower case are the same but inside `(?-i:...)`.

    Nobody stops one that backtracks for ever, such as `(a+)+$`: it is the user's own, and runs on the user's machine.

    Raises:
        Unfit: it is none.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python warns of spellings that may once mean something else
        try:
            return re.compile(text, re.IGNORECASE)
        except (re.error, OverflowError, RecursionError) as error:
            raise Unfit(f"cannot be matched: {error}") from None
