"""The marks of a summary's template: what those who check one and those who fill one both go by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# What is in braces; a bracket that opens, one that closes; one of these or a backslash, which stands for itself.
TOKEN = re.compile(r"\{([^{}]*)\}|(\[)|(\])|\\([\[\]{}\\])")
# A path, and behind it how many of a list are shown at the most.
_MOST = re.compile(r"(.*):(\d{1,4})", re.DOTALL)
_MARK = re.compile(r"([\[\]{}\\])")


def literal(text: str) -> str:
    """A text as a part of a template that stands for itself: names that a capture taught may hold any marks."""
    return _MARK.sub(r"\\\1", text)


def within(template: str, nest: str) -> str:
    """A template of what stands inside a nest, as a template of what is around it: each path begins with the nest."""

    def inside(match: re.Match[str]) -> str:
        body = match.group(1)
        if body is None:
            return match.group()
        if body.startswith("?"):
            name, other = re.sub(r"^\?!?", rf"\g<0>{nest}.", body), f"=@{nest}."
            return f"{{{name.replace('=@', other)}}}"
        return f"{{{'|'.join(_inside(place, nest) for place in body.split('|'))}}}"

    return TOKEN.sub(inside, template)


def _inside(place: str, nest: str) -> str:
    if len(place) > 1 and place[0] == place[-1] == "'":
        return place
    return f"#{nest}.{place[1:]}" if place.startswith("#") else f"{nest}.{place}"


def path_of(place: str) -> tuple[str, int]:
    """The path of a field in braces, and how many of its elements are shown at the most; 0 for all."""
    found = _MOST.fullmatch(place)
    return (found.group(1), int(found.group(2))) if found is not None else (place.strip("#"), 0)


def in_braces(template: str) -> Iterator[str]:
    """What stands in each pair of braces."""
    for match in TOKEN.finditer(template):
        if match.group(1) is not None:
            yield match.group(1)


def stray(template: str) -> list[str]:
    """The braces of a template that belong to no pair, each once."""
    return sorted(set(TOKEN.sub("", template)) & {"{", "}"})


def brackets(template: str) -> str:
    """The brackets that open and close a part of it, one after another."""
    return "".join(match.group(2) or match.group(3) or "" for match in TOKEN.finditer(template))
