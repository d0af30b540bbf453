"""The name of a file to save into: its end says what is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlsniff.file.sniff import Format

# What is written, by the end of the name.
_CAPTURES: dict[str, Format] = {".pcapng": "pcapng", ".pcap": "pcap"}
TEXTS = (".json", ".txt")


def format_named(path: Path) -> Format | None:
    """The format of the capture that a name asks for, pcapng where its end says nothing; None for a text."""
    return None if path.suffix in TEXTS else _CAPTURES.get(path.suffix, "pcapng")


def why_not(text: str) -> str:
    """Why nothing can be saved under a name, or ""."""
    path = Path(text).expanduser()
    if path.suffix not in {*_CAPTURES, *TEXTS}:
        return "a name that ends in .pcapng, .pcap, .json or .txt"
    if path.exists():
        return "is there already: another name"
    return "" if path.parent.is_dir() else f"there is no folder {path.parent}"
