"""Names that a capture taught are no part of a template's language, and a dissector may write its marks, too."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff.decode.names import Names
from nlsniff.decode.node import Node
from nlsniff.decode.summary import summarise
from nlsniff.spec.template import brackets, in_braces, literal, within
from tests.support import messages_of

MARKS = st.text(alphabet=r"[]{}\|'#?=ab ")


@given(MARKS, MARKS)
def test_a_literal_stands_for_itself(text: str, more: str) -> None:
    root = Node("root", 0, 4, "nest")
    root.add(Node("a", 0, 4, value=7, raw=7, text="seven"))
    shown = summarise(f"{literal(text)}{{a}}[{literal(more)}]", root)
    assert shown.split() == f"{text}seven{more}".split()
    assert not brackets(literal(text))
    assert not list(in_braces(literal(text)))


@pytest.mark.parametrize(
    ("template", "fields", "marks"),
    [
        (r"\{a} {b|c}", ["b|c"], ""),
        (r"[{a}\]{b}]", ["a", "b"], "[]"),
        (r"\\{a}", ["a"], ""),
        (r"{a\} {b}", ["a\\", "b"], ""),
        (r"\x1b[{a}", ["a"], "["),
    ],
)
def test_who_checks_a_template_sees_what_fills_it(template: str, fields: list[str], marks: str) -> None:
    assert list(in_braces(template)) == fields
    assert brackets(template) == marks


@pytest.mark.parametrize("name", ["{msg}", "[{x}", "a]b", "\\{", "{?x==1}"])
@pytest.mark.parametrize("error", [0, -22])
def test_a_family_named_like_a_template_is_named(name: str, error: int) -> None:
    names = Names()
    names.learn("genl", 40, name, 0)
    copy = struct.pack("<IHHII", 20, 40, 5, 1, 9) + bytes((3, 1, 0, 0))
    body = struct.pack("<i", error) + copy
    (message,) = messages_of(struct.pack("<IHHII", 16 + len(body), 2, 0, 1, 9) + body, 16, names=names)
    shown = name if error == 0 or "\\" in name else f"{name.upper()}"
    assert message.summary.startswith("ACK " if error == 0 else "EINVAL (Invalid argument) for ")
    assert shown in message.summary


def tree(name: str) -> Node:
    root = Node(name, 0, 12, "nest")
    root.add(
        Node("a", 0, 4, value="seven", raw=7, text="seven"),
        Node("b", 4, 8, value=7, raw=7, text="7"),
        Node("c", 8, 12, "nest"),
    )
    root.children[-1].add(Node("a", 8, 12, value="x", raw="x", text="x"))
    return root


PARTS = st.sampled_from(
    ["{a}", "{b#}", "{#c}", "{c.a|a}", "{d|'{a'}", "{d|b}", "[", "]", "{?a==seven}", "{?a!=7}", "{?!d}", "{?d}",
     "{?a==@b}", "{?c.a!=@a}", r"\[", "a", " "]
)  # fmt: skip


@given(st.lists(PARTS).map("".join))
def test_what_stands_inside_a_nest_is_told_from_around_it(template: str) -> None:
    around = Node("root", 0, 12, "nest")
    around.add(tree("request"))
    assert summarise(within(template, "request"), around) == summarise(template, tree("alone"))


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{n:2}", "0, 1 and 3 more"),
        ("{n:5}", "0, 1, 2, 3, 4"),
        ("{n:4}[ of {n:1}]", "0, 1, 2, 3 and 1 more of 0 and 4 more"),
        ("{n:0}", "0, 1, 2, 3, 4"),
        ("{row:2}", "0, 1 and 3 more"),
        ("{one:1}", "7"),
        ("{none|one:3}", "7"),
        ("{inner.n:3}", "0, 1, 2 and 2 more"),
        ("{n:x}", ""),
    ],
)
def test_a_list_is_shown_up_to_a_limit(template: str, said: str) -> None:
    root, row, inner = Node("root", 0, 40, "nest"), Node("row", 0, 4, "list"), Node("inner", 0, 4, "nest")
    root.add(Node("one", 0, 4, value=7, raw=7, text="7"), row, inner)
    for number in range(5):
        for holder, name in ((root, "n"), (row, str(number)), (inner, "n")):
            part = Node(name, 0, 4, value=number, raw=number, text=str(number))
            part.repeats = holder is not row
            holder.add(part)
        root.add(Node("padding", 0, 0, "unknown"))
        row.add(Node("padding", 0, 0, "unknown"))
    assert summarise(template, root) == said
