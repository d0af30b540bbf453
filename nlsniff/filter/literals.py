"""The literals of filters, and what each means beside a field."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from nlsniff.wire.names import normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nlsniff.filter.field_types import FieldType
    from nlsniff.filter.syntax import Literal

ORDERS = ("<", "<=", ">", ">=")
# Nanoseconds.
UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "min": 60 * 10**9, "h": 3600 * 10**9}
SECOND = UNITS["s"]
# `re` compiles each when it is needed: most filters need one.
_NUMBER = r"(?a)([+-]?)(0[xX][0-9A-Fa-f]+|\d+(?:\.\d+)?)"
_TIME = r"(?a)([+-]?)(\d+)(?:\.(\d+))?(ns|us|µs|ms|s|min|h)?"
LONGEST_NUMBER = 40  # characters; no number of netlink is longer, and to convert more takes long
_BLOB = r"(?:0x)?((?:[0-9A-Fa-f]{2})+)|[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2})+"
_PLAIN = r"[0-9A-Fa-f:/-]+|0x[0-9A-Fa-f]+"


class Net(NamedTuple):
    """An address prefix: addresses of `size` bytes whose first `length` bits are those of `bits`."""

    size: int
    length: int
    bits: int

    def holds(self, raw: bytes) -> bool:
        """Whether an address is inside it."""
        return len(raw) == self.size and int.from_bytes(raw, "big") >> (8 * self.size - self.length) == self.bits


class Operand(NamedTuple):
    """What a literal may mean beside a field. A value is equal to the literal if it is equal to one of these.

    Attributes:
        number: of a number its value, of a duration its nanoseconds.
        names: names of values, as the dissector spells them.
        text: a text, or a name from the capture; None where the literal cannot be a text.
        blob: the bytes of an address or blob.
        net: a prefix that contains the address.
        flag: the attribute is present.
        named: the number of a name, for the order of names.
    """

    number: int | float | None = None
    names: frozenset[str] = frozenset()
    text: str | None = None
    blob: bytes | None = None
    net: Net | None = None
    flag: bool = False
    named: int | None = None

    @property
    def ordinal(self) -> int | float | None:
        """The number, or that of the name."""
        return self.number if self.number is not None else self.named


class TypeMismatch(ValueError):  # noqa: N818  another description of the field may take the literal
    """The reason why a literal cannot be compared with a field, as a text that follows the field's name."""


# -- literals ----------------------------------------------------------------------------------------------------


def _like_number(text: str) -> bool:
    return text[:1] in "+-0123456789" and len(text) <= LONGEST_NUMBER


def number_of(text: str) -> int | float | None:
    """A number: decimal, with decimals, or hexadecimal."""
    match = re.fullmatch(_NUMBER, text) if _like_number(text) else None
    if match is None:
        return None
    sign, digits = match.groups()
    found = int(digits, 16) if digits[:2] in {"0x", "0X"} else float(digits) if "." in digits else int(digits)
    return -found if sign == "-" else found


