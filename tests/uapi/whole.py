"""Whole headers: of some folders, each header, enum, struct and #define is in a dissector, or listed with a reason.

The rest of the audit sees what an enum lacks of which a dissector has something. An enum that no dissector ever
mentions is seen here alone.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tests.uapi import dialect
from tests.uapi.findings import Difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.uapi.facts import Facts, Header
    from tests.uapi.findings import Exceptions

FOLDERS = ("linux/netfilter*",)


def whole(name: str) -> bool:
    """Say whether all of a header must be in the dissectors."""
    return any(fnmatchcase(name, folder) for folder in FOLDERS)


def unread(dissectors: list[dialect.Dissector], facts: Facts, exceptions: Exceptions) -> Iterator[Difference]:
    """Yield what no dissector has, of the headers that must be there as a whole."""
    named = {header for dissector in dissectors for header in dissector.headers}
    spoken = {claim.c_name for dissector in dissectors for group in dialect.groups(dissector) for claim in group.claims}
    structs = {layout.c_name for dissector in dissectors for layout in dialect.layouts(dissector)}
    for name in sorted(filter(whole, facts)):
        if exceptions.leaves_header(name):
            continue
        if name not in named:
            yield Difference(name, "header", "no dissector names it")
            continue
        for kind, missing in _missing(facts[name], spoken, structs):
            if not all(exceptions.leaves_out(one) or exceptions.leaves_whole(one) for one in missing):
                yield Difference(name, f"{kind} {missing[0]}", "no dissector has it", missing[0])


def _missing(header: Header, spoken: set[str], structs: set[str]) -> Iterator[tuple[str, list[str]]]:
    for enum in header.enums:
        if not spoken & set(enum):
            yield "enum", [name for name in enum if not name.startswith("__") and not name.endswith("_MAX")]
    for struct in header.structs:
        if struct not in structs:
            yield "struct", [struct]
    for define in _defines(header.defines, header.enums):
        if define not in spoken:
            yield "#define", [define]


def _defines(defines: Iterable[str], enums: list[dict[str, int]]) -> Iterator[str]:
    """Yield those that are no count of an enum, or of what an attribute may be."""
    for define in defines:
        if not define.endswith("_MAX") and not any(define in enum for enum in enums):
            yield define
