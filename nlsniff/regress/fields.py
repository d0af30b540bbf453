"""What differs between two messages, part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.regress.align import Aligner
from nlsniff.regress.blanks import BLANKED
from nlsniff.regress.model import Item, Placeholder
from nlsniff.regress.shape import ELEMENT, items_shape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nlsniff.regress.difference import How
    from nlsniff.regress.model import SaidMessage

    Told = Callable[[How, str, str | None, str | None, int], None]
    Named = Callable[[str, Placeholder, Placeholder, int], None]

_LONGEST = 100  # characters of a part with parts


class Fields:
    """Compares two messages.

    Args:
        told: gets each difference: how, path, what was there, what is there now, the line of the old one or 0.
        named: gets each pair of placeholders of one kind: path, the old and the new one, the line of the old one.
    """

    def __init__(self, told: Told, named: Named) -> None:
        self._told = told
        self._named = named

    def compare(self, old: SaidMessage, new: SaidMessage) -> None:
        """Tell all that differs but the type."""
        if old.flags != new.flags:
            self._told("flags", "flags", " ".join(old.flags), " ".join(new.flags), old.line)
        if old.problems != new.problems:
            self._told("problems", "", _words(old.problems), _words(new.problems), old.line)
        mine, other = (*old.identity, *old.items), (*new.identity, *new.items)
        if _blanked(mine) != _blanked(other):
            self._told("blanked", "", text_of_items(mine), text_of_items(other), old.line)
            return
        self._items(mine, other, "", old.line)

    def _items(self, old: Sequence[Item], new: Sequence[Item], path: str, line: int) -> None:
        groups: dict[str, tuple[list[Item], list[Item]]] = {}
        for at, items in enumerate((old, new)):
            for item in items:
                groups.setdefault(item.name, ([], []))[at].append(item)
        for name, (mine, others) in groups.items():
            inside = f"{path}.{name}" if path and name != ELEMENT else path if name == ELEMENT else name
            if len(mine) == len(others) == 1 and name != ELEMENT:
                self._item(mine[0], others[0], inside, line)
            else:
                self._several(mine, others, inside, line)
        common = [name for name, (mine, others) in groups.items() if mine and others]
        if len(common) > 1:
            there = set(common)
            order = list(dict.fromkeys(item.name for item in new if item.name in there))
            if order != common:
                self._told("order", path, ", ".join(common), ", ".join(order), old[0].line or line)

    def _several(self, old: list[Item], new: list[Item], path: str, line: int) -> None:
        """Parts of one name, and elements of a list: their order counts."""
        if len(old) == len(new):
            pairs = [(at, at) for at in range(len(old))]
        else:
            rows = [(items_shape((item,)),) for item in old], [(items_shape((item,)),) for item in new]
            pairs = Aligner(*rows, lambda at, place: _alike(old[at], new[place]), 1).pairs()
        single = len(old) <= 1 and len(new) <= 1 and (old + new)[0].name != ELEMENT
        mine, others = dict(pairs), {place for _, place in pairs}
        for at, item in enumerate(old):
            name = path if single else f"{path}[{at + 1}]"
            if at in mine:
                self._item(item, new[mine[at]], name, line)
            else:
                self._told("gone", name, text_of_item(item), None, item.line or line)
        for place, item in enumerate(new):
            if place not in others:
                self._told("new", path if single else f"{path}[{place + 1}]", None, text_of_item(item), line)

    def _item(self, old: Item, new: Item, path: str, line: int) -> None:
        line = old.line or line
        if old.value != new.value:
            self._value(old, new, path, line)
        elif type(old.value) is Placeholder and type(new.value) is Placeholder:
            self._named(path, old.value, new.value, line)
        if old.marks != new.marks:
            self._told("marks", path, " ".join(old.marks), " ".join(new.marks), line)
        if old.problems != new.problems:
            self._told("problems", path, _words(old.problems), _words(new.problems), line)
        if old.parts or new.parts:
            self._items(old.parts, new.parts, path, line)

    def _value(self, old: Item, new: Item, path: str, line: int) -> None:
        was, now = old.value, new.value
        one, two = isinstance(was, Placeholder), isinstance(now, Placeholder)
        if isinstance(was, Placeholder) and isinstance(now, Placeholder):
            if was.kind == now.kind != BLANKED:
                self._named(path, was, now, line)
                return
            one = was.kind == BLANKED != now.kind
            two = now.kind == BLANKED != was.kind
        blanked = (one and was.kind == BLANKED) or (two and now.kind == BLANKED)  # type: ignore[union-attr]
        how: How = "blanked" if blanked else "origin" if one != two and was and now else "changed"
        self._told(how, path, _said(old), _said(new), line)


def text_of_item(item: Item) -> str:
    """A part in a few words: its value, or those of its parts."""
    words = [] if item.value is None else [str(item.value)]
    if item.parts:
        words.append(text_of_items(item.parts))
    if item.problems:
        words.append(f"({_words(item.problems)})")
    return " ".join(filter(None, words)) or "set"


def text_of_items(items: Sequence[Item]) -> str:
    """Parts in a few words, each with its name."""
    found: list[str] = []
    size = 0
    for item in items:
        for path, leaf in item.leaves():
            name = path.replace(f"{ELEMENT}.", "").removesuffix(ELEMENT)
            word = name if leaf.value is None else f"{name} {leaf.value}".strip()
            size += len(word) + 2
            if size > _LONGEST:
                return ", ".join([*found, "..."])
            found.append(word)
    return ", ".join(found)


def _said(item: Item) -> str | None:
    """The value of a part, or what is in it."""
    return str(item.value) if item.value is not None else text_of_items(item.parts) or None


def _words(problems: tuple[str, ...]) -> str | None:
    return "; ".join(problems) or None


def _blanked(items: Sequence[Item]) -> bool:
    """Whether a message was blanked as a whole."""
    return len(items) == 1 and items[0].name == BLANKED


def _alike(old: Item, new: Item) -> float:
    mine = {(path, str(leaf.value)) for path, leaf in old.leaves()}
    other = {(path, str(leaf.value)) for path, leaf in new.leaves()}
    return 2 * len(mine & other) / (len(mine) + len(other))
