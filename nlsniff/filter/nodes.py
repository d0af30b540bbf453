"""Tests of decoded nodes: whether a value is equal to an operand, comes before it, contains it, or matches it."""

from __future__ import annotations

import operator as operators
import re
import warnings
from typing import TYPE_CHECKING, Any

from nlsniff.filter.literals import TypeMismatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nlsniff.decode.node import Node
    from nlsniff.filter.literals import Operand

    Test = Callable[[Node], bool]

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operators.lt, "<=": operators.le, ">": operators.gt, ">=": operators.ge,
}  # fmt: skip


def elements(node: Node) -> Iterator[Node]:
    """The values of a node: the elements of a list, else the node itself."""
    if node.kind == "list":
        for child in node.children:
            if child.kind != "padding" and child.name != "unknown-bytes":
                yield from elements(child)
    else:
        yield node


def equal(operand: Operand) -> Test:
    """A test whether a value, or one of its flags or numbers, is equal to an operand."""
    number, names, text, blob, net, flag = operand[:6]

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
    """Whether a text is the value, its shown text, or its name in the capture."""
    return text is not None and (text in (node.value, node.text) or (text != "" and node.resolved == text))


def text_of(node: Node) -> str:
    """The value as text, without the escapes of its shown text."""
    value = node.value
    return value if type(value) is str and type(node.raw) is not int else node.text


def order(operator: str, operand: Operand) -> Test:
    """A test whether a value comes before or after an operand. Numbers have an order, and addresses of one length."""
    return _scalars(_ordered(operator, operand))


def between(low: Operand, high: Operand) -> Test:
    """A test whether a value is in a range, its ends included."""
    above, below = _ordered(">=", low), _ordered("<=", high)
    return _scalars(lambda raw: above(raw) and below(raw))


def _ordered(operator: str, operand: Operand) -> Callable[[Any], bool]:
    """A test of a number or of bytes, for `_scalars`."""
    compare = _COMPARE[operator]
    number, blob = operand.ordinal, operand.blob

    def test(raw: Any) -> bool:
        if type(raw) is bytes:
            return blob is not None and len(blob) == len(raw) and compare(raw, blob)
        return number is not None and compare(raw, number)

    return test


def _scalars(test: Callable[[Any], bool]) -> Test:
    """A test of numbers, of each number of a list, and of bytes, as a test of nodes."""

    def of_node(node: Node) -> bool:
        raw = node.raw
        kind = type(raw)
        if kind is int or kind is bytes:
            return test(raw)
        return kind is list and any(test(item) for item in raw)

    return of_node


def contains(operand: Operand) -> Test:
    """A test whether a value contains an operand: a text, bytes, a flag, bits of flags, or an element of a list."""
    same = equal(operand)
    number, text, blob = operand.number, operand.text, operand.blob

    def test(node: Node) -> bool:
        raw = node.raw
        kind = type(raw)
        if kind is bytes:
            return raw.find(blob) >= 0 if blob is not None else text is not None and text in text_of(node)
        if kind is int and number is not None and _has_flags(node.value):
            return number > 0 and raw & number == number
        if text is not None and kind in {int, str}:
            return text in text_of(node) or text in node.resolved
        return same(node)

    return test


def has_any_bit(operand: Operand) -> Test:
    """A test whether a number has any of the bits of another.

    Raises:
        TypeMismatch: the operand is no whole number.
    """
    bits = operand.ordinal
    if not isinstance(bits, int):
        raise TypeMismatch("has no bits there: & takes a whole number")
    return _scalars(lambda raw: type(raw) is int and raw & bits != 0)


def _has_flags(value: Any) -> bool:
    return type(value) is list or (type(value) is dict and type(value.get("value")) is list)


def matches(pattern: re.Pattern[str]) -> Test:
    """A test whether a pattern is found in a value as text, or in its name in the capture."""
    search = pattern.search

    def test(node: Node) -> bool:
        return search(text_of(node)) is not None or (node.resolved != "" and search(node.resolved) is not None)

    return test


def pattern(text: str) -> re.Pattern[str]:
    """A regular expression of Python's `re`; upper and lower case are the same but inside `(?-i:...)`.

    Nothing stops one that backtracks for ever, such as `(a+)+$`: the user wrote it, and it runs on the user's machine.

    Raises:
        TypeMismatch: the text is no regular expression.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python warns of spellings whose meaning may change
        try:
            return re.compile(text, re.IGNORECASE)
        except (re.error, OverflowError, RecursionError) as error:
            raise TypeMismatch(f"cannot be matched: {error}") from None
