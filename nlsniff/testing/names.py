"""The names of goldens: `__netlink__/test_module/test_name.nlt`, made of a test's own name and nothing else."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

import pytest

from nlsniff.errors import BadArgumentError
from nlsniff.regress.files import TEXT

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = "__netlink__"

# What stands in a name as it is. Anything else, and what is longer, becomes readable rest and hash.
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.=+,-]{1,60}")
_ODD: Final = re.compile(r"[^A-Za-z0-9_.=+,-]+")
_READABLE: Final = 40
_LONGEST: Final = 160  # bytes; file systems take 255, and there are endings and scratch files


def stem(item: pytest.Item) -> str:
    """The name of a test's golden without its ending: `TestClass.test_name-parameters`.

    Parameters that are long or hold anything that file names better lack are hashed.
    """
    name, bracket, parameters = item.name.partition("[")
    classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    whole = ".".join([*classes, name])
    if len(whole.encode()) > _LONGEST:
        whole = f"{whole.encode()[: _LONGEST - 30].decode(errors='ignore')}-{_hash(whole)}"
    return f"{whole}-{_part(parameters.removesuffix(']'))}" if bracket else whole


def golden_path(item: pytest.Item, name: str) -> Path:
    """The text of a test's golden; `name` tells several of one test apart, "" is the first.

    Raises:
        BadArgumentError: `name` is no text.
    """
    if not isinstance(name, str):
        raise BadArgumentError(f"the name of a golden is a text, not {type(name).__name__}")
    ending = f".{_part(name)}" if name else ""
    return folder(item) / f"{stem(item)}{ending}{TEXT}"


def folder(item: pytest.Item) -> Path:
    """Where the goldens of a test's module lie."""
    return item.path.parent / FOLDER / item.path.stem


def _part(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    readable = _ODD.sub("_", text)[:_READABLE].strip("_")
    return f"{readable}-{_hash(text)}" if readable else _hash(text)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:10]