def nanoseconds_of(text: str, default: str = "") -> int | None:
    """A time with its unit (`10ms`, `1.5s`) in whole nanoseconds; `default` is the unit of a bare number."""
    match = re.fullmatch(_TIME, text) if _like_number(text) else None
    if match is None or not (match.group(4) or default):
        return None
    sign, whole, part, unit = match.groups()
    factor = UNITS[unit or default]
    found = int(whole) * factor + (int(part) * factor // 10 ** len(part) if part else 0)
    return -found if sign == "-" else found


def date_of(text: str) -> int | None:
    """A date in ISO 8601, UTC unless it says otherwise, in nanoseconds since 1970."""
    if "-" not in text[1:]:  # Python reads 20260101 as a date, people read it as a number
        return None
    import datetime as dt

    try:
        found = dt.datetime.fromisoformat(text)
        if found.tzinfo is None:
            found = found.replace(tzinfo=dt.UTC)
        since = found - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    except (ValueError, OverflowError):
        return None
    return (since.days * 86400 + since.seconds) * SECOND + since.microseconds * 1000


def address_of(text: str) -> tuple[bytes, int | None] | None:
    """An IPv4 or IPv6 address, and the length of the prefix where it has one."""
    import socket

    host, slash, length = text.partition("/")
    try:
        raw = socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
    except (OSError, ValueError, UnicodeError):
        return None
    if not slash:
        return raw, None
    if not (length.isascii() and length.isdigit() and len(length) <= 3 and int(length) <= 8 * len(raw)):
        return None
    return raw, int(length)


def blob_of(text: str) -> bytes | None:
    """Bytes in hex: `0a1b`, `0x0a1b`, `0a:1b`, `0a-1b`."""
    match = re.fullmatch(_BLOB, text)
    if match is None:
        return None
    return bytes.fromhex(match.group(1) or text.replace(":", "").replace("-", ""))


def operand_of(literal: Literal, field: FieldType, operator: str) -> Operand:
    """What a literal means beside a field.

    Raises:
        TypeMismatch: the literal and the field cannot be compared.
    """
    text, kind = literal.text, field.kind
    if kind == "nest":
        raise TypeMismatch("holds other fields")
    if kind == "flag":
        return _flag(literal, operator)
    if operator in ORDERS and kind not in {"number", "flags", "time", "duration", "address", "any"}:
        raise TypeMismatch(f"is {_ARTICLES[kind]} and has no order: use ==, !=, in, contains or matches")
    if kind == "text":
        return _text(literal, field)
    if kind == "any":
        if operator in ORDERS and number_of(text) is None:
            raise TypeMismatch("is ordered by number only: give a number")
        names = frozenset({text})  # of flags, which it may be
        if literal.quoted:
            return Operand(names=names, text=text)
        return Operand(number=number_of(text), names=names, text=text, blob=blob_of(text))
    if kind in {"bytes", "mac"}:
        return _bytes(literal, field, operator)
    if kind == "address":
        return _address(literal, operator)
    return _number(literal, field, operator)


_ARTICLES = {
    "text": "a text", "bytes": "bytes", "mac": "a hardware address", "address": "an address", "number": "a number",
    "flags": "a set of flags", "time": "a time", "duration": "a time",
}  # fmt: skip


def _flag(literal: Literal, operator: str) -> Operand:
    if operator in {"==", "!="} and normal(literal.text) in {"true", "yes", "1", "false", "no", "0"}:
        return Operand(flag=normal(literal.text) in {"true", "yes", "1"})
    raise TypeMismatch("is there or not: write the name alone, or `not` before it")


def is_plain(literal: Literal) -> bool:
    """Whether a literal is a number, an address, bytes or quoted text, and not a word that may be a misspelt name."""
    return literal.quoted or re.fullmatch(_PLAIN, literal.text) is not None


def _bytes(literal: Literal, field: FieldType, operator: str) -> Operand:
    """Bytes in hex, quoted text, or an address: some blobs are addresses."""
    text = literal.text
    raw = blob_of(text) if field.kind == "mac" or not literal.quoted else text.encode("utf-8", "surrogatepass")
    if raw is not None or literal.quoted:
        return Operand(text=text, blob=raw)
    if operator != "contains" and address_of(text) is not None:
        return _address(literal, operator)
    raise TypeMismatch(f"is {_ARTICLES[field.kind]}: expected them in hex, such as 02:00:5e:10")


def _text(literal: Literal, field: FieldType) -> Operand:
    if field.names and field.closed:
        return Operand(text=_name(literal, field))
    return Operand(text=literal.text)


def _name(literal: Literal, field: FieldType) -> str:
    """A name as the dissector spells it."""
    name = field.names.get(normal(literal.text))
    if name is None:
        from difflib import get_close_matches

        near = list(dict.fromkeys(field.names[item] for item in get_close_matches(normal(literal.text), field.names)))
        some = list(field.named[:6]) + (["..."] if field.named[6:] else [])
        hint = f"did you mean {' or '.join(near[:2])}?" if near else f"expected {', '.join(some)}"
        raise TypeMismatch(f'has no value "{literal.text}": {hint}')
    return name


def _address(literal: Literal, operator: str) -> Operand:
    text = literal.text
    found = address_of(text)
    if found is None:
        if operator == "contains" or literal.quoted:
            return Operand(text=text)
        raise TypeMismatch("is an address: expected one, or a prefix such as 192.0.2.0/24 or 2001:db8::/32")
    raw, length = found
    if length is None:
        return Operand(text=text, blob=raw)
    if operator in ORDERS:
        raise TypeMismatch("is an address, and a prefix comes neither before nor after it")
    size = len(raw)
    return Operand(net=Net(size, length, int.from_bytes(raw, "big") >> (8 * size - length)))


def _number(literal: Literal, field: FieldType, operator: str) -> Operand:
    """A number, a time, or a name of a number."""
    text = literal.text
    number = None if literal.quoted else _measured(text, field)
    if field.kind == "time" and number is None and normal(text) not in field.names:
        date = date_of(text)
        if date is None:
            raise TypeMismatch('is a time: expected a date such as "2026-11-21 19:08:35", or seconds since 1970')
        number = date / SECOND if date % SECOND else date // SECOND
    if number is not None:
        return Operand(number=number)
    if field.kind == "duration":
        raise TypeMismatch("is a time: expected a number with a unit, such as 10ms or 1.5s")
    if operator == "contains" and field.kind == "number" and field.names:
        return Operand(text=text)
    if field.names and (field.closed or normal(text) in field.names):
        name = _name(literal, field)
        if operator in ORDERS and name not in field.numbers:
            raise TypeMismatch(f"cannot be ordered by {name}: give a number")
        # The text finds special values, which JSON has as numbers, and names from the capture.
        return Operand(names=frozenset({name}), text=name if field.closed else text, named=field.numbers.get(name))
    if field.closed or operator in ORDERS:
        raise TypeMismatch(
            f"is {_ARTICLES[field.kind]}: expected {'one' if field.kind == 'number' else 'a flag or a number'}"
        )
    return Operand(text=text)


def _measured(text: str, field: FieldType) -> int | float | None:
    """A number in the unit of the field: nanoseconds for a duration, else the unit that the dissector names."""
    if field.kind == "duration":
        return nanoseconds_of(text, "s")
    number, span = number_of(text), nanoseconds_of(text)
    if span is None or field.kind == "time" or normal(text) in field.names:
        return number
    if field.unit:
        unit = UNITS[field.unit]
        return span / unit if span % unit else span // unit
    if field.closed:
        raise TypeMismatch("is not measured in a unit of time: give a bare number")
    return None


def merge(operands: Sequence[Operand]) -> Operand:
    """One operand of several, for a field that dissectors describe in several ways."""
    if len(operands) == 1:
        return operands[0]
    number, names, text, blob, net, flag, named = zip(*operands, strict=True)
    every = frozenset().union(*names)
    return Operand(_first(number), every, _first(text), _first(blob), _first(net), any(flag), _first(named))


def _first(values: Iterable[Any]) -> Any:
    """The first that is not None."""
    return next((value for value in values if value is not None), None)
