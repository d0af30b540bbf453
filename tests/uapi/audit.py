"""Compare dissectors with the facts of UAPI headers.

    python -m tests.uapi.audit [FILE.yaml ...] [--headers DIR]

Without FILE every dissector is compared, together with the things that only the whole can show: every message type has
a name somewhere, and no exception is idle. Without --headers the recorded facts of the newest kernel are used; with it
the headers of DIR are read by gcc. Prints one line per difference; exit code 1 where there is any.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.uapi import dialect, extract
from tests.uapi import facts as recorded
from tests.uapi.findings import Difference, Exceptions, read_exceptions
from tests.uapi.structs import compare_struct
from tests.uapi.whole import unread

if TYPE_CHECKING:
    from collections.abc import Iterator

_MANY = 20  # more missing constants than this are told in one line
_COUNTERS = ("_MAX", "_LAST")
FACTS = Path(__file__).resolve().parent / "facts-7.2.json"


@dataclass
class Audit:
    """Facts and exceptions to compare dissectors with; `newest` is False for the headers of an older kernel.

    An older kernel lacks constants and members, and its structs may be shorter: only what it has must agree. The newest
    one must have all of it, and the dissectors all that it has.
    """

    facts: recorded.Facts
    exceptions: Exceptions
    newest: bool = True

    def __post_init__(self) -> None:
        self.values: dict[str, int] = {}
        self.structs: dict[str, dict[str, Any]] = {}
        # Where a constant stands: its enum, or its header's #defines. What is borrowed need not be complete.
        self.enums: dict[str, list[dict[str, int]]] = {}
        self.defines: dict[str, list[dict[str, int]]] = {}
        for name, header in self.facts.items():
            if name not in dialect.BORROWED:
                for enum in header.enums:
                    for constant in enum:
                        self.enums.setdefault(constant, []).append(enum)
                for constant in header.defines:
                    self.defines.setdefault(constant, []).append(header.defines)
        self.compared = 0  # constants and structs that had a counterpart
        for header in self.facts.values():
            for constants in (*header.enums, header.defines):
                for name, value in constants.items():
                    self.values.setdefault(name, value)
            for name, body in header.structs.items():
                self.structs.setdefault(name, body)

    def run(self, dissectors: list[dialect.Dissector], *, whole: bool = False) -> list[Difference]:
        """Return all differences; `whole` says that these are all dissectors of the project."""
        found: list[Difference] = []
        groups = [group for dissector in dissectors for group in dialect.groups(dissector)]
        for dissector in dissectors:
            found += self._headers_known(dissector)
            for layout in dialect.layouts(dissector):
                array = self.exceptions.find("arrays", layout.file, f"struct {layout.name}")
                if array:
                    groups.append(dialect.as_array(layout, array["prefix"], array["first"]))
                    continue
                self.compared += layout.c_name in self.structs
                found += compare_struct(layout, self.structs, self.exceptions, newest=self.newest)
        for group in groups:
            found += self._values(group)
        if self.newest:
            found += self._missing(groups, whole=whole)
            if whole:
                found += unread(dissectors, self.facts, self.exceptions)
                found += self.exceptions.idle()
        return found

    def _headers_known(self, dissector: dialect.Dissector) -> Iterator[Difference]:
        if not self.newest:
            return
        for name in dissector.headers:
            if name not in self.facts:
                yield Difference(dissector.file, "uapi-header", f"{name} is not in the facts; see tests/uapi/README.md")

    def _values(self, group: dialect.Group) -> Iterator[Difference]:
        if self.newest and not any(claim.c_name for claim in group.claims):
            if not self.exceptions.covers(group.file, group.subject):
                yield Difference(
                    group.file, group.subject, "has neither name-prefix nor c-name: nothing to compare with"
                )
            return
        subsystem = self._subsystem(group)
        for claim in group.claims:
            subject = f"{group.subject}/{claim.entry}"
            actual = self.values.get(claim.c_name)
            if actual is not None:
                actual += subsystem
            self.compared += actual is not None
            if actual is None:
                others = self.exceptions.find("of-others", group.file, group.subject)
                if self.newest and not others and not self.exceptions.covers(group.file, subject):
                    text = f"no header has {claim.c_name}" if claim.c_name else "says that C has no such constant"
                    yield Difference(group.file, subject, text, claim.c_name)
            elif self.exceptions.find("named-apart", group.file, group.subject):
                continue
            elif not _same(self.exceptions.as_written(group.file, group.subject, actual), claim.value):
                text = f"is {claim.value}, but {claim.c_name} is {actual}"
                yield Difference(group.file, subject, text, claim.c_name)
        if group.kind == "operations" and self.newest:
            known = {value + subsystem for name, value in self.values.items() if name.startswith(group.prefix)}
            for reply in group.replies:
                subject = f"{group.subject}/{reply.entry}"
                right = reply.value in known or reply.value - subsystem == self.values.get(reply.c_name)
                if not right and not self.exceptions.covers(group.file, subject):
                    text = f"answers with {reply.value}, but no {group.prefix}* is that"
                    yield Difference(group.file, subject, text)

    def _subsystem(self, group: dialect.Group) -> int:
        """Return what netfilter's message types add to their C constants: the subsystem, in the upper byte."""
        name = self.exceptions.find("subsystems", group.file, group.subject)
        return self.values.get(name, 0) << 8 if name else 0

    def _missing(self, groups: list[dialect.Group], *, whole: bool) -> Iterator[Difference]:
        """Yield the constants that a group should have, as its C enum or its prefix in the same header has them."""
        said: set[str] = set()
        spoken = {claim.c_name for group in groups for claim in group.claims}
        prefixes = {group.prefix for group in groups if group.prefix}
        for group in groups:
            if not group.complete or (group.kind == "operations" and not whole):
                continue
            have = {claim.c_name for claim in group.claims}
            # Operations of one enum are spread over several dissectors, RTM_* above all.
            have |= spoken if group.kind == "operations" else set()
            if self.exceptions.numbers_bits(group.file, group.subject):
                group.kind = "bit numbers"
            lacking = []
            for name in self._should_have(group, have, spoken, prefixes):
                if group.kind == "operations" and name in said:
                    continue
                said.add(name)
                subject = f"{group.subject}/{name}"
                if not self.exceptions.leaves_out(name) and not self.exceptions.covers(group.file, subject):
                    lacking.append(name)
            if len(lacking) > _MANY:
                yield Difference(group.file, group.subject, f"lacks {len(lacking)} constants: {' '.join(lacking)}")
                continue
            for name in lacking:
                text = f"is missing, the header has {name} = {self.values[name]}"
                yield Difference(group.file, f"{group.subject}/{name}", text, name)

    def _should_have(self, group: dialect.Group, have: set[str], spoken: set[str], prefixes: set[str]) -> Iterator[str]:
        """Yield what the headers' enums, or their #defines of the same prefix, have beyond the group."""
        for enum in _where(self.enums, group):
            yield from _unnamed(enum, have, group.kind)
        longer = tuple(prefix for prefix in prefixes if prefix != group.prefix and prefix.startswith(group.prefix))
        for defines in _where(self.defines, group) if group.prefix else ():
            candidates = {
                name: value
                for name, value in defines.items()
                if name in have
                or (name.startswith(group.prefix) and name not in spoken and not name.startswith(longer))
            }
            yield from _unnamed(candidates, have, group.kind)


