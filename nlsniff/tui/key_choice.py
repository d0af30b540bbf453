"""The keys that the user chose: `[keys]` of `config.toml`, where the name of an action has a key or a list of them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from textual.keys import Keys

from nlsniff.errors import NlsniffError
from nlsniff.tui.actions import ACTIONS, TOGETHER, of
from nlsniff.tui.key_names import key_name, key_named, key_of

if TYPE_CHECKING:
    from nlsniff.tui.config import Config

_TABLE = "keys"
_KNOWN = frozenset(key.value for key in Keys)
_MODIFIERS = frozenset({"ctrl", "shift", "alt"})
_TAKEN = {"ctrl+p": "the palette", "ctrl+q": "leaving", "ctrl+c": "copying what is selected"}  # by textual


def chosen_keys(config: Config) -> dict[str, tuple[str, ...]]:
    """What the file says, by the names of actions: textual's names of the keys.

    Raises:
        NlsniffError: no such action or key, a key of two actions, or no TOML. Nothing of it is used then.
    """
    known, found = {action.setting for action in ACTIONS if action.setting}, {}
    for name, value in config.table(_TABLE).items():
        if name not in known:
            from difflib import get_close_matches

            near = " or ".join(get_close_matches(name, known, 2))
            raise NlsniffError(f"{config.path}: keys: no action {name!r}{f': did you mean {near}?' if near else ''}")
        keys = value if isinstance(value, list) else [value]
        found[name] = tuple(_key(key, name, config) for key in keys)
        if not keys:
            raise NlsniffError(f"{config.path}: keys: {name} has none")
    _refuse_doubled(found, config)
    return found


def _key(text: object, name: str, config: Config) -> str:
    """Textual's name of a key as people write it: `ctrl-g`, `/`, `f5`."""
    if isinstance(text, str):
        *modifiers, last = text.replace("-", "+").split("+") if len(text) > 1 else [text]
        plain = key_named(last)
        if len(plain) == 1:
            plain = key_of(plain)
        key = "+".join([*modifiers, plain])
        if last and _MODIFIERS.issuperset(modifiers) and (key in _KNOWN or plain in _KNOWN or len(last) == 1):
            return key
    raise NlsniffError(f"{config.path}: keys: {name}: no key {text!r}: write x, X, /, f5, ctrl-g, or a list of such")


def _refuse_doubled(chosen: dict[str, tuple[str, ...]], config: Config) -> None:
    for together in TOGETHER:
        users: dict[str, list[str]] = defaultdict(list)
        for action in (action for context in together for action in of(context)):
            for key in chosen.get(action.setting, action.usual):
                users[key].append(action.setting or action.help)
        for key, names in users.items():
            all_names = [*names, *([_TAKEN[key]] if key in _TAKEN else [])]
            if len(all_names) > 1:
                raise NlsniffError(f"{config.path}: keys: {key_name(key)} is the key of {' and of '.join(all_names)}")
