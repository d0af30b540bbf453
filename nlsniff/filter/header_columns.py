"""The fields that are columns of the index, as conditions over those columns."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING

from nlsniff.filter.codegen import ALWAYS, Bounds, HeaderCode, either, exactly
from nlsniff.filter.header import DIRECTIONS, FLAGS, HEADER
from nlsniff.filter.literals import ORDERS, TypeMismatch, date_of, nanoseconds_of, number_of, operand_of
from nlsniff.filter.nodes import pattern
from nlsniff.filter.plan import FilterPlan, join_plans, opposite_plan
from nlsniff.filter.syntax import Literal, Range
from nlsniff.wire.constants import CONTROL_TYPES, NETLINK_CONNECTOR, REPEATING
from nlsniff.wire.flags import GENERIC_VERBS, VERBS, flag_names, verb_of
from nlsniff.wire.names import normal, protocol_name

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from nlsniff.filter.field_types import FieldType
    from nlsniff.filter.types import Types

_PLAIN = {"seq": "seq", "port": "port", "length": "length", "frame": "frame", "message": "number"}
_CONTROL = {name: number for number, name in CONTROL_TYPES.items()}
_TYPE_KEY = "(protocol << 16 | type_)"
_FLAGS_KEY = "(protocol << 32 | type_ << 16 | flags)"


class HeaderColumns:
    """Makes conditions of the header fields of a filter.

    Args:
        source: keeps the values that the generated source names.
        types: the message types.
        marks: the numbers of marked messages, read whenever the filter runs.
        origin: a list of one number, the time of the first message in ns; read whenever the filter runs.
    """

    def __init__(self, source: HeaderCode, types: Types, marks: Container[int], origin: list[int]) -> None:
        self._source = source
        self._types = types
        self._marks = marks
        self._origin = origin

    def present(self, name: str) -> FilterPlan:
        """A field alone. Every message has a header; only flags and marks may be absent."""
        if name == "marked":
            return FilterPlan(exactly(f"(number in {self._source.bind(self._marks)})"))
        if name.startswith("flags."):
            return self._flag(next(flag for flag in FLAGS if normal(flag) == name.removeprefix("flags.")))
        return FilterPlan(ALWAYS)

    def compare(self, name: str, operator: str, literal: Literal) -> FilterPlan:
        """A field and a value.

        Raises:
            TypeMismatch: they cannot be compared.
        """
        if operator == "!=":
            return opposite_plan(self.compare(name, "==", literal))
        field_type = HEADER[name].field_type
        if field_type.kind == "flag":
            operand = operand_of(literal, field_type, operator)
            found = self.present(name)
            return found if operand.flag else opposite_plan(found)
        if name in _PLAIN:
            return self._number(_PLAIN[name], operator, literal, field_type)
        return {"type": self._type, "flags": self._flags, "protocol": self._protocol, "direction": self._direction,
                "time": self._time}[name](operator, literal, field_type)  # fmt: skip

    def among(self, name: str, items: tuple[Literal | Range, ...]) -> FilterPlan:
        """A field and a set of values and ranges.

        Raises:
            TypeMismatch: some of them cannot be compared.
        """
        plans, numbers = [], set()
        for item in items:
            if isinstance(item, Range):
                low, high = self.compare(name, ">=", item.low), self.compare(name, "<=", item.high)
                plans.append(FilterPlan(exactly(f"({low.bounds.upper} and {high.bounds.upper})")))
                continue
            number = None if item.quoted else number_of(item.text)
            if name in _PLAIN and isinstance(number, int):
                numbers.add(number)
            else:
                plans.append(self.compare(name, "==", item))
        if numbers:
            plans.append(FilterPlan(exactly(f"({_PLAIN[name]} in {self._source.bind(frozenset(numbers))})")))
        return join_plans(self._source, either, any, plans)

    # -- by field ------------------------------------------------------------------------------------------------

    def _number(self, column: str, operator: str, literal: Literal, field_type: FieldType) -> FilterPlan:
        if operator == "matches":
            found = text_test(operator, literal.text)
            return FilterPlan(exactly(self._source.table(column, lambda number: found(str(number)))))
        number = operand_of(literal, field_type, operator).number
        if number is None:
            raise TypeMismatch("is a number: expected one")
        if isinstance(number, float):
            raise TypeMismatch("is a whole number: expected one")
        if operator == "&":
            return FilterPlan(exactly(f"({column} & {number} != 0)"))
        return FilterPlan(exactly(f"({column} {operator if operator in ORDERS else '=='} {number})"))

    def _time(self, operator: str, literal: Literal, field_type: FieldType) -> FilterPlan:
        if operator in {"contains", "matches", "&"}:
            raise TypeMismatch("is a time: compare it with <, <=, >, >= or in")
        offset = None if literal.quoted else nanoseconds_of(literal.text)
        if offset is not None:
            return FilterPlan(exactly(f"(time - {self._source.bind(self._origin)}[0] {operator} {offset})"))
        number = nanoseconds_of(literal.text, "s") if not literal.quoted else None
        number = number if number is not None else date_of(literal.text)
        if number is None:
            operand_of(literal, field_type, operator)  # raises the reason
        return FilterPlan(exactly(f"(time {operator} {number or 0})"))

    def _protocol(self, operator: str, literal: Literal, field_type: FieldType) -> FilterPlan:
        if operator in {"contains", "matches"}:
            test = text_test(operator, literal.text)
            return FilterPlan(exactly(self._source.table("protocol", lambda number: test(protocol_name(number)))))
        number = operand_of(literal, field_type, operator).ordinal
        if not isinstance(number, int):
            raise TypeMismatch("is a whole number: expected one")
        if operator == "&":
            raise TypeMismatch("has no bits: compare it with ==")
        return FilterPlan(exactly(f"(protocol {operator} {number})"))

    def _direction(self, operator: str, literal: Literal, field_type: FieldType) -> FilterPlan:
        if operator in {"contains", "matches"}:
            wanted: set[str] = set(filter(text_test(operator, literal.text), DIRECTIONS))
        else:
            if operator == "&":
                raise TypeMismatch("has no bits: compare it with ==")
            wanted = {operand_of(literal, field_type, operator).text or ""}
        # The protocol and the lowest bit of the flags tell it, but where the file says it or the follower corrects it.
        key = "(protocol << 1 | flags & 1)"
        may = self._source.table(key, lambda at: not wanted.isdisjoint(_directions(at >> 1, at & 1)))
        must = self._source.table(key, lambda at: wanted >= _directions(at >> 1, at & 1))
        bounds = Bounds(f"(not not comment or {may})", f"(not comment and {must})")
        return FilterPlan(bounds, lambda message, _: message.direction in wanted, 1)

    def _type(self, operator: str, literal: Literal, field_type: FieldType) -> FilterPlan:
        if operator == "matches":
            return self._named(text_test(operator, literal.text))
        if operator == "contains":
            part = normal(literal.text)
            return self._named(lambda name: part in normal(name))
        if not literal.quoted and number_of(literal.text) is not None:
            return self._number("type_", operator, literal, field_type)
        if "*" in literal.text and operator == "==":
            return self._named(re.compile(fnmatch.translate(literal.text), re.IGNORECASE).match)
        found = self._types.constant(literal.text) or self._types.ending(literal.text)
        if found is None:
            raise TypeMismatch(f'knows no "{literal.text}": {self._near_type(literal.text)}')
        if operator in ORDERS or operator == "&":
            raise TypeMismatch("is ordered by number only: give a number")
        name, pairs = found.name, sorted(found.pairs)
        if name in _CONTROL:  # on every protocol
            return FilterPlan(exactly(f"(type_ == {_CONTROL[name]})"))
        if pairs and not found.generic:
            possible = [(pair, self._types.possible(*pair) or frozenset()) for pair in pairs]
            mine = [(pair, names) for pair, names in possible if name in names]
            if all(len(names) == 1 for _, names in mine):
                return FilterPlan(
                    either(exactly(f"(protocol == {protocol} and type_ == {type_})") for (protocol, type_), _ in mine)
                )
        return self._named(lambda item: item == name)

    def _named(self, test: Callable[[str], object]) -> FilterPlan:
        """A condition on the name of the type. The body of a message decides some names."""
        possible = self._types.possible

        def may(key: int) -> bool:
            names = possible(key >> 16, key & 0xFFFF)
            return names is None or any(test(name) for name in names)

        def must(key: int) -> bool:
            names = possible(key >> 16, key & 0xFFFF)
            return names is not None and all(test(name) for name in names)

        bounds = Bounds(self._source.table(_TYPE_KEY, may), self._source.table(_TYPE_KEY, must))
        return FilterPlan(bounds, lambda message, _: bool(test(message.type_name)), 1)

    def _flags(self, operator: str, literal: Literal, field_type: FieldType) -> FilterPlan:
        if operator == "matches":
            test = text_test(operator, literal.text)
            return self._flagged(lambda names: test("|".join(names)), "True")
        operand = operand_of(literal, field_type, operator)
        if operand.names and operator in {"==", "contains", "&"}:
            return self._flag(next(iter(operand.names)))
        number = operand.ordinal
        if not isinstance(number, int):
            raise TypeMismatch("is a set of flags: expected a flag or a whole number")
        if operator == "&":
            return FilterPlan(exactly(f"(flags & {number} != 0)"))
        if operator == "contains":
            return FilterPlan(exactly(f"(flags & {number} == {number})" if number > 0 else "False"))
        return FilterPlan(exactly(f"(flags {operator} {number})"))

    def _flag(self, flag: str) -> FilterPlan:
        """One flag. The meaning of the upper bits depends on the verb of the message."""
        bits = FLAGS[flag]
        source = f"(flags & {bits} == {bits})"
        if all(flag in flag_names(bits, verb) for verb in VERBS):
            return FilterPlan(exactly(source))
        return self._flagged(lambda names: flag in names, source)

    def _flagged(self, test: Callable[[list[str]], bool], least: str) -> FilterPlan:
        def answers(key: int) -> set[bool]:
            protocol, type_ = key >> 32, key >> 16 & 0xFFFF
            names = self._types.possible(protocol, type_)
            verbs = GENERIC_VERBS if names is None else {verb_of(protocol, type_, name) for name in names}
            return {test(flag_names(key & 0xFFFF, verb)) for verb in verbs}

        may = self._source.table(_FLAGS_KEY, lambda key: True in answers(key))
        must = self._source.table(_FLAGS_KEY, lambda key: False not in answers(key))
        bounds = Bounds(f"({least} and {may})", f"({least} and {must})") if least != "True" else Bounds(may, must)
        return FilterPlan(bounds, lambda message, _: test(message.flag_names), 1)

    def _near_type(self, text: str) -> str:
        from difflib import get_close_matches

        known = self._types.constants()
        near = [known[item].name for item in get_close_matches(normal(text), known, n=2)]
        return f"did you mean {' or '.join(near)}?" if near else "expected a constant such as RTM_NEWROUTE, or a number"


def _directions(protocol: int, flags: int) -> set[str]:
    """The directions that a message may have whose frame has no comment.

    A few of the kernel's notifications look like requests, and the header of a connector message does not tell.
    """
    from nlsniff.decode.message import infer_direction

    found = infer_direction(protocol, flags)
    if protocol == NETLINK_CONNECTOR:
        return {"to-user", "to-kernel"}
    return {found, "to-user"} if found == "to-kernel" and protocol in REPEATING else {found}


def text_test(operator: str, text: str) -> Callable[[str], bool]:
    """A test whether a name contains a text, or matches it as a regular expression, as the operator says."""
    if operator == "contains":
        return lambda name: text in name
    search = pattern(text).search
    return lambda name: search(name) is not None
