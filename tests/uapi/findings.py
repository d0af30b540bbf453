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


@dataclass
class Exceptions:
    """The reviewed list, in the sections of no-counterpart.yaml; notes which entries were needed."""

    no_counterpart: dict[str, dict[str, str]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    network_order: dict[str, dict[str, str]] = field(default_factory=dict)
    bit_numbers: dict[str, dict[str, str]] = field(default_factory=dict)
    bit_numbers_from_1: dict[str, dict[str, str]] = field(default_factory=dict)
    used: set[tuple[str, str]] = field(default_factory=set)

    def covers(self, file: str, subject: str) -> bool:
        """Say whether the list has the subject (`struct x/member`) or the whole that it is in (`struct x`)."""
        for name in (subject, subject.split("/", maxsplit=1)[0]):
            if name in self.no_counterpart.get(file, {}):
                self.used.add((file, name))
                return True
        return False

    def leaves_out(self, constant: str) -> bool:
        """Say whether the list leaves out a C constant, by name or by a pattern such as `PREFIX_*`."""
        for name in self.left_out:
            if fnmatchcase(constant, name):
                self.used.add(("left-out", name))
                return True
        return False

    def as_written(self, file: str, subject: str, value: int) -> int:
        """Turn a C constant into what travels, where the header writes a definition in an own way."""
        if subject in self.network_order.get(file, {}):
            self.used.add((file, subject))
            # Undo __cpu_to_be16(), which the compiler has worked out for a little-endian machine.
            return int.from_bytes((value & 0xFFFF).to_bytes(2, "little"), "big")
        for first, section in enumerate((self.bit_numbers, self.bit_numbers_from_1)):
            if subject in section.get(file, {}):
                self.used.add((file, subject))
                return 1 << value - first if value >= first else 0
        return value

    def numbers_bits(self, file: str, subject: str) -> bool:
        """Say whether the C constants of a flags definition are the numbers of bits, not the bits."""
        return any(subject in section.get(file, {}) for section in (self.bit_numbers, self.bit_numbers_from_1))

    def idle(self) -> Iterator[Difference]:
        """Yield the exceptions that no comparison needed."""
        for file, subjects in (
            *self.no_counterpart.items(),
            *self.network_order.items(),
            *self.bit_numbers.items(),
            *self.bit_numbers_from_1.items(),
        ):
            for subject in subjects:
                if (file, subject) not in self.used:
                    yield Difference(file, subject, "is listed in no-counterpart.yaml, but nothing needs it")
        for name in self.left_out:
            if ("left-out", name) not in self.used:
                yield Difference("left-out", name, "is listed in no-counterpart.yaml, but nothing misses it", name)


def read_exceptions(path: Path = EXCEPTIONS) -> Exceptions:
    """Read the reviewed list."""
    data: dict[str, Any] = yaml.safe_load(path.read_text()) or {} if path.exists() else {}
    return Exceptions(
        data.get("no-counterpart") or {},
        data.get("left-out") or {},
        data.get("network-order") or {},
        data.get("bit-numbers") or {},
        data.get("bit-numbers-from-1") or {},
    )
