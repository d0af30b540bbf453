"""YAML to plain objects, straight from the parser's events.

PyYAML's own loaders follow YAML 1.1, in which `on`, `off`, `yes` and `no` are booleans and 1:30 is 90, so an entry of
that name would be lost; they keep the last of two equal keys without a word; and they take half as long again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml
from yaml.events import AliasEvent, DocumentEndEvent, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent

if TYPE_CHECKING:
    from collections.abc import Callable

try:
    from yaml._yaml import CParser as _Parser
except ImportError:  # PyYAML was built without libyaml

    class _Parser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):  # type: ignore[no-redef]
        """The same parser in Python."""

        def __init__(self, stream: bytes) -> None:
            yaml.reader.Reader.__init__(self, stream)
            yaml.scanner.Scanner.__init__(self)
            yaml.parser.Parser.__init__(self)


_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_DIGITS = frozenset("0123456789+-.")
_STRING = "tag:yaml.org,2002:str"


def load(text: bytes) -> Any:
    """The one document of a text.

    Raises:
        yaml.YAMLError: it is no YAML, names a key twice, or uses a tag.
    """
    parser: Any = _Parser(text)
    get = parser.get_event
    get()  # the stream's start
    event = get()
    if type(event).__name__ == "StreamEndEvent":
        return None
    found = _Builder(get).value(get())
    if type(get()) is DocumentEndEvent and type(end := get()).__name__ != "StreamEndEvent":
        raise yaml.MarkedYAMLError(problem="a second document", problem_mark=end.start_mark)
    return found


class _Builder:
    def __init__(self, get: Callable[[], Any]) -> None:
        self._get = get
        self._anchors: dict[str, Any] = {}
        self._scalars: dict[str, Any] = {}

    def value(self, event: Any) -> Any:
        """The value that begins with an event."""
        kind = type(event)
        if kind is ScalarEvent:
            found = self._scalar(event)
        elif kind is MappingStartEvent:
            found = self._mapping(event)
        elif kind is AliasEvent:
            if event.anchor not in self._anchors:
                raise yaml.MarkedYAMLError(
                    problem=f"*{event.anchor} is set nowhere above", problem_mark=event.start_mark
                )
            return self._anchors[event.anchor]
        else:
            found = []
            if event.anchor is not None:
                self._anchors[event.anchor] = found
            while type(item := self._get()) is not SequenceEndEvent:
                found.append(self.value(item))
        if event.anchor is not None:
            self._anchors[event.anchor] = found
        return found

    def _scalar(self, event: Any) -> Any:
        text = event.value
        if event.tag is not None and event.tag != _STRING:
            raise yaml.MarkedYAMLError(problem=f"tag {event.tag} means nothing here", problem_mark=event.start_mark)
        if not event.implicit[0] or event.tag is not None:
            return text
        known = self._scalars
        if text not in known:
            known[text] = _plain(text)
        return known[text]

    def _mapping(self, start: Any) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        merged: list[Any] = []
        while type(event := self._get()) is not MappingEndEvent:
            key = self.value(event)
            value = self.value(self._get())
            if key == "<<" and isinstance(value, (dict, list)):
                merged += value if isinstance(value, list) else [value]
                continue
            if isinstance(key, (dict, list)):
                raise yaml.MarkedYAMLError(problem="a key must be a word or number", problem_mark=event.start_mark)
            if key in found:
                raise yaml.MarkedYAMLError(problem=f"key {key!r} comes twice", problem_mark=event.start_mark)
            found[key] = value
        for other in merged:
            if not isinstance(other, dict):
                raise yaml.MarkedYAMLError(problem="<< wants a mapping", problem_mark=start.start_mark)
            for key, value in other.items():
                found.setdefault(key, value)
        return found


def _plain(text: str) -> Any:
    """What a text without quotes is."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in _DIGITS:
        if _INTEGER.fullmatch(text):
            return int(text.lstrip("+"), 0) if text[1:2] in {"x", "o"} else int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
    return text
