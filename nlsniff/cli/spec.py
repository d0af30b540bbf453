"""`nlsniff spec`: check dissectors, and say which ones are in use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nlsniff.cli import commands
from nlsniff.cli.commands import argument, complain, option
from nlsniff.cli.options import SPEC
from nlsniff.errors import EXIT_DIFFERS

if TYPE_CHECKING:
    from collections.abc import Iterator


@commands.command(
    "check",
    examples=(
        "nlsniff spec check family.yaml  # is it right?",
        "nlsniff spec check --strict mine/*.yaml  # in CI",
        "nlsniff spec check --layout family.yaml  # where each member of a struct stands",
    ),
)
@argument("files", nargs="+", metavar="FILE")
@option("--layout", action="store_true", help="Print offset and size of every struct member.")
@option("--strict", action="store_true", help="Take warnings for errors.")
@SPEC
def check(files: tuple[str, ...], specs: tuple[str, ...], *, layout: bool, strict: bool) -> int:
    """Say what is wrong with dissectors, a line each: FILE:LINE: error or warning: what.

    An error keeps a file from loading or is a mistake for sure: a reference to nothing, a number that comes twice. A
    warning is worth a look: a key nobody knows, a set that no operation leads to, a summary that shows what nothing is
    called, a number in a struct where C would not put it.

    An overlay is checked together with the dissector that it corrects, which --spec may name.

    Exit status: 0 without errors, 1 with, 2 when a file cannot be read.
    """
    from nlsniff.spec.examine import examine, layout_table
    from nlsniff.spec.registry import open_registry

    registry = open_registry(specs)
    wrong = False
    for name in files:
        found = examine(Path(name), registry)
        for finding in found.findings:
            commands.put(f"{finding.file}:{finding.line}: {finding.severity}: {finding.text}")
            wrong = wrong or strict or finding.severity == "error"
        if found.family is not None:
            commands.put(f"{name}: {found.summary}")
            if layout:
                for line in layout_table(found.family):
                    commands.put(line)
    return EXIT_DIFFERS if wrong else 0


@commands.command(
    "list",
    examples=(
        "nlsniff spec list  # all that are in use",
        "nlsniff spec list --spec mine/  # with those of a folder",
        "nlsniff spec list --json  # for programs",
    ),
)
@option("--json", "as_json", action="store_true", help="Print one JSON object a dissector.")
@SPEC
def listing(specs: tuple[str, ...], *, as_json: bool) -> int:
    """List the dissectors in use: name, protocol, operations, file, and the overlays that correct it.

    Where several files have one name, the user's wins over the shipped one, and that over the kernel's; `hides` names
    those that are not used.

    Exit status: 0, or 1 when a file cannot be used; stderr says why.
    """
    from nlsniff.spec.registry import open_registry
    from nlsniff.wire.names import protocol_name

    registry = open_registry(specs)
    rows: list[dict[str, object]] = []
    for name in registry.names:
        family, entry = registry.family(name), registry.entry(name)
        number, path = entry.protonum, registry.path(name)
        protocol = "generic" if number is None else protocol_name(number)
        rows.append({
            "name": name,
            "protocol": protocol,
            "operations": len(family.operations) if family is not None else None,
            "layer": next(item.layer for item in entry.variants if item.path == path),
            "file": path,
            "overlays": [item.path for item in entry.overlays],
            "hides": [item.path for item in entry.variants if item.path != path],
        })  # fmt: skip
    if as_json:
        from nlsniff.output.json import quoted

        for row in rows:
            commands.put(quoted(row))
    else:
        for line in _lines(rows):
            commands.put(line)
    for line in registry.complaints:
        complain(line)
    return EXIT_DIFFERS if registry.complaints else 0


command = commands.CommandGroup(
    "spec",
    "Check dissectors, and list those that are in use.",
    {"commands": {"check": "Say what is wrong with dissectors.", "list": "List the dissectors in use."}},
    lambda name: {"check": check, "list": listing}[name],
)


def _lines(rows: list[dict[str, object]]) -> Iterator[str]:
    width = max((len(str(row["name"])) for row in rows), default=0)
    for row in rows:
        count = "cannot be used" if row["operations"] is None else f"{row['operations']} operations"
        yield f"{row['name']!s:<{width}}  {row['protocol']!s:<11} {count:<14} {row['layer']!s:<7}  {row['file']}"
        for key, word in (("overlays", "overlay"), ("hides", "hides")):
            paths = row[key]
            for path in paths if isinstance(paths, list) else ():
                yield f"{'':<{width}}  {word} {path}"
