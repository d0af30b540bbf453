"""Compiles a filter into functions: one over the columns of the index, one over messages.

`nlsniff.filter.parse` reads the text; this module looks its names up in the dissectors. Each part of a filter becomes
two conditions over columns, a necessary and a sufficient one, and a test of the message. So the columns alone decide a
filter on headers, and for any other filter they exclude most messages before their bodies are decoded.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from nlsniff.filter.codegen import UNDECIDED, Bounds, HeaderCode, both, either, exactly
from nlsniff.filter.errors import FilterError
from nlsniff.filter.filter import Filter
from nlsniff.filter.header import header_field, value
from nlsniff.filter.header_columns import HeaderColumns
from nlsniff.filter.literals import ORDERS, TypeMismatch, is_plain, merge, number_of, operand_of
from nlsniff.filter.nodes import between, contains, equal, has_any_bit, matches, order, pattern
from nlsniff.filter.parse import parse
from nlsniff.filter.plan import FilterPlan, join_plans, opposite_plan
from nlsniff.filter.syntax import And, Compare, Expression, In, Literal, Not, Or, Present, Range
from nlsniff.filter.types import types_of
from nlsniff.filter.words import RELATIVE, WORDS
from nlsniff.wire.constants import NETLINK_GENERIC, NLMSG_DONE, NLMSG_ERROR, NLMSG_MIN_TYPE
from nlsniff.wire.names import normal

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node
    from nlsniff.filter.field_types import FieldType
    from nlsniff.filter.fields import FieldCatalog, Found
    from nlsniff.filter.header import HeaderField
    from nlsniff.filter.literals import Operand
    from nlsniff.filter.nodes import Test
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.spec.registry import Registry

__all__ = ["Filter", "compile_filter"]


def compile_filter(text: str, registry: Registry, *, marks: Container[int] = frozenset()) -> Filter:
    """Make a filter of its text.

    Args:
        text: as the user wrote it.
        registry: the dissectors, whose names it may use.
        marks: the numbers of the marked messages; looked at again whenever the filter runs.

    Raises:
        FilterError: it cannot be used. The error has the column, the reason, and similar names.
    """
    origin = [0]
    compiler = _Compiler(text, registry, marks, origin)
    plan = compiler.plan(parse(text))
    return Filter(text, plan, compiler.source, origin)


class _Compiler:
    def __init__(self, text: str, registry: Registry, marks: Container[int], origin: list[int]) -> None:
        self.source = HeaderCode()
        self._text = text
        self._registry = registry
        self._columns = HeaderColumns(self.source, types_of(registry), marks, origin)

    @property
    def _catalog(self) -> FieldCatalog:
        """The fields of bodies. A filter on headers alone does not load their dissectors."""
        from nlsniff.filter.fields import catalog

        return catalog(self._registry)

    # -- and, or, not --------------------------------------------------------------------------------------------

    def plan(self, expression: Expression) -> FilterPlan:
        """Any part of a filter."""
        match expression:
            case And(items):
                return join_plans(self.source, both, all, [self.plan(item) for item in items])
            case Or(items):
                return join_plans(self.source, either, any, [self.plan(item) for item in items])
            case Not(item):
                return opposite_plan(self.plan(item))
            case Present(name, column):
                return self._present(name, column)
            case Compare() | In():
                return self._compare(expression)

    # -- a field -------------------------------------------------------------------------------------------------

    def _present(self, name: str, column: int) -> FilterPlan:
        item = header_field(name)
        if item is None:
            all_of = self._catalog.whole(name)
            if isinstance(all_of, int):
                return FilterPlan(exactly(f"(protocol == {all_of})"))
            if all_of is not None:
                return self._over_body(all_of, lambda _: True)
            if self._catalog.types.constant(name) is not None:  # RTM_NEWROUTE alone
                return self._columns.compare("type", "==", Literal(name, column))
            return self._over_body(self._find(name, column), _any_node, whole=True)
        if item.read is None:
            return self._columns.present(item.name)
        if item.truth:
            return self._over_header(item, lambda nodes: any(node.raw for node in nodes))
        return self._over_header(item, _any_node)

    def _compare(self, expression: Compare | In) -> FilterPlan:
        name, column = expression.name, expression.column
        item = header_field(name)
        if normal(name) == RELATIVE:
            expression = _in_seconds(expression)
        if item is not None and item.read is None:
            return self._column_compare(item, expression)
        if item is not None:
            return self._over_header(item, self._decision(expression, [item.field_type]))
        found = self._find(name, column)
        if isinstance(expression, Compare) and all(field_type.kind == "flag" for field_type in found.field_types):
            # A flag that is absent is false. Only here a comparison holds for an absent field.
            wanted = self._operand(expression.operator, expression.value, found.field_types, name).flag
            plan = self._present(name, column)
            return plan if wanted is (expression.operator == "==") else opposite_plan(plan)
        return self._over_body(found, self._decision(expression, found.field_types))

    def _decision(self, expression: Compare | In, field_types: list[FieldType]) -> Callable[[Iterator[Node]], bool]:
        """Whether any value of a field fits an expression, or none where the expression is negated."""
        name = expression.name
        if isinstance(expression, Compare):
            test = self._test(expression.operator, expression.value, field_types, name)
            negated = expression.operator == "!="
        else:
            test = self._test_among(expression.items, field_types, name)
            negated = expression.negated

        def any_of(nodes: Iterator[Node]) -> bool:
            return any(test(node) for node in nodes)

        def none_of(nodes: Iterator[Node]) -> bool:
            several = list(nodes)
            return bool(several) and not any(test(node) for node in several)

        return none_of if negated else any_of

    def _column_compare(self, item: HeaderField, expression: Compare | In) -> FilterPlan:
        name, column = expression.name, expression.column
        if isinstance(expression, Compare):
            with self._blaming(name, expression.value.column):
                return self._columns.compare(item.name, expression.operator, expression.value)
        items = expression.items
        for one in items:  # each by itself first, so that an error names the column of the faulty one
            for literal in (one.low, one.high) if isinstance(one, Range) else (one,):
                with self._blaming(name, literal.column):
                    self._columns.compare(item.name, ">=" if isinstance(one, Range) else "==", literal)
        with self._blaming(name, column):
            plan = self._columns.among(item.name, items)
        return opposite_plan(plan) if expression.negated else plan

    @contextmanager
    def _blaming(self, name: str, column: int) -> Iterator[None]:
        """Say of which field, and of what in the text, a TypeMismatch is."""
        try:
            yield
        except TypeMismatch as error:
            raise FilterError(self._text, column, f"{name} {error}") from None

    def _over_header(self, item: HeaderField, decide: Callable[[Iterator[Node]], bool]) -> FilterPlan:
        read = item.read
        assert read is not None  # noqa: S101  fields over columns do not come here

        def test(message: NetlinkMessage, conversation: ConversationView | None) -> bool:
            return decide(read(message, conversation))

        may = _GENERIC if item.name in _OF_GENERIC else _COMMENTED if item.name in _OF_COMMENT else ""
        if item.name == "errno" and not decide(iter([value(0)])) and not decide(iter([])):
            may = _FAILED  # success does not match, nor what has not ended
        bounds = Bounds(may, "False") if may else UNDECIDED
        return FilterPlan(bounds, test, 2 if item.body else 1, item.conversation)

    def _over_body(self, found: Found, decide: Callable[[Iterator[Node]], bool], *, whole: bool = False) -> FilterPlan:
        """A field of a dissector; `whole` takes a list as one value, so that an empty list counts as present."""
        from nlsniff.filter.values import may_have, nodes_of

        nodes = nodes_of(found, whole=whole)

        def test(message: NetlinkMessage, _: ConversationView | None) -> bool:
            return may_have(message, found) and decide(nodes(message))

        return FilterPlan(Bounds(self._types_of(found), "False"), test, 2)

    def _types_of(self, found: Found) -> str:
        """Source of the condition that a message has a type that may have the field."""
        by_protocol: dict[int, set[int]] = {}
        for protocol, type_ in found.types:
            by_protocol.setdefault(protocol, set()).add(type_)
        sources = []
        for protocol, types in sorted(by_protocol.items()):
            numbers = (
                f"type_ == {next(iter(types))}" if len(types) == 1 else f"type_ in {self.source.bind(frozenset(types))}"
            )
            if protocol < 0:
                sources.append(exactly(f"({numbers})"))  # control messages, on every protocol
            elif protocol == NETLINK_GENERIC:
                sources.append(exactly(_GENERIC))
            else:
                sources.append(exactly(f"(protocol == {protocol} and {numbers})"))
        return either(sources).upper

    # -- names and values ----------------------------------------------------------------------------------------

    def _find(self, name: str, column: int) -> Found:
        from nlsniff.filter.fields import Found

        found, meant = self._catalog.find(name), WORDS.get(normal(name))
        if not isinstance(found, Found) and meant is None:
            found = self._catalog.find_tail(name) or found
        if isinstance(found, Found):
            return found
        names = (meant.filter, *found.near) if meant is not None else found.near
        near = f"did you mean {' or '.join(names[:3])}?" if names else "`nlsniff fields` lists them"
        raise FilterError(self._text, column + found.at, f'no field "{name}": {near}', names)

    def _test_among(self, items: tuple[Literal | Range, ...], field_types: list[FieldType], name: str) -> Test:
        """A test whether a node fits one of several values and ranges."""
        tests = []
        for item in items:
            if isinstance(item, Range):
                low, high = (
                    self._operand(">=", item.low, field_types, name),
                    self._operand("<=", item.high, field_types, name),
                )
                tests.append(between(low, high))
            else:
                tests.append(self._test("==", item, field_types, name))
        return lambda node: any(test(node) for test in tests)

    def _test(self, operator: str, literal: Literal, field_types: list[FieldType], name: str) -> Test:
        """A test of a node against one value."""
        if operator == "matches" and not all(field_type.kind in {"nest", "flag"} for field_type in field_types):
            with self._blaming(name, literal.column):
                return matches(pattern(literal.text))
        wanted = self._operand(operator, literal, field_types, name)
        if operator in ORDERS:
            return order(operator, wanted)
        if operator == "&":
            with self._blaming(name, literal.column):
                return has_any_bit(wanted)
        return contains(wanted) if operator == "contains" else equal(wanted)

    def _operand(self, operator: str, literal: Literal, field_types: list[FieldType], name: str) -> Operand:
        """The operand of a literal, which must fit one of the descriptions of the field."""
        operands, faults = [], []
        # The output of a hook takes any word. It must not hide that the word fits none of the other descriptions.
        known = [field_type for field_type in field_types if field_type.kind != "any"]
        for field_type in field_types if is_plain(literal) else known or field_types:
            try:
                operands.append(operand_of(literal, field_type, operator))
            except TypeMismatch as error:
                faults.append((_TELLING.index(field_type.kind), str(error)))
        if not operands:
            inside = next((f"{name}.{item}" for item, _ in self._catalog.fields_below(name)), "")
            hint = f": name one of them, such as {inside}" if inside and field_types[0].kind == "nest" else ""
            raise FilterError(self._text, literal.column, f"{name} {min(faults)[1]}{hint}")
        return merge(operands)


_GENERIC = f"(protocol == {NETLINK_GENERIC} and type_ >= {NLMSG_MIN_TYPE})"
# Where a literal fits no description of a field, the error is that of the first of these kinds.
_TELLING = ("address", "flags", "number", "time", "duration", "mac", "text", "bytes", "flag", "nest", "any")
_OF_GENERIC = frozenset({"family", "genl.cmd", "genl.version"})
_FAILED = f"(failed or type_ == {NLMSG_ERROR} or type_ == {NLMSG_DONE})"
_COMMENTED = "(not not comment)"
_OF_COMMENT = frozenset({"comment", "sender", "destination", "group", "socket", "descriptor"})


def _any_node(nodes: Iterator[Node]) -> bool:
    return next(nodes, None) is not None


def _in_seconds(expression: Compare | In) -> Compare | In:
    """A comparison in which bare numbers are seconds since the first message."""

    def measured(literal: Literal) -> Literal:
        bare = not literal.quoted and number_of(literal.text) is not None
        return literal.but(text=f"{literal.text}s") if bare else literal

    if isinstance(expression, Compare):
        return expression.but(value=measured(expression.value))
    items = (
        one.but(low=measured(one.low), high=measured(one.high)) if isinstance(one, Range) else measured(one)
        for one in expression.items
    )
    return expression.but(items=tuple(items))
