"""The name of a file to save into: its end says what is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlsniff.file.sniff import Format

# What is written, by the end of the name.
CAPTURES: dict[str, Format] = {".pcapng": "pcapng", ".pcap": "pcap"}
TEXTS = (".json", ".txt")


def why_not(text: str) -> str:
    """Why nothing can be saved under a name, or ""."""
    path = Path(text).expanduser()
    if path.suffix not in {*CAPTURES, *TEXTS}:
        return "a name that ends in .pcapng, .pcap, .json or .txt"
    if path.exists():
        return "is there already: another name"
    return "" if path.parent.is_dir() else f"there is no folder {path.parent}"
