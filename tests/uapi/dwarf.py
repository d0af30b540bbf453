"""Debug information of a C file as a tree, read from the text that `readelf` prints.

The compiler already knows every value, size and offset in a header. With `-fno-eliminate-unused-debug-types` it
writes all of them into the debug information, so that nothing here has to understand C. `readelf` is part of binutils,
which gcc cannot work without.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

_ENTRY = re.compile(r"^ <([0-9a-f]+)><([0-9a-f]+)>: Abbrev Number: (\d+)(?: \((DW_TAG_\w+)\))?")
_ATTRIBUTE = re.compile(r"^ +<[0-9a-f]+> +(DW_AT_\w+) *: ?(.*)$")
_INDIRECT = re.compile(r"^\((?:indirect (?:line )?string|alt indirect string), offset: [0-9a-fx]+\): ?")
_NUMBER = re.compile(r"(?:\(\w+\)\s*)?(-?(?:0x[0-9a-f]+|\d+))")
_FILE_ENTRY = re.compile(r"^  (\d+)\t(?:(\d+)\t)?(.*)$")


@dataclass
class Die:
    """One debugging information entry: its tag without `DW_TAG_`, its attributes without `DW_AT_`, its children."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Die] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Return the name, or "" where the C code gives none."""
        return _INDIRECT.sub("", self.attributes.get("name", ""))

    def number(self, key: str, default: int = 0) -> int:
        """Return a numeric attribute; readelf prints it in decimal or 0x, with its form before or words behind."""
        number = _NUMBER.match(self.attributes.get(key, ""))
        return int(number[1], 0) if number else default


@dataclass
class DebugInfo:
    """All entries of one object file: `top` in source order; `by_offset` to follow types; `files` by number."""

    top: list[Die]
    by_offset: dict[str, Die]
    files: dict[int, Path]

    def type_of(self, die: Die) -> Die | None:
        """Return the entry that `DW_AT_type` refers to, or None for void."""
        reference = die.attributes.get("type")
        return self.by_offset.get(reference.strip("<>").removeprefix("0x")) if reference else None

    def file_of(self, die: Die) -> Path | None:
        """Return the header that declares the entry."""
        return self.files.get(die.number("decl_file", -1))


def read(object_file: Path) -> DebugInfo:
    """Read the debug information of an object file with one compilation unit (raises CalledProcessError)."""
    top: list[Die] = []
    by_offset: dict[str, Die] = {}
    stack: list[Die] = []
    current: Die | None = None
    for line in _readelf("--debug-dump=info", object_file):
        entry = _ENTRY.match(line)
        if entry:
            depth, offset, tag = int(entry[1], 16), entry[2], entry[4]
            del stack[depth:]
            current = None
            if tag:  # abbreviation number 0 only closes a list of children
                current = Die(tag.removeprefix("DW_TAG_"))
                by_offset[offset] = current
                (stack[-1].children if stack else top).append(current)
                stack.append(current)
            continue
        attribute = _ATTRIBUTE.match(line)
        if attribute and current is not None:
            current.attributes[attribute[1].removeprefix("DW_AT_")] = attribute[2].strip()
    unit = top[0].children if top else []
    return DebugInfo(unit, by_offset, _file_table(object_file))


def _file_table(object_file: Path) -> dict[int, Path]:
    """Return the paths by the numbers that DW_AT_decl_file uses (DWARF 5: directories and files count from 0)."""
    folders: dict[int, str] = {}
    files: dict[int, Path] = {}
    table = ""
    for line in _readelf("--debug-dump=rawline", object_file):
        if "Directory Table" in line or "File Name Table" in line:
            table = "folders" if "Directory" in line else "files"
            continue
        entry = _FILE_ENTRY.match(line)
        if not entry or not table:
            continue
        name = _INDIRECT.sub("", entry[3])
        if table == "folders":
            folders[int(entry[1])] = _INDIRECT.sub("", f"{entry[2]}\t{name}" if entry[2] else name)
        else:
            files[int(entry[1])] = Path(os.path.normpath(Path(folders.get(int(entry[2] or 0), "")) / name))
    return files


def _readelf(option: str, object_file: Path) -> list[str]:
    """Run readelf in the C locale, whose words the patterns above expect."""
    environment = {**os.environ, "LC_ALL": "C"}
    command = ["readelf", option, str(object_file)]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.splitlines()
