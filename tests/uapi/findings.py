"""What an audit reports, and the reviewed list of what it must not report."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

EXCEPTIONS = Path(__file__).resolve().parent / "no-counterpart.yaml"


@dataclass(frozen=True)
class Difference:
    """One finding: in which dissector, about what, in words. `constant` is the C name where there is one."""

    file: str
    subject: str
    text: str
    constant: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.subject}: {self.text}"


SECTIONS = (
    "no-counterpart", "of-others", "named-apart", "network-order", "bit-numbers", "bit-numbers-from-1", "arrays",
    "subsystems",
)  # fmt: skip


@dataclass
class Exceptions:
    """The reviewed list: `sections` as no-counterpart.yaml explains them; constants that are `left_out`, what is
    `not_sent` and headers that stay `unread`, with reasons.

    Notes what was needed, so that what is idle can be told.
    """

    sections: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    not_sent: dict[str, str] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    used: set[tuple[str, ...]] = field(default_factory=set)

    def find(self, section: str, file: str, subject: str) -> Any:
        """Return what a section says of a subject, for this dissector or for any, None where it does not list it."""
        for name in (file, "*"):
            found = self.sections.get(section, {}).get(name, {}).get(subject)
            if found is not None:
                self.used.add((section, name, subject))
                return found
        return None

    def covers(self, file: str, subject: str) -> bool:
        """Say whether the list has the subject (`struct x/member`) or the whole that it is in (`struct x`)."""
        whole = subject.split("/", maxsplit=1)[0]
        return any(self.find("no-counterpart", file, name) is not None for name in (subject, whole))

    def leaves_out(self, constant: str) -> bool:
        """Say whether the list leaves out a C constant, by name or by a pattern such as `PREFIX_*`."""
        return self._matches("left-out", self.left_out, constant)

    def leaves_whole(self, name: str) -> bool:
        """Say whether the list has a struct or constant that nobody sends."""
        return self._matches("not-sent", self.not_sent, name)

    def leaves_header(self, name: str) -> bool:
        """Say whether the list has a header that no dissector needs."""
        return self._matches("unread", self.unread, name)

    def _matches(self, section: str, patterns: dict[str, str], name: str) -> bool:
        for pattern in patterns:
            if fnmatchcase(name, pattern):
                self.used.add((section, pattern))
                return True
        return False

    def as_written(self, file: str, subject: str, value: int) -> int:
        """Turn a C constant into what travels, where the header writes a definition in an own way."""
        if self.find("network-order", file, subject):
            # Undo __cpu_to_be16(), which the compiler has worked out for a little-endian machine.
            return int.from_bytes((value & 0xFFFF).to_bytes(2, "little"), "big")
        if self.numbers_bits(file, subject):
            first = 1 if self.find("bit-numbers-from-1", file, subject) else 0
            return 1 << value - first if value >= first else 0
        return value

    def numbers_bits(self, file: str, subject: str) -> bool:
        """Say whether the C constants of a flags definition are the numbers of bits, not the bits."""
        return any(self.find(section, file, subject) for section in ("bit-numbers", "bit-numbers-from-1"))

    def idle(self) -> Iterator[Difference]:
        """Yield the exceptions that no comparison needed."""
        for section, files in self.sections.items():
            for file, subjects in files.items():
                for subject in subjects:
                    if (section, file, subject) not in self.used:
                        yield Difference(
                            file, subject, f"is listed in no-counterpart.yaml: {section}, nothing needs it"
                        )
        for section, names in (("left-out", self.left_out), ("not-sent", self.not_sent), ("unread", self.unread)):
            for name in names:
                if (section, name) not in self.used:
                    yield Difference(section, name, "is listed in no-counterpart.yaml, but nothing misses it", name)


def read_exceptions(path: Path = EXCEPTIONS) -> Exceptions:
    """Read the reviewed list."""
    data: dict[str, Any] = yaml.safe_load(path.read_text())
    sections = {section: data.get(section) or {} for section in SECTIONS}
    return Exceptions(sections, data.get("left-out") or {}, data.get("not-sent") or {}, data.get("unread") or {})