def _where(places: dict[str, list[dict[str, int]]], group: dialect.Group) -> list[dict[str, int]]:
    """Return the enums or headers, each once, that have a constant of the group."""
    found = {id(place): place for claim in group.claims for place in places.get(claim.c_name, ())}
    return list(found.values())


def _same(actual: int, claimed: int) -> bool:
    """Compare modulo the sign: C writes all-ones as -1 or as unsigned."""
    return actual == claimed or actual % (1 << 32) == claimed or actual % (1 << 64) == claimed


def _unnamed(constants: dict[str, int], have: set[str], kind: str) -> Iterator[str]:
    """Yield what is neither named, nor another name of a named value, nor a mere counter, mask or "none"."""
    named = {value for name, value in constants.items() if name in have}
    values = {value for name, value in constants.items() if not name.endswith(_COUNTERS)}
    for name, value in constants.items():
        if name in have or value in named or name.startswith("__"):
            continue
        if name.endswith(_COUNTERS) and (value in values or (value - 1 in named and value + 1 not in values)):
            continue
        if kind in {"enum", "flags"} and name.endswith("_MASK"):
            continue
        if kind == "flags" and value & (value - 1):
            continue  # several bits together
        if kind == "flags" and value == 0:
            continue
        if kind != "enum" and value == 0 and name.endswith(("_UNSPEC", "_UNSPECIFIED", "_INVALID", "_NONE", "_UNUSED")):
            continue
        yield name


def main(arguments: list[str] | None = None) -> int:
    """Print the differences."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, help="dissectors; all of the project when none is named")
    parser.add_argument("--headers", type=Path, help="include folder to read instead of the recorded facts")
    parser.add_argument("--older", action="store_true", help="an older kernel's headers: what they lack is fine")
    options = parser.parse_args(arguments)
    try:
        everything = dialect.read_dissectors()
        chosen = dialect.read_dissectors(options.files) if options.files else everything
        if options.headers is None:
            facts = recorded.load(FACTS)[1]
        else:
            facts = extract.extract(options.headers, dialect.headers_named(chosen))
        audit = Audit(facts, read_exceptions(), newest=not options.older)
        differences = audit.run(chosen, whole=not options.files)
    except (dialect.DialectError, extract.ExtractError, OSError, yaml.YAMLError) as error:
        print(f"audit: {error}", file=sys.stderr)
        return 2
    for difference in differences:
        print(difference)
    compared = f"{audit.compared} constants and structs of {len(chosen)} dissectors compared"
    print(f"{compared}, {len(differences)} differences", file=sys.stderr)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
