"""The guest's initramfs: an archive of busybox, modules and the first process, in the format "newc" of cpio.

Format: Documentation/driver-api/early-userspace/buffer-format.rst of the kernel.
"""

from __future__ import annotations

import lzma
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FILE = 0o100755
_FOLDER = 0o040755


def archive(files: dict[str, bytes]) -> bytes:
    """Pack files, each by its path without a leading slash, and the folders that they need."""
    folders = sorted({"/".join(parts[:count]) for parts in map(_parts, files) for count in range(1, len(parts))})
    entries = [*((name, _FOLDER, b"") for name in folders), *((name, _FILE, data) for name, data in files.items())]
    packed = [_entry(number, *entry) for number, entry in enumerate(entries, 1)]
    return b"".join([*packed, _entry(0, "TRAILER!!!", 0, b"")])


def _parts(name: str) -> list[str]:
    return name.split("/")


def _entry(number: int, name: str, mode: int, data: bytes) -> bytes:
    """Write one entry: 13 numbers of 8 hexadecimal digits, name and data, each padded to 4 bytes."""
    coded = name.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(coded), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + coded
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def modules(folder: Path, wanted: tuple[str, ...]) -> dict[str, bytes]:
    """Read modules and what they need, each under the name of its file, in the order in which they load.

    Modules that are part of the kernel's image are left out. `folder` is that of the kernel's version, after depmod.
    """
    needs = {}
    for line in (folder / "modules.dep").read_text().splitlines():
        path, _, others = line.partition(":")
        needs[_stem(path)] = (path, [_stem(other) for other in others.split()])
    ordered: dict[str, str] = {}
    for name in wanted:
        for each in _in_order(name, needs):
            ordered[each] = needs[each][0]
    return {f"{name}.ko": _plain(folder / path) for name, path in ordered.items()}


def _in_order(name: str, needs: dict[str, tuple[str, list[str]]]) -> Iterator[str]:
    """Yield the modules that one needs, then itself; nothing for one that is built in."""
    if name in needs:
        for other in reversed(needs[name][1]):
            yield from _in_order(other, needs)
        yield name


def _stem(path: str) -> str:
    return path.rsplit("/", 1)[-1].split(".", 1)[0].replace("-", "_")


def _plain(path: Path) -> bytes:
    """Read a module, which Debian compresses and busybox's insmod wants plain."""
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data
