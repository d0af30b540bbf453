"""The parser reads what lark reads by `grammar.lark`, and refuses the same at the same places."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import lark
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlsniff.filter.parse import END, Parser, Unexpected, join
from nlsniff.filter.syntax import And, Compare, Expression, In, Literal, Not, Or, Present, Range
from tests.filter.unparse import content

LARK = lark.Lark(Path(__file__).with_name("grammar.lark").read_text(), parser="lalr", maybe_placeholders=False)
SPELLINGS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "~": "matches"}
WORDS = (
    "type", "route.dst", "and", "or", "not", "in", "&&", "||", "!", "==", "!=", "<", "<=", "~", "contains", "matches",
    "MATCHES", "(", ")", "{", "}", ",", "..", "10.0.0.0/8", "RTM_NEWROUTE", "5", "1..9", '"a b"', "'x'", '"open', "=",
    "android", "in-use", "é", "\n",
)  # fmt: skip


def meaning(tree: Any) -> Expression:
    """What a tree of lark's says. No text that is tried has an escape."""
    parts = tree.children
    match tree.data:
        case "group":
            return meaning(parts[-1])
        case "negation":
            return Not(meaning(parts[1]))
        case "any":
            return join(Or, [meaning(part) for part in parts[::2]])
        case "all":
            return join(And, [meaning(part) for part in parts[::2]])
        case "comparison":
            spelled = parts[1].lower()
            return Compare(str(parts[0]), SPELLINGS.get(spelled, spelled), literal(parts[2]), 1)
        case "membership" | "no_membership":
            items = [part for part in parts if getattr(part, "data", "") == "item"]
            return In(str(parts[0]), tuple(map(one_of, items)), tree.data == "no_membership", 1)
    return Present(str(parts[0]), 1)


def one_of(tree: Any) -> Literal | Range:
    values = [literal(part) for part in tree.children if getattr(part, "data", "") == "value"]
    return Range(values[0], values[1]) if values[1:] else values[0]


def literal(tree: Any) -> Literal:
    token = tree.children[0]
    return Literal(token[1:-1], 1, quoted=True) if token.type == "QUOTED" else Literal(str(token), 1)


def names(terminals: Any) -> set[str]:
    return {END if name == "$END" else str(name) for name in terminals}


@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join) | st.lists(st.sampled_from(WORDS)).map("".join))
@example("")
@example("a and (b or not c.d in {1, 2..3, 'x',}) && ! q ~ \"z\"")
@example("a not in {1} or ((b))")
@example("a == 1 2")
@example("a == 1 =")
def test_it_reads_as_lark_does(text: str) -> None:
    refusal: lark.UnexpectedInput
    try:
        expected = meaning(LARK.parse(text))
    except lark.UnexpectedInput as error:
        refusal = error
    else:
        assert content(Parser(text).read()) == content(expected)
        return
    with pytest.raises(Unexpected) as caught:
        Parser(text).read()
    found = caught.value
    if isinstance(refusal, lark.UnexpectedCharacters):
        assert found.token is None
        assert found.position == refusal.pos_in_stream
        # lark's tables merge places, so that it allows more there than can be.
        assert found.expected
        assert found.expected <= set(refusal.allowed or ())
        return
    assert isinstance(refusal, lark.UnexpectedToken)
    ended = refusal.token.type == "$END"
    assert found.position == (len(text) if ended else refusal.pos_in_stream)
    assert found.expected == names(refusal.accepts or refusal.expected)
    assert found.token == (None if ended else str(refusal.token))


@given(st.lists(st.sampled_from(WORDS), max_size=10).map(" ".join))
@example("a ==")
@example("(a")
@example("a")
def test_it_knows_what_may_come_next(text: str) -> None:
    interactive = LARK.parse_interactive(text)
    parser = Parser(text)
    try:
        tokens = [str(token) for token in interactive.iter_parse()]
    except lark.UnexpectedInput:
        with pytest.raises(Unexpected):
            parser.read()
        return
    with contextlib.suppress(Unexpected):  # the end may be too early
        parser.read()
    assert parser.position == len(text)
    assert [token.text for token in parser.tokens] == tokens
    assert parser.expected == names(interactive.accepts())  # type: ignore[no-untyped-call]
