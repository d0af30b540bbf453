"""Reads the heads of dissectors: enough of each file to know which messages it describes."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from nlsniff.spec import cache
from nlsniff.spec.complaint import shown
from nlsniff.spec.entries import Catalog, Entry, Part, Variant
from nlsniff.spec.folders import shipped_dir
from nlsniff.spec.limits import INCLUDED
from nlsniff.spec.load import SpecError, SpecText, check_document, describe, parse_head, read_file
from nlsniff.spec.operations import numbered
from nlsniff.spec.overlay import merge

if TYPE_CHECKING:
    from nlsniff.spec.entries import File

Doc = dict[str, Any]


def read_heads(files: list[File]) -> Catalog:
    """What some files describe; they come lowest layer first."""
    complaints: list[str] = []
    found: dict[str, list[tuple[Variant, Doc]]] = {}
    for file in files:
        try:
            variant, head = _read(file)
        except SpecError as error:
            complaints.append(str(error))
            continue
        found.setdefault(head["name"], []).append((variant, head))
    entries = {}
    for name, items in found.items():
        own = [item for item in reversed(items) if not item[1].get("overlay")]
        overlays = [item for item in items if item[1].get("overlay")]
        if own:
            entries[name] = _entry(name, own, overlays, complaints)
        else:
            # A shipped overlay waits for the kernel's spec; the user's own is a mistake.
            complaints += [
                f"{variant.path}:1: an overlay of {name}, but there is no dissector of that name"
                for variant, _ in overlays
                if variant.layer == "user"
            ]
    return Catalog(entries, complaints)


def sources_of(path: str, text: bytes, head: Doc) -> list[SpecText]:
    """A dissector whose bytes are known, behind the files that it includes."""
    return [*(SpecText(part.path, read_file(part.path)) for part in _included(path, head)), SpecText(path, text)]


def _read(file: File) -> tuple[Variant, Doc]:
    text = read_file(file.path)
    head = parse_head(text, file.path)
    parts = [*_included(file.path, head), Part(file.path, cache.digest(text))]
    return Variant(file.layer, parts), head


def _included(path: str, head: Doc) -> list[Part]:
    """The files that a dissector includes: as seen from its folder, else from that of the shipped ones."""
    names = head.get("include") or []
    names = names if isinstance(names, list) else [names]
    if len(names) > INCLUDED:
        raise SpecError(f"{path}:1: includes {len(names)} files: expected {INCLUDED} at the most")
    found = []
    for name in names:
        if not isinstance(name, str) or not _is_below(name):
            raise SpecError(f"{path}:1: {shown(name)} is no file to include: expected one of this folder or below it")
        places = [folder / name for folder in (Path(path).parent, shipped_dir())]
        other = next((str(place) for place in places if place.is_file()), None)
        if other is None:
            raise SpecError(f"{path}:1: no file {shown(name)} to include: expected it beside this one")
        found.append(Part(other, cache.digest(read_file(other))))
    return found


def _is_below(name: str) -> bool:
    """Whether a name cannot lead out of its folder."""
    parts = PurePosixPath(name).parts
    return bool(parts) and parts[0] != "/" and ".." not in parts and "\0" not in name


def _entry(
    name: str, own: list[tuple[Variant, Doc]], overlays: list[tuple[Variant, Doc]], complaints: list[str]
) -> Entry:
    """Everything of one name. Numbers are those of all variants, for a broken one is passed over when it is loaded."""
    numbers: set[int] = set()
    protonum: int | None = None
    for variant, head in reversed(own):  # the one that wins comes last
        try:
            whole = head
            for _, overlay in overlays:
                whole = merge(whole, overlay)
            generic = str(whole.get("protocol", "genetlink")).startswith("genetlink")
            protonum = None if generic else int(whole.get("protonum") or 0)
            if not generic:
                operations = numbered(whole.get("operations") or {})
                numbers |= {number for _, *both in operations for number in both if number is not None}
        except (KeyError, TypeError, ValueError, AttributeError):
            # Whatever is wrong, the full check says it in words and with a line when the family is loaded.
            complaints.append(_full_complaint(variant))
    return Entry(name, protonum, sorted(numbers), [item[0] for item in own], [item[0] for item in overlays])


def _full_complaint(variant: Variant) -> str:
    sources = [SpecText(part.path, read_file(part.path)) for part in variant.parts]
    try:
        doc, complaints = check_document(sources)
    except SpecError as error:
        return str(error)
    return next((describe(item, doc, sources) for item in complaints if item.fatal), f"{variant.path}: cannot be used")
