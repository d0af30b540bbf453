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
    out = list(under)
    for item in over:
        name = name_of(item, label)
        at = next((place for place, old in enumerate(out) if name is not None and name_of(old, label) == name), None)
        placing = {key: item[key] for key in PLACING if isinstance(item, dict) and key in item}
        new = {key: value for key, value in item.items() if key not in PLACING} if placing else item
        if placing.get("remove"):
            out[:] = [old for place, old in enumerate(out) if place != at]
            continue
        if at is not None:
            old = out.pop(at)
            new = merge(old if isinstance(old, dict) else {label: old}, new) if isinstance(new, dict) else old
        if "after" in placing:
            places = [place + 1 for place, old in enumerate(out) if name_of(old, label) == placing["after"]]
            at = (places[0] if places else None) if placing["after"] else 0
        out.insert(len(out) if at is None else at, new)
    return out


def name_of(item: Any, label: str = "name") -> Any:
    """What a list's item is called: a plain text is a name."""
    if isinstance(item, dict):
        return item.get(label)
    return item if isinstance(item, str) else None
