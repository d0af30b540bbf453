"""One line that says what a message is about, from the `summary:` template of its dissector.

The template language is described in dissectors/README.md: `{path|other|'text'}`, `[...]` that vanishes when something
inside it is absent, `{?name==value}` and `{?name!=value}` as conditions, `{#path}` to count.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, Union

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.node import Node

_TOKEN = re.compile(r"\{([^{}]*)\}|(\[)|(\])")


@functools.lru_cache(maxsize=2048)
def _parse(template: str) -> list[Any]:
    """Parts: text, a field in braces as a tuple of its alternatives, a bracket group as a list of parts."""
    stack: list[list[Any]] = [[]]
    at = 0
    for match in _TOKEN.finditer(template):
        if match.start() > at:
            stack[-1].append(template[at : match.start()])
        at = match.end()
        if match.group(2):
            stack.append([])
        elif match.group(3):
            if len(stack) > 1:
                group = stack.pop()
                stack[-1].append(group)
            else:
                stack[-1].append("]")
        else:
            body = match.group(1)
            stack[-1].append((body,) if body.startswith("?") else tuple(body.split("|")))
    stack[-1].append(template[at:])
    while len(stack) > 1:  # a bracket that is never closed runs to the end
        group = stack.pop()
        stack[-1].append(group)
    return stack[0]


class Bound:
    """A template bound to a tree: what the tree fixes is text already, the rest are references to its live nodes.

    Attributes:
        shown: the live nodes whose texts are in the line.
        tested: the live nodes that decide what else is.
    """

    __slots__ = ("_pieces", "shown", "tested")

    def __init__(self, template: str, root: Node, live: frozenset[int] = frozenset()) -> None:
        binder = _Binder(live)
        _, self._pieces = binder.bind(_parse(template), root, strict=False) or ([], [])
        self.shown = binder.shown
        self.tested = binder.tested

    @property
    def flat(self) -> str | None:
        """The line as a `%` template for the texts of `shown`, where nothing is left to decide."""
        if any(isinstance(piece, tuple) for piece in self._pieces):
            return None
        return "".join(piece.replace("%", "%%") if isinstance(piece, str) else "%s" for piece in self._pieces)

    def __call__(self) -> str:
        """The line, by what the live nodes say now."""
        return " ".join(_text(self._pieces).split())


def summarise(template: str, root: Node) -> str:
    """The line for a decoded message or nest. Never raises; a field that is absent outside brackets prints nothing."""
    return Bound(template, root)() if template else ""


# Text, a live node, or a group: its conditions and what it prints when they hold.
_Piece = Union[str, "Node", tuple[list["Callable[[], bool]"], list["_Piece"]]]
_Bindings = tuple[list["Callable[[], bool]"], list[_Piece]]


def _text(pieces: list[_Piece]) -> str:
    out = []
    for piece in pieces:
        if type(piece) is str:
            out.append(piece)
        elif type(piece) is tuple:
            for holds in piece[0]:
                if not holds():
                    break
            else:
                out.append(_text(piece[1]))
        else:
            out.append(piece.resolved or piece.text)  # type: ignore[union-attr]  # the third of three
    return "".join(out)


class _Binder:
    """Turns a parsed template and a tree into pieces."""

    def __init__(self, live: frozenset[int]) -> None:
        self._live = live
        self.shown: list[Node] = []
        self.tested: list[Node] = []

    def bind(self, parts: list[Any], root: Node, *, strict: bool) -> _Bindings | None:
        """Conditions and pieces of some parts; with `strict`, None as soon as one of its fields is absent."""
        conditions: list[Callable[[], bool]] = []
        pieces: list[_Piece] = []
        for part in parts:
            if isinstance(part, str):
                pieces.append(part)
            elif isinstance(part, list):
                group = self.bind(part, root, strict=True)
                if group is not None:
                    pieces += [group] if group[0] else group[1]
            elif part[0].startswith("?"):
                holds = self._condition(part[0][1:], root)
                if callable(holds):
                    conditions.append(holds)
                elif strict and not holds:
                    return None
            else:
                found = self._field(part, root)
                if found is not None:
                    pieces += found
                elif strict:
                    return None
        return conditions, pieces

    def _field(self, alternatives: tuple[str, ...], root: Node) -> list[_Piece] | None:
        for path in alternatives:
            if len(path) > 1 and path[0] == path[-1] == "'":
                return [path[1:-1]]
            found = root.get(path.removeprefix("#"))
            if found is not None and path.startswith("#"):
                return [str(sum(child.kind not in {"padding", "unknown"} for child in found.children))]
            if found is not None:
                return self._shown(found)
        return None

    def _shown(self, node: Node) -> list[_Piece]:
        """A value as a summary shows it: by its name, else by its text; a nest by the summary of its dissector."""
        if node.kind == "list":
            return self._joined(node.children, ", ")
        if node.kind in {"nest", "header"}:
            field = node.spec
            for described in (field and field.struct, field and field.array_of, field and field.nested):
                if described is not None and described.summary:
                    found = self.bind(_parse(described.summary), node, strict=False)
                    return found[1] if found is not None else []
            return self._joined(list(node.parts()), " ")
        if id(node) in self._live:
            self.shown.append(node)
            return [node]
        return [node.resolved or node.text]

    def _joined(self, nodes: list[Node], between: str) -> list[_Piece]:
        pieces: list[_Piece] = []
        for node in nodes:
            if node.kind in {"padding", "unknown"}:
                continue
            shown = self._shown(node)
            if shown and shown != [""]:
                pieces += [between, *shown] if pieces else shown
        return pieces

    def _condition(self, condition: str, root: Node) -> bool | Callable[[], bool]:
        """`name==value`, `name!=value`, `name` (present) or `!name` (absent); a flag list holds each of its names.

        A value `@other` stands for that of another field. The answer is a function where it depends on live nodes.
        """
        for operator in ("!=", "=="):
            name, sign, wanted = condition.partition(operator)
            if sign:
                node = root.get(name)
                other = root.get(wanted[1:]) if wanted.startswith("@") else None
                live = [found for found in (node, other) if found is not None and id(found) in self._live]
                equal = _same(node, other) if wanted.startswith("@") else _equals(node, wanted)

                def holds() -> bool:
                    return equal() == (operator == "==")  # noqa: B023  returned before the loop goes on

                self.tested += live
                return holds if live else holds()
        if condition.startswith("!"):
            return root.get(condition[1:]) is None
        return root.get(condition) is not None


def _same(node: Node | None, other: Node | None) -> Callable[[], bool]:
    return lambda: node is not None and other is not None and node.raw == other.raw


def _equals(node: Node | None, wanted: str) -> Callable[[], bool]:
    def equals() -> bool:
        if node is None:
            return False
        value = node.value
        if isinstance(value, list):
            return wanted in map(str, value) or wanted == str(node.raw)
        return wanted in {str(value), str(node.raw)}

    return equals
