"""Looks at one dissector as its author wants it looked at; what `nlsniff spec check` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nlsniff.spec.family import Family
from nlsniff.spec.index import sources_of
from nlsniff.spec.lint import lint
from nlsniff.spec.load import SpecError, SpecText, check_document, locate, parse_head, read_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nlsniff.spec.model import Struct
    from nlsniff.spec.registry import Registry


_MOST = 200  # findings that are worth a line: nobody mends more at once, and each is looked up in the text


class Finding(NamedTuple):
    """Something that is wrong (`error`) or looks wrong (`warning`)."""

    file: str
    line: int
    severity: str
    text: str


class Examined(NamedTuple):
    """What was found in a dissector; `family` is None where it cannot be used."""

    findings: list[Finding]
    family: Family | None

    @property
    def summary(self) -> str:
        """What is in it, in words."""
        family = self.family
        if family is None:
            return "cannot be used"
        return f"{family.name}, {len(family.operations)} operations, {len(family.sets)} attribute sets"


def examine(path: Path, registry: Registry) -> Examined:
    """Everything that can be said about a file.

    Raises:
        SpecError: it cannot be read.
    """
    text = read_file(str(path))
    try:
        sources = _sources(path, text, registry)
        doc, complaints = check_document(sources)
    except SpecError as error:
        file, line, reason = _split(str(error), str(path))
        return Examined([Finding(file, line, "error", reason)], None)
    fatal = any(complaint.fatal for complaint in complaints)
    if not fatal:
        complaints = [*complaints, *lint(doc)]
    findings = []
    complaints.sort(key=lambda complaint: not complaint.fatal)
    for complaint in complaints[:_MOST]:
        file, line = locate(complaint, doc, sources)
        # What is wrong with the dissector below an overlay is that file's own matter.
        if file == str(path) or complaint.fatal:
            findings.append(Finding(file, line, "error" if complaint.fatal else "warning", complaint.text))
    findings.sort(key=lambda item: (item.file, item.line))
    if complaints[_MOST:]:
        more = f"{len(complaints) - _MOST} more are not listed"
        findings.append(Finding(str(path), 1, "error" if complaints[_MOST].fatal else "warning", more))
    return Examined(findings, None if fatal else Family(doc, str(path)))


def _sources(path: Path, text: bytes, registry: Registry) -> list[SpecText]:
    head = parse_head(text, str(path))
    own = sources_of(str(path), text, head)
    if not head.get("overlay"):
        return own
    name = head["name"]
    if name not in registry.names:
        raise SpecError(f"{path}:1: an overlay of {name}, but there is no dissector of that name (see --spec)")
    entry = registry.entry(name)
    below = [part for item in (entry.variants[0], *entry.overlays) for part in item.parts if part.path != str(path)]
    return [*(SpecText(part.path, read_file(part.path)) for part in below), *own]


def _split(message: str, path: str) -> tuple[str, int, str]:
    """A SpecError's text as file, line and words."""
    file, _, rest = message.partition(":")
    line, _, reason = rest.partition(":")
    return (file, int(line), reason.strip()) if line.isdigit() else (path, 1, message.removeprefix(f"{path}: "))


def layout_table(family: Family) -> Iterator[str]:
    """Every struct with offset, size and type of its members; a line `padding` is what C leaves free."""
    for name in family.struct_names:
        struct = family.struct(name)
        size = f"{struct.size} bytes" + (" or more" if struct.variable else "")
        compat = f", {struct.compat.size} of a 32-bit x86 program" if struct.compat is not None else ""
        yield ""
        yield f"struct {name}: {size}{compat}"
        yield from _rows(struct)


def _rows(struct: Struct) -> Iterator[str]:
    rows: list[tuple[int | None, str, str, str]] = [(at, str(size), "padding", "") for at, size in struct.gaps]
    for member in struct.members:
        kind = f"struct {member.struct.name}" if member.struct is not None else member.type
        many = f"[{member.count}]" if member.count else "[]" if member.count_from else ""
        order = {"<": " little-endian", ">": " big-endian"}.get(member.byte_order, "")
        rows.append(
            (member.offset, "-" if member.size is None else str(member.size), member.name, f"{kind}{many}{order}")
        )
    rows.sort(key=lambda row: (row[0] is None, row[0] or 0))
    for at, size, name, kind in rows:
        yield f"  {'-' if at is None else at:>5} {size:>5}  {name:<24} {kind}".rstrip()
