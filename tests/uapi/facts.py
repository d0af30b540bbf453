"""The facts of UAPI headers as they are kept and recorded: constants, and structs with their members."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

Member = list[Any]
"""[offset, size of one, how many, type]: bytes; type is "be16|be32|be64", "struct NAME", "bits FIRST COUNT" or ""."""


@dataclass
class Header:
    """What one header declares; `enums` holds one mapping per C enum, so that what belongs together stays together."""

    enums: list[dict[str, int]] = field(default_factory=list)
    defines: dict[str, int] = field(default_factory=dict)
    structs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        """Return the plain form that the facts file holds."""
        return {"enums": self.enums, "defines": self.defines, "structs": self.structs}


Facts = dict[str, Header]
"""Headers by the name that `#include` uses."""


def dump(facts: Facts, release: str) -> str:
    """Return the facts as JSON with one constant and one member per line, so that two releases can be compared."""
    body = {name: facts[name].json() for name in sorted(facts)}
    text = json.dumps({"release": release, "headers": body}, indent=1)
    # A member's four values belong on its line.
    return re.sub(r"\[\n\s+(-?\d+),\n\s+(\d+),\n\s+(\d+),\n\s+(\"[^\"]*\")\n\s+\]", r"[\1, \2, \3, \4]", text) + "\n"


def load(path: Path) -> tuple[str, Facts]:
    """Return release and facts of a file that `dump` wrote."""
    data = json.loads(path.read_text())
    return data["release"], {name: Header(**body) for name, body in data["headers"].items()}
