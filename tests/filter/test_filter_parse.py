from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlsniff.filter.compile import compile_filter
from nlsniff.filter.errors import FilterError
from nlsniff.filter.parse import DEEPEST, LONGEST, join, parse
from nlsniff.filter.syntax import And, Compare, Expression, In, Literal, Not, Or, Present, Range
from tests.filter.unparse import content, quote, unparse
from tests.support import REGISTRY

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,8}(\.[a-z0-9_-]{1,8}){0,3}", fullmatch=True).filter(
    lambda name: name.lower() not in {"and", "or", "not", "in"}
)
bare = st.from_regex(r"[A-Za-z0-9_:./-]{1,12}", fullmatch=True).filter(lambda text: ".." not in text)
literals = st.builds(Literal, bare, st.just(1)) | st.builds(
    lambda text: Literal(text, 1, quoted=True), st.text(max_size=12)
)
items = literals | st.builds(Range, literals, literals)
operators = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "contains", "matches"])
tests_ = (
    st.builds(Present, names, st.just(1))
    | st.builds(Compare, names, operators, literals, st.just(1))
    | st.builds(In, names, st.lists(items, min_size=1, max_size=4).map(tuple), st.booleans(), st.just(1))
)
expressions: st.SearchStrategy[Expression] = st.recursive(
    tests_,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(lambda parts: join(And, parts), st.lists(inner, min_size=2, max_size=3))
        | st.builds(lambda parts: join(Or, parts), st.lists(inner, min_size=2, max_size=3))
    ),
    max_leaves=8,
)


def refusal(text: str) -> FilterError | None:
    """Why a filter cannot be used."""
    try:
        compile_filter(text, REGISTRY)
    except FilterError as error:
        return error
    return None


@given(expressions)
def test_what_is_printed_parses_back_to_the_same(expression: Expression) -> None:
    assert content(parse(unparse(expression))) == content(expression)


@given(st.text(max_size=60))
@example("\\")
@example('a == "\\U00110000"')
@example('a == "\\ud800"')
@example("type == RTM_NEWROUTE and ((((")
@example("seq == 99999999999999999999999999999999999999999999999999")
@example('time == "0001-01-01T00:00:00+23:59"')
@example("time == 0001-01-01")
@example('summary matches "(?P<"')
@example('summary matches "a{99999999999999}"')
@example("link..ifname == 1")
@example("route.dst == 1.2.3.4/\u0663")
@example("seq == \u0663")
@example("ifname")
@example("flags.")
@example("extack.policy.policy.policy")
def test_any_text_is_a_filter_or_an_error_that_points_into_it(text: str) -> None:
    error = refusal(text)
    if error is not None:
        assert 1 <= error.column <= len(text) + 1
        assert error.caret.count("\n") == 1
        assert "\n" not in str(error)


@given(
    st.lists(
        st.sampled_from(
            ["type", "flags.dump", "route.dst", "link.ifi-flags", "seq", "time", "==", "!=", "<", "in", "{", "}", "(",
             ")", "and", "or", "not", "contains", "matches", "10.0.0.0/8", "RTM_NEWROUTE", "up", "5", "1..5", "2s",
             '"x"', ","]
        ),
        max_size=12,
    )
)  # fmt: skip
def test_any_row_of_words_is_a_filter_or_an_error(words: list[str]) -> None:
    error = refusal(" ".join(words))
    assert error is None or 1 <= error.column <= len(" ".join(words)) + 1


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("a&&b||!c", "a and b or not c"),
        ("NOT (a or b) AND c", "not (a or b) and c"),
        ("a eq 1 or a ne 2 or a lt 3 or a le 4 or a gt 5 or a ge 6 or a ~ x",
         "a == 1 or a != 2 or a < 3 or a <= 4 or a > 5 or a >= 6 or a matches x"),
        ("(a and (b and (c)))", "a and b and c"),
        ("a in {1..5,10.0.0.0/8,}", "a in {1..5, 10.0.0.0/8}"),
        ("a not in {::1..::5}", "a not in {::1..::5}"),
        (r"""a == 'it\'s' and b matches "\.\d+$" """, r'''a == "it's" and b matches "\\.\\d+$"'''),
        ("android.notes == contains", "android.notes == contains"),
        ("a\n==\t1", "a == 1"),
    ],
)  # fmt: skip
def test_spellings(text: str, printed: str) -> None:
    assert unparse(parse(text)) == printed


def test_quotes_undo_escapes_and_leave_those_of_regular_expressions() -> None:
    for text, value in (
        (r"\x41\u00e9\n\\\"\.\d", 'Aé\n\\"\\.\\d'),
        (r"\t\r\0\'", "\t\r\0'"),
        (r"\x4\u00e\U1 \xg", r"\x4\u00e\U1 \xg"),
    ):
        found = parse(f'a == "{text}"')
        assert content(found) == content(Compare("a", "==", Literal(value, 6, quoted=True), 1))
    assert quote('a"\\\n') == r'"a\"\\\n"'


def test_how_deep_and_how_long_a_filter_may_be() -> None:
    deep = "(" * (DEEPEST - 1) + "seq" + ")" * (DEEPEST - 1)
    assert compile_filter(deep, REGISTRY).header_only
    compile_filter("not (seq == 1 or " * (DEEPEST // 3) + "seq" + ")" * (DEEPEST // 3), REGISTRY)
    with pytest.raises(FilterError, match="levels deep"):
        parse("(" * (DEEPEST + 1) + "seq" + ")" * (DEEPEST + 1))
    with pytest.raises(FilterError, match="levels deep"):
        parse("not " * 10000 + "seq")
    with pytest.raises(FilterError, match="at most"):
        parse("a" * (LONGEST + 1))
    long = compile_filter(" or ".join(f"seq == {number}" for number in range(3000)), REGISTRY)
    assert long.header_predicate(0, 0, 0, 2999, 0, 0, 1, 1, 0, "", True)
    assert not long.header_predicate(0, 0, 0, 3000, 0, 0, 1, 1, 0, "", True)
