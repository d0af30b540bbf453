"""`nlsniff check`: compare captures with their goldens."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from nlsniff.cli import commands, complain
from nlsniff.cli.commands import argument, option
from nlsniff.cli.options import decoding, registry_for
from nlsniff.cli.transcript import ANSWERS, RULES
from nlsniff.errors import EXIT_UNUSABLE, NlsniffError
from nlsniff.terminal import one_line
from nlsniff.wire.nlmsg import byte_order

if TYPE_CHECKING:
    from nlsniff.regress.checks import Result
    from nlsniff.regress.golden import Update
    from nlsniff.regress.model import Level

_USUAL = "new,changed,refresh"


@commands.command("check", epilog="Example: nlsniff record -w - -- ip link | nlsniff check - --golden link.nlt")
@argument("new", nargs="+", metavar="NEW")
@option("--golden", metavar="FILE", required=True, help="The golden (NAME.nlt), or a folder with one for each NEW.")
@option(
    "--update", bare=_USUAL, metavar="WHAT,...",
    help=f"Write goldens that are missing (new), differ (changed), or are written otherwise (refresh), or remove those "
    f"that no NEW is for (trim). `--update` alone means {_USUAL}; else an equals sign stands before WHAT.",
)  # fmt: skip
@ANSWERS
@RULES
@option("--strict-rules", action="store_true", help="A rule that matches nothing is an error.")
@option("--allow-drops", action="store_true", help="Judge captures that lack frames, or bytes of them, too.")
@option("--force", action="store_true", help="Make goldens of captures that are no good for it.")
@option("--new", "found", metavar="DIR", help="Leave in DIR what goldens would be, for `nlsniff accept`.")
@option("--json", "as_json", action="store_true", help="Print one JSON object for each NEW.")
@decoding
def command(
    new: tuple[str, ...],
    golden: str,
    update: str | None,
    answers: Level | None,
    rules: str | None,
    found: str | None,
    endian: str,
    specs: tuple[str, ...],
    *,
    strict_rules: bool,
    allow_drops: bool,
    force: bool,
    as_json: bool,
) -> int:
    """Compare captures with goldens, and say what differs.

    A golden is a transcript that was reviewed, NAME.nlt, and beside it the capture that it was made of, NAME.pcapng,
    without its secrets. NEW is compared with that capture, both as nlsniff reads them today; without one the text alone
    is compared. With a folder, the golden of NEW has its name. NEW may be `-`.

    Nothing is written without --update, and no golden is made of a capture that lacks something, of an interrupted
    dump, or where it is a guess which answer belongs to which request.

    Rules say what is compared: --rules, or the nearest .nlsniff.toml in the folder of the golden or above it.
    docs/regression.md explains it all.

    Exit status: 0 as expected, 1 when something differs, 2 when something cannot be judged (no golden, drops, damage,
    wrong rules, nothing left to compare), also where something else differs.
    """
    from nlsniff.regress.checks import Checks, status
    from nlsniff.regress.golden import Wishes
    from nlsniff.regress.stored import Reading

    reading = Reading(registry_for(specs), byte_order(endian))
    wishes = Wishes(_updates(update), answers, allow_drops, force, Path(found) if found else None)
    checks = Checks(new, Path(golden), reading, wishes, Path(rules) if rules else None)
    results = []
    for result in checks.results():
        results.append(result)
        if as_json:
            _print_json(result)
        else:
            _print(result)
    unused = checks.unused()
    for rule in unused:
        complain(f"{rule}: matched nothing")
    if "trim" in wishes.update:
        for path in checks.trim(results):
            commands.put(f"{path}: removed")
    return max(status(results), EXIT_UNUSABLE if unused and strict_rules else 0)


def _updates(text: str | None) -> frozenset[Update]:
    """What may be written.

    Raises:
        NlsniffError: a word means nothing.
    """
    from nlsniff.regress.golden import Update

    words = [word.strip() for word in text.split(",")] if text else []
    for word in words:
        if word not in get_args(Update):
            known = get_args(Update)
            raise NlsniffError(f"--update={text}: no {word!r}: give {', '.join(known[:-1])} or {known[-1]}")
    return frozenset(cast("list[Update]", words))


def _print(result: Result) -> None:
    """What came of one capture: differences and notes, a diff, the verdict."""
    checked, golden = result.checked, str(result.pair.text)
    if checked is None:
        complain(str(result.error))
        return
    differs = checked.comparison if checked.comparison and not checked.accepted else None
    text = differs.words(golden) if differs else ""
    text += "".join(f"note: {one_line(note)}\n" for note in checked.notes)
    text += f"\n{differs.unified(golden, result.source)}\n" if differs else ""
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
    for path in checked.written:
        commands.put(f"{path}: written")
    counted = f"{checked.conversations} conversation{'s' * (checked.conversations != 1)}"
    commands.put(f"{golden}: {checked.verdict}, {counted}")


def _print_json(result: Result) -> None:
    from nlsniff.output.json import json_line

    checked = result.checked
    told: dict[str, Any] = {
        "new": result.source,
        "golden": str(result.pair.text),
        "verdict": checked.verdict if checked is not None else "not judged",
        "exit": result.exit_code,
        "error": str(result.error) if result.error is not None else None,
        "conversations": checked.conversations if checked is not None else None,
        "differences": [],
        "notes": checked.notes if checked is not None else [],
        "written": [str(path) for path in checked.written] if checked is not None else [],
    }
    if checked is not None and checked.comparison:
        told["differences"] = [item.to_json() for item in checked.comparison.differences]
    sys.stdout.buffer.write(json_line(told))
    sys.stdout.flush()
