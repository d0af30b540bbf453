"""One line that says what a message is about, from the `summary:` template of its dissector.

The template language is described in dissectors/README.md: `{path|other|'text'}`, `[...]` that vanishes when something
inside it is absent, `{?name==value}` and `{?name!=value}` as conditions, `{#path}` to count, `{path#}` for the number,
`{path:8}` for the first eight. A backslash takes the meaning from the bracket, brace or backslash behind it
(`nlsniff.spec.template.literal`).
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

from nlsniff.decode.node import counting
from nlsniff.spec.plain import Plain
from nlsniff.spec.template import TOKEN, path_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nlsniff.decode.node import Node

    _Piece = str | tuple[Node, bool]  # text, or a live node and whether its number is wanted

PIECES = 2000  # of a line; a summary shows what other summaries show, so that few words may ask for very many

_NONE_LIVE: Mapping[int, Node] = {}


class _Place(Plain):
    """One alternative of a field in braces: a text of its own, or a path and what is wanted of the node there."""

    text: str | None
    path: str
    names: list[str]
    number: bool
    count: bool
    most: int  # elements of a list; 0 for all


class _Condition(Plain):
    """A question: is something there, or has it the value `wanted`, or that of `other`? `expected` is the answer."""

    names: list[str]
    compares: bool
    wanted: str
    other: list[str] | None
    expected: bool


_Part = str | list["_Part"] | tuple[_Place, ...] | _Condition


@functools.lru_cache(maxsize=2048)
def _parse(template: str) -> list[_Part]:
    """Parts: text, a field in braces as its alternatives, a condition, a bracket group as a list of parts."""
    stack: list[list[_Part]] = [[]]
    at = 0
    for match in TOKEN.finditer(template):
        if match.start() > at:
            stack[-1].append(template[at : match.start()])
        at = match.end()
        if match.group(4):
            stack[-1].append(match.group(4))
        elif match.group(2):
            stack.append([])
        elif match.group(3):
            if len(stack) > 1:
                group = stack.pop()
                stack[-1].append(group)
            else:
                stack[-1].append("]")
        else:
            body = match.group(1)
            stack[-1].append(_condition(body[1:]) if body.startswith("?") else tuple(map(_place, body.split("|"))))
    stack[-1].append(template[at:])
    while len(stack) > 1:  # a bracket that is never closed runs to the end
        group = stack.pop()
        stack[-1].append(group)
    return stack[0]


def _place(text: str) -> _Place:
    if len(text) > 1 and text[0] == text[-1] == "'":
        return _Place(text[1:-1], "", [], number=False, count=False, most=0)
    path, most = path_of(text)
    return _Place(None, path, path.split("."), number=text.endswith("#"), count=text.startswith("#"), most=most)


def _condition(text: str) -> _Condition:
    """`name==value`, `name!=value`, `name` (present) or `!name` (absent). A value `@other` is that of another field."""
    for operator in ("!=", "=="):
        name, sign, wanted = text.partition(operator)
        if sign:
            other = wanted[1:].split(".") if wanted.startswith("@") else None
            return _Condition(name.split("."), True, wanted, other, operator == "==")
    absent = text.startswith("!")
    return _Condition(text[absent:].split("."), False, "", None, not absent)


class Test(NamedTuple):
    """A question that a template asked about a live node: is it `wanted`, or does it equal `other`?"""

    node: Node
    wanted: str
    other: Node | None


class Bound:
    """A template bound to a tree: what the tree fixes is text already, the rest are places for live nodes.

    Args:
        template: of the dissector.
        root: the tree.
        live: by id, the nodes whose values differ from message to message, and what stands for each of them now where
            a condition asks. A caller asks `tested` whether the answers are the same for another message.

    Attributes:
        literals: what stands around and between those of `shown`.
        shown: the live nodes whose texts are in the line; with True, their numbers instead of their names.
        tested: the questions about live nodes that decided what else is in it.
    """

    __slots__ = ("literals", "shown", "tested")

    def __init__(self, template: str, root: Node, live: Mapping[int, Node] = _NONE_LIVE) -> None:
        binder = _Binder(live)
        pieces = binder.bind(_parse(template), root, strict=False) or []
        self.literals = []
        self.shown: list[tuple[Node, bool]] = []
        between: list[str] = []
        for piece in pieces:
            if isinstance(piece, str):
                between.append(piece)
            else:
                self.shown.append(piece)
                self.literals.append("".join(between))
                between = []
        self.literals.append("".join(between))
        self.tested = binder.tested


def summarise(template: str, root: Node) -> str:
    """The line for a decoded message or nest. Never raises; a field that is absent outside brackets prints nothing."""
    return tidy("".join(Bound(template, root).literals)) if template else ""


def shown(node: Node) -> str:
    """One part of a message as a summary shows it: by its name, else by its text; a nest by its own summary."""
    return tidy("".join(map(str, _Binder(_NONE_LIVE).shown(node))))


def tidy(text: str) -> str:
    """A line with single blanks, as absent parts leave several."""
    # Of all white space, " " alone is printable.
    if text.isprintable() and "  " not in text and text.strip(" ") == text:
        return text
    return " ".join(text.split())


def number_of(node: Node) -> str:
    """What stands on the wire instead of a name: the number of a value, or of an attribute that numbers others."""
    if isinstance(node.raw, int):
        return str(node.raw)
    return node.text if node.type is None else str(node.type)


def equals(node: Node, wanted: str) -> bool:
    """Whether a value is what a condition wants: by its name or its number; a set of flags holds each of its names."""
    value = node.value
    if isinstance(value, list):
        return wanted in map(str, value) or wanted == str(node.raw)
    return wanted in {str(value), str(node.raw)}


class _Binder:
    """Turns a parsed template and a tree into pieces."""

    def __init__(self, live: Mapping[int, Node]) -> None:
        self._live = live
        self._parts: dict[int, dict[str, Node]] = {}
        self._left = PIECES
        self.tested: list[Test] = []

    def bind(self, parts: list[_Part], root: Node, *, strict: bool) -> list[_Piece] | None:
        """The pieces of some parts; with `strict`, None when one of its fields is absent or a condition does not hold.

        All parts are looked at all the same, so that `tested` does not depend on the answers.
        """
        pieces: list[_Piece] = []
        whole = True
        before, self._left = self._left, self._left - len(parts)
        if self._left <= 0:
            parts = [*parts[: before - 1], "..."] if before > 0 else []
        for part in parts:
            if isinstance(part, str):
                pieces.append(part)
            elif isinstance(part, list):
                pieces += self.bind(part, root, strict=True) or ()
            elif isinstance(part, _Condition):
                whole = self._holds(part, root) and whole
            else:
                found = self._field(part, root)
                if found is None:
                    whole = False
                else:
                    pieces += found
        return pieces if whole or not strict else None

    def _get(self, root: Node, names: list[str]) -> Node | None:
        """As `Node.get`; a template asks one node for many of its parts."""
        found: Node | None = root
        for name in names:
            if found is None:
                break
            parts = self._parts.get(id(found))
            if parts is None:
                parts = self._parts[id(found)] = {}
                for part in found.parts():
                    other = parts.setdefault(part.name, part)
                    if other is not part and counting(other, part, found):
                        parts[part.name] = part
            found = parts.get(name)
        return found

    def _field(self, alternatives: tuple[_Place, ...], root: Node) -> list[_Piece] | None:
        for place in alternatives:
            if place.text is not None:
                return [place.text]
            found = self._get(root, place.names)
            if found is None:
                continue
            if place.number:
                return [(found, True) if id(found) in self._live else number_of(found)]
            # An attribute that may come again is a list of all that came.
            every = list(root.all(place.path)) if found.repeats else [found]
            if place.count:
                lists = found.kind == "list" or not found.repeats
                inside = [child for node in every for child in node.children] if lists else every
                return [str(sum(child.kind not in {"padding", "unknown"} for child in inside))]
            if place.most and (found.repeats or found.kind == "list"):
                return self._first(every if found.repeats else found.children, place.most)
            return self._joined(every, ", ") if found.repeats else self.shown(found)
        return None

    def shown(self, node: Node) -> list[_Piece]:
        """A value as a summary shows it: by its name, else by its text; a nest by the summary of its dissector."""
        if node.kind == "list":
            field = node.spec
            return self._joined(node.children, field.between if field is not None and field.between else ", ")
        if node.kind in {"nest", "header"}:
            field = node.spec
            if field is not None and field.hook and node.text:
                return [node.text]
            for described in (field and field.struct, field and field.array_of, field and field.nested):
                if described is not None and described.summary:
                    return self.bind(_parse(described.summary), node, strict=False) or []
            return self._joined(list(node.parts()), " ")
        return [(node, False) if id(node) in self._live else node.resolved or node.text]

    def _first(self, nodes: Sequence[Node], most: int) -> list[_Piece]:
        """The first elements of a list, and how many more there are."""
        inside = [node for node in nodes if node.kind not in {"padding", "unknown"}]
        pieces = self._joined(inside[:most], ", ")
        return [*pieces, f" and {len(inside) - most} more"] if len(inside) > most else pieces

    def _joined(self, nodes: Sequence[Node], between: str) -> list[_Piece]:
        pieces: list[_Piece] = []
        for node in nodes:
            if node.kind in {"padding", "unknown"}:
                continue
            self._left -= 1
            if self._left <= 0:
                pieces += ["..."] if not self._left else []
                break
            shown = self.shown(node)
            if shown and shown != [""] and not self._is_empty(node):
                pieces += [between, *shown] if pieces else shown
        return pieces

    def _is_empty(self, node: Node) -> bool:
        """Whether the text of a live node is empty now, which is asked of texts alone: others always say something."""
        field = node.spec
        if id(node) not in self._live or field is None or not (field.type == "string" or field.hint == "text"):
            return False
        self.tested.append(Test(node, "", None))
        return equals(self._live[id(node)], "")

    def _holds(self, condition: _Condition, root: Node) -> bool:
        node = self._get(root, condition.names)
        if not condition.compares:
            return (node is not None) == condition.expected
        other = self._get(root, condition.other) if condition.other is not None else None
        if node is None or (other is None and condition.other is not None):
            return not condition.expected
        if id(node) in self._live or id(other) in self._live:
            self.tested.append(Test(node, condition.wanted, other))
        now = self._live.get(id(node), node)
        if other is not None:
            return bool(now.raw == self._live.get(id(other), other).raw) == condition.expected
        return equals(now, condition.wanted) == condition.expected
