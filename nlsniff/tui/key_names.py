"""Names of keys: textual's, and those that people write."""

from __future__ import annotations

from textual.binding import Binding
from textual.keys import format_key

_SHOWN = {
    "enter": "enter",
    "slash": "/", "apostrophe": "'", "question_mark": "?", "colon": ":", "shift+tab": "⇧tab", "escape": "esc",
    "shift+left": "⇧←", "shift+right": "⇧→",
    "pageup": "pgup", "pagedown": "pgdn", "up": "↑", "down": "↓", "left": "←", "right": "→", "quotation_mark": '"',
    "equals_sign": "=", "less_than_sign": "<", "greater_than_sign": ">", "right_square_bracket": "]",
    "right_curly_bracket": "}", "left_curly_bracket": "{",
    "left_square_bracket": "[", "plus": "+", "minus": "-", "vertical_line": "|", "exclamation_mark": "!",
    "left_parenthesis": "(", "right_parenthesis": ")",
}  # fmt: skip


def key_name(key: str) -> str:
    """A key as people write it: `ctrl-f`, `/`, `↑`."""
    head, plus, last = key.rpartition("+")
    return _SHOWN.get(key) or head + plus.replace("+", "-") + (_SHOWN.get(last) or format_key(last))


def key_named(text: str) -> str:
    """Textual's name of a key that `key_name` would show like this, or the text itself."""
    return next((key for key, shown in _SHOWN.items() if shown == text), text)


def key_of(character: str) -> str:
    """Textual's name of the key that types a character."""
    if character.isspace():
        return "space"
    # A comma stands between keys there.
    return "comma" if character == "," else next(iter(Binding.make_bindings([(character, "", "")]))).key
