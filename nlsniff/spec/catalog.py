"""Which files there are, and what each is for: found once, then remembered until a file changes.

Files come in layers. A dissector of the user replaces a shipped one of the same name, and a shipped one that of the
kernel, because the kernel's specs leave out much and have errors; overlays correct whichever it is.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, Any

from nlsniff.spec import cache
from nlsniff.spec.entries import Catalog, Entry, File, Part, Variant

if TYPE_CHECKING:
    from collections.abc import Iterable

LAYERS = ("kernel", "shipped", "user")
_SCHEMAS = ("genetlink.yaml", "netlink-raw.yaml")
_SETTLED_NS = 2_000_000_000  # a file younger than this may change again without its time stamp saying so


def files_of(folders: Iterable[tuple[str | os.PathLike[str], str]]) -> tuple[list[File], list[str]]:
    """The YAML files of some folders with their layers, lowest layer first, and complaints.

    A folder may also be a file: whoever names one wants it, so it is a user's even if it lies among the kernel's.
    """
    found: list[File] = []
    complaints: list[str] = []
    for folder, layer in folders:
        try:
            if os.path.isdir(folder):
                here = "kernel" if layer == "user" and is_kernel_tree(folder) else layer
                with os.scandir(folder) as entries:
                    names = sorted(entry.path for entry in entries if entry.name.endswith((".yaml", ".yml")))
                found += [File(name, here) for name in names]
            elif os.path.exists(folder):
                found.append(File(str(folder), layer))
        except OSError as error:
            complaints.append(f"{folder}: {error.strerror}")
    found.sort(key=lambda file: LAYERS.index(file.layer))
    return found, complaints


def is_kernel_tree(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder holds the kernel's specs: their schemas lie beside it, in the source and where installed."""
    above = os.path.dirname(os.path.normpath(folder))
    return any(os.path.isfile(os.path.join(above, name)) for name in _SCHEMAS)


def catalog_of(files: list[File]) -> Catalog:
    """What the files describe. They are read only when one has changed since the last time."""
    stamps = [_stamp(file.path) for file in files]
    key = cache.digest(b"catalog", repr(list(zip(files, stamps, strict=True))).encode())
    kept = _restored(cache.cached(key))
    if kept is not None:
        return kept
    from nlsniff.spec.index import read_heads

    catalog = read_heads(files)
    own = {file.path for file in files}
    variants = [item for entry in catalog.entries.values() for item in (*entry.variants, *entry.overlays)]
    included = sorted({part.path for variant in variants for part in variant.parts} - own)
    now = time.time_ns()
    included_stamps = [_stamp(path) for path in included]
    if all(now - stamp[0] > _SETTLED_NS for stamp in (*stamps, *included_stamps) if stamp):
        entries = {name: _plain(entry) for name, entry in catalog.entries.items()}
        found = {"entries": entries, "complaints": catalog.complaints}
        with contextlib.suppress(TypeError):  # a path that is no UTF-8 is no JSON either
            cache.store(key, {**found, "included": list(zip(included, included_stamps, strict=True))})
    return catalog


def _restored(kept: dict[str, Any] | None) -> Catalog | None:
    """The catalogue that the cache has; None where an included file has changed, or it is no catalogue."""
    try:
        if kept is None or any(_stamp(path) != stamp for path, stamp in kept["included"]):
            return None
        return Catalog({name: _entry_of(found) for name, found in kept["entries"].items()}, kept["complaints"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _stamp(path: str) -> list[int]:
    """What changes when a file changes; nothing where there is no file. The time of change comes first."""
    try:
        found = os.stat(path)
    except OSError:
        return []
    return [found.st_ctime_ns, found.st_mtime_ns, found.st_size, found.st_ino]


def _plain(entry: Entry) -> list[Any]:
    def variants(found: list[Variant]) -> list[Any]:
        return [[item.layer, [[part.path, part.digest.hex()] for part in item.parts]] for item in found]

    return [entry.name, entry.protonum, entry.numbers, variants(entry.variants), variants(entry.overlays)]


def _entry_of(found: list[Any]) -> Entry:
    def variants(items: list[Any]) -> list[Variant]:
        return [Variant(layer, [Part(path, bytes.fromhex(digest)) for path, digest in parts]) for layer, parts in items]

    name, protonum, numbers, own, overlays = found
    return Entry(name, protonum, numbers, variants(own), variants(overlays))
