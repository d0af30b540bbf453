"""One line that says what a message is about, from the `summary:` template of its dissector.

The template language is described in dissectors/README.md: `{path|other|'text'}`, `[...]` that vanishes when something
inside it is absent, `{?name==value}` and `{?name!=value}` as conditions, `{#path}` to count.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlsniff.decode.node import Node

_TOKEN = re.compile(r"\{([^{}]*)\}|(\[)|(\])")

# A part is text, a field in braces as a tuple of its alternatives, or a bracket group as a list of parts.
Part = "str | tuple[str, ...] | list[Part]"


@functools.lru_cache(maxsize=2048)
def _parse(template: str) -> list[object]:
    stack: list[list[object]] = [[]]
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


def summarise(template: str, node: Node) -> str:
    """The line for a decoded message or nest. Never raises; a field that is absent outside brackets prints nothing."""
    return " ".join(_render(_parse(template), node, strict=False).split()) if template else ""


def _render(parts: list[object], node: Node, *, strict: bool) -> str:
    """The text of some parts; with `strict`, "" as soon as one of its fields is absent."""
    out = []
    for part in parts:
        if isinstance(part, str):
            out.append(part)
        elif isinstance(part, list):
            out.append(_render(part, node, strict=True))
        else:
            text = _field(part, node)  # type: ignore[arg-type]  # a tuple of str by construction
            if text is None:
                if strict:
                    return ""
            else:
                out.append(text)
    return "".join(out)


def _field(alternatives: tuple[str, ...], node: Node) -> str | None:
    first = alternatives[0]
    if first.startswith("?"):
        return "" if _holds(first[1:], node) else None
    for path in alternatives:
        if len(path) > 1 and path[0] == path[-1] == "'":
            return path[1:-1]
        if path.startswith("#"):
            found = node.get(path[1:])
            if found is not None:
                return str(sum(child.kind not in {"padding", "unknown"} for child in found.children))
            continue
        found = node.get(path)
        if found is not None:
            return shown(found)
    return None


def _holds(condition: str, node: Node) -> bool:
    """`name==value`, `name!=value`, `name` (present) or `!name` (absent); a flag list holds each of its names.

    A value `@other` stands for that of another field.
    """
    for operator in ("!=", "=="):
        name, sign, wanted = condition.partition(operator)
        if sign:
            found = node.get(name)
            if wanted.startswith("@"):
                other = node.get(wanted[1:])
                same = found is not None and other is not None and found.raw == other.raw
                return same == (operator == "==")
            if found is None:
                return operator == "!="
            values = [str(item) for item in found.value] if isinstance(found.value, list) else [str(found.value)]
            return (wanted in values or wanted == str(found.raw)) == (operator == "==")
    if condition.startswith("!"):
        return node.get(condition[1:]) is None
    return node.get(condition) is not None


def shown(node: Node) -> str:
    """A value as a summary shows it: by its name, else by its text; a nest by the summary of its dissector."""
    if node.kind in {"nest", "list", "header"}:
        return _shown_nest(node)
    return node.resolved or node.text


def _shown_nest(node: Node) -> str:
    field = node.spec
    if node.kind == "list":
        return ", ".join(
            filter(None, (_shown_nest(child) if child.children else child.text for child in node.children))
        )
    for described in (field and field.struct, field and field.array_of, field and field.nested):
        if described is not None and described.summary:
            return summarise(described.summary, node)
    named = (shown(part) for part in node.parts() if part.kind not in {"padding", "unknown"})
    return " ".join(filter(None, named))
