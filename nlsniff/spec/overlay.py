"""Puts documents together: what a dissector includes, the dissector itself, and the overlays that correct it."""

from __future__ import annotations

from typing import Any

Doc = dict[str, Any]

# Lists whose items have names, and the key that is the name. All other lists are replaced as a whole.
_NAMED = {
    "definitions": "name",
    "attribute-sets": "name",
    "sub-messages": "name",
    "list": "name",
    "members": "name",
    "attributes": "name",
    "entries": "name",
    "formats": "value",
}
PLACING = {"after", "remove"}  # keys that an overlay's items have for the merge alone


def merge(under: Doc, over: Doc) -> Doc:
    """A document in which what `over` says stands, and what it leaves out is as `under` has it.

    Items of lists are matched by name, at any depth. A new item goes to the end of its list, or behind the one that
    `after:` names (`after: ""` puts it first); `remove: true` takes an item away, and a key whose value is null.
    """
    out = dict(under)
    for key, value in over.items():
        old = out.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            out[key] = merge(old, value)
        elif isinstance(value, list) and key in _NAMED and (old is None or isinstance(old, list)):
            out[key] = _merge_lists(old or [], value, _NAMED[key])
        else:
            out[key] = value
    return out


def _merge_lists(under: list[Any], over: list[Any], label: str) -> list[Any]:
    chain = _Chain()
    for item in under:
        chain.put(name_of(item, label), item, chain.last)
    for item in over:
        name = name_of(item, label)
        placing = {key: item[key] for key in PLACING if isinstance(item, dict) and key in item}
        new = {key: value for key, value in item.items() if key not in PLACING} if placing else item
        at = chain.last
        if name in chain.items:
            old = chain.items[name]
            at = chain.take(name)
            if placing.get("remove"):
                continue
            new = merge(old if isinstance(old, dict) else {label: old}, new) if isinstance(new, dict) else old
        elif placing.get("remove"):
            continue
        if "after" in placing:
            before = name_of({label: placing["after"] or None}, label)
            at = _FIRST if before is None else before if before in chain.items else chain.last
        chain.put(name, new, at)
    return chain.in_order()


_FIRST = object()  # stands before the first item


class _Chain:
    """Items in an order that is changed at any place in the same time, however many there are.

    Attributes:
        items: by name; by an object of its own for one without a name, or with the name of one before it.
    """

    def __init__(self) -> None:
        self.items: dict[Any, Any] = {}
        # A circle, in which the last item stands before the one that stands before the first.
        self._next: dict[Any, Any] = {_FIRST: _FIRST}
        self._before: dict[Any, Any] = {_FIRST: _FIRST}

    @property
    def last(self) -> Any:
        """What stands at the end."""
        return self._before[_FIRST]

    def put(self, name: Any, item: Any, after: Any) -> None:
        """Add an item after another."""
        key = object() if name is None or name in self.items else name
        following = self._next[after]
        self.items[key] = item
        self._next[after] = self._before[following] = key
        self._next[key], self._before[key] = following, after

    def take(self, key: Any) -> Any:
        """Remove an item; returns the item before it."""
        before, following = self._before.pop(key), self._next.pop(key)
        del self.items[key]
        self._next[before], self._before[following] = following, before
        return before

    def in_order(self) -> list[Any]:
        """All items."""
        found = []
        key = self._next[_FIRST]
        while key is not _FIRST:
            found.append(self.items[key])
            key = self._next[key]
        return found


def name_of(item: Any, label: str = "name") -> Any:
    """What a list's item is called: a plain text is a name. None where it has none."""
    found = item.get(label) if isinstance(item, dict) else item if isinstance(item, str) else None
    return found if isinstance(found, (str, int, float)) else None
