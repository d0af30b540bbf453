"""`nlsniff doctor`: what works here."""

from __future__ import annotations

from nlsniff.cli import commands
from nlsniff.cli.commands import option
from nlsniff.cli.options import DUMB
from nlsniff.cli.printing import printing
from nlsniff.errors import EXIT_DIFFERS
from nlsniff.terminal import coloured, plain


@commands.command(
    "doctor",
    examples=(
        "nlsniff doctor  # what works here",
        "nlsniff doctor --json > doctor.json  # for a bug report",
        'nlsniff doctor > /dev/null || echo "not all works here"  # in a script',
    ),
)
@option("--json", "as_json", action="store_true", help="Print one JSON object.")
@printing
def command(*, as_json: bool, colour: bool) -> int:
    """Say what works here and what does not, why, and what mends it.

    Recording is tried in a network namespace that ends with the trial; nothing is installed or changed.

    Exit status: 0 all works, 1 something does not.
    """
    from nlsniff.doctor import examine

    report = examine(DUMB)
    if as_json:
        import orjson

        checks = [check._asdict() for check in report.checks]
        commands.put(orjson.dumps({"found": report.found, "checks": checks}).decode())
    else:
        paint = coloured if colour else plain
        width = max(map(len, (*report.found, *(check.name for check in report.checks))))
        for name, words in report.found.items():
            commands.put(f"  {name:{width}}  {words}")
        for check in report.checks:
            sign, meaning = ("✓", "value") if check.works else ("✗", "error")
            commands.put(f"{sign} {check.name:{width}}  {check.words}", meaning, paint)
            if check.mend:
                commands.put(f"  {'':{width}}  → {check.mend}")
    return 0 if all(check.works for check in report.checks) else EXIT_DIFFERS
