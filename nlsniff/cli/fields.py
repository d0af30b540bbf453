"""`nlsniff fields`: what display filters can name."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from nlsniff.cli import commands
from nlsniff.cli.commands import argument, complain, option
from nlsniff.cli.options import SPEC
from nlsniff.errors import EXIT_DIFFERS
from nlsniff.wire.names import normal

if TYPE_CHECKING:
    from nlsniff.filter.fields import FieldInfo

_VALUES_SHOWN = 72


@commands.command(
    "fields",
    examples=(
        "nlsniff fields mtu  # names that have it",
        "nlsniff fields 'route.*'  # all of one family",
        "nlsniff fields --json '*.ifname'  # for programs",
    ),
)
@argument("pattern", nargs="?", default="")
@option("--json", "as_json", action="store_true", help="Print one JSON object a field.")
@option("--names", "bare", action="store_true", help="Print the names alone.")
@SPEC
def command(pattern: str, specs: tuple[str, ...], *, as_json: bool, bare: bool) -> int:
    """List the fields that display filters know, by name, type, names of values, and meaning.

    PATTERN is a part of a name, or a glob that a whole name must match (`route.*`, `*.ifname`). Upper and lower case
    are the same, and so are hyphen and underscore.

    Exit status: 0, or 1 when no field matches.
    """
    from nlsniff.filter.fields import all_fields
    from nlsniff.spec.registry import open_registry

    registry = open_registry(specs)
    found = [item for item in all_fields(registry) if _matches(item.name, pattern)]
    for line in registry.complaints:
        complain(line)
    if not found:
        complain(f'no field matches "{pattern}"; `nlsniff fields` without a pattern lists all')
        return EXIT_DIFFERS
    if as_json:
        from nlsniff.output.json import quoted

        for item in found:
            commands.put(quoted(item._asdict()))
    elif bare:
        for item in found:
            commands.put(item.name)
    else:
        widths = max(len(item.name) for item in found), max(len(item.type) for item in found)
        for item in found:
            commands.put(line_of(item, *widths))
    return 0


def _matches(name: str, pattern: str) -> bool:
    name, pattern = normal(name), normal(pattern)
    if any(char in pattern for char in "*?["):
        return fnmatch.fnmatchcase(name, pattern)
    return pattern in name


def line_of(item: FieldInfo, name_width: int = 0, type_width: int = 0) -> str:
    """A field as one line: name, type, meaning, the first names of its values, and the file that describes it."""
    values = ", ".join(item.values)
    if len(values) > _VALUES_SHOWN:
        values = values[:_VALUES_SHOWN].rsplit(", ", 1)[0] + ", ..."
    where = item.dissector.rsplit("/", 1)[-1]
    rest = "  ".join(
        part for part in (item.doc, f"{{{values}}}" if values else "", f"[{where}]" if where else "") if part
    )
    return f"{item.name:<{min(name_width, 40)}}  {item.type:<{min(type_width, 16)}}  {rest}".rstrip()
