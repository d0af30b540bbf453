"""The tables of the grammar give what lark gives: the same trees, and the same refusals at the same places."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import lark
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlsniff.filter import grammar
from tests.conftest import ROOT

TEXT = (ROOT / "nlsniff" / "filter" / "grammar.lark").read_text()
LARK = lark.Lark(TEXT, parser="lalr", maybe_placeholders=False)
WORDS = (
    "type", "route.dst", "and", "or", "not", "in", "&&", "||", "!", "==", "!=", "<", "<=", "~", "contains", "matches",
    "MATCHES", "(", ")", "{", "}", ",", "..", "10.0.0.0/8", "RTM_NEWROUTE", "5", "1..9", '"a b"', "'x'", '"open', "=",
    "android", "in-use", "é", "\n",
)  # fmt: skip


def plain(tree: Any) -> Any:
    """A tree of either kind as nested tuples, tokens with their types and places."""
    if hasattr(tree, "children"):
        return str(tree.data), [plain(child) for child in tree.children]
    return tree.type, str(tree), tree.start_pos


@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join) | st.lists(st.sampled_from(WORDS)).map("".join))
@example("")
@example("a and (b or not c.d in {1, 2..3, 'x',}) && ! q ~ \"z\"")
@example("a not in {1} or ((b))")
@example("a == 1 2")
@example("a == 1 =")
def test_the_tables_read_as_lark_does(text: str) -> None:
    refusal: lark.UnexpectedInput
    try:
        expected = plain(LARK.parse(text))
    except lark.UnexpectedInput as error:
        refusal = error
    else:
        assert plain(grammar.parse_tree(text)) == expected
        return
    with pytest.raises(grammar.Unexpected) as caught:
        grammar.parse_tree(text)
    found = caught.value
    if isinstance(refusal, lark.UnexpectedCharacters):
        assert found.token is None
        assert found.position == refusal.pos_in_stream
        assert found.expected == set(refusal.allowed or ())
        return
    assert isinstance(refusal, lark.UnexpectedToken)
    ended = refusal.token.type == grammar.END
    assert found.position == (len(text) if ended else refusal.pos_in_stream)
    assert found.expected == set(refusal.accepts or refusal.expected)
    assert found.token == (None if ended else str(refusal.token))


@given(st.lists(st.sampled_from(WORDS), max_size=10).map(" ".join))
@example("a ==")
@example("(a")
def test_the_tables_know_what_may_come_next(text: str) -> None:
    interactive = LARK.parse_interactive(text)
    run = grammar.Run(text)
    try:
        tokens = [str(token) for token in interactive.iter_parse()]
    except lark.UnexpectedInput:
        with pytest.raises(grammar.Unexpected):
            run.lex()
        return
    run.lex()
    assert run.tokens == tokens
    assert run.accepts() == set(interactive.accepts())  # type: ignore[no-untyped-call]


def test_lark_is_needed_once(tmp_path: Any) -> None:
    code = "import sys; from nlsniff.filter.parse import parse; parse('a == 1'); print('lark' in sys.modules)"
    environment = {"NLSNIFF_CACHE": str(tmp_path), "PYTHONPATH": str(ROOT)}
    told = [
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True, text=True).stdout
        for _ in range(2)
    ]
    assert told == ["True\n", "False\n"]
