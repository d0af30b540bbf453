"""`nlsniff check`: compare captures with their goldens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from nlsniff.cli import commands
from nlsniff.cli.commands import argument, option
from nlsniff.cli.options import JOBS, LINKTYPE, decoding, jobs_for, registry_for
from nlsniff.cli.printing import printing
from nlsniff.cli.transcript import ANSWERS, RULES
from nlsniff.errors import EXIT_UNUSABLE, NlsniffError
from nlsniff.wire.cooked import bare_linktype
from nlsniff.wire.nlmsg import byte_order

if TYPE_CHECKING:
    from nlsniff.regress.checks import Result
    from nlsniff.regress.golden import Update
    from nlsniff.regress.model import Level
    from nlsniff.regress.rules import Rule

_USUAL = "new,changed,refresh"


@commands.command(
    "check",
    examples=(
        "nlsniff check new.pcapng --golden netlink/ --update  # once: write the golden",
        "nlsniff check new.pcapng --golden netlink/ --junit junit.xml  # in CI",
        "nlsniff check new.pcapng --expect rules.toml  # without a golden, by rules",
    ),
)
@argument("new", nargs="+", metavar="NEW")
@option("--golden", metavar="FILE", help="The golden (NAME.nlt), or a folder with one for each NEW.")
@option("--expect", metavar="FILE", help="Rules that say what must, and must not, be in each NEW.")
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
@option("--new", "found", metavar="DIR", help="Leave in DIR what goldens would be, for `nlsniff accept`, and a report.")
@option("--json", "as_json", action="store_true", help="Print one JSON object for each NEW.")
@option("--junit", metavar="FILE", help="Write what came of it into FILE, as JUnit XML.")
@option("--github", action="store_true", help="Annotate for GitHub Actions; by itself where GITHUB_ACTIONS is true.")
@decoding
@LINKTYPE
@JOBS
@printing
def command(
    new: tuple[str, ...],
    golden: str | None,
    expect: str | None,
    update: str | None,
    answers: Level | None,
    rules: str | None,
    found: str | None,
    junit: str | None,
    jobs: int | None,
    endian: str,
    linktype: str | None,
    specs: tuple[str, ...],
    *,
    strict_rules: bool,
    allow_drops: bool,
    force: bool,
    as_json: bool,
    github: bool,
    colour: bool,
) -> int:
    """Compare captures with goldens, or judge them by what is expected, and say what differs.

    A golden is a transcript that was reviewed, NAME.nlt, and beside it the capture that it was made of, NAME.pcapng,
    without its secrets. NEW is compared with that capture, both as nlsniff reads them today; without one the text alone
    is compared. With a folder, the golden of NEW has its name. NEW may be `-`.

    Nothing is written without --update, and no golden is made of a capture that lacks something, of an interrupted
    dump, or where it is a guess which answer belongs to which request.

    Rules say what is compared: --rules, or the nearest .nlsniff.toml in the folder of the golden or above it. They may
    also say what any capture must hold (no-errors, [[must]], [[never]], [[order]], ...); so does --expect, for which no
    golden is needed. docs/regression.md explains it all.

    Exit status: 0 as expected, 1 when something differs or is not met, 2 when something cannot be judged (no golden,
    drops, damage, wrong rules, nothing left to judge), also where something else differs.
    """
    from nlsniff.cli.check_reports import Reports, complain, say_what_takes_it
    from nlsniff.cli.jobs import Workers
    from nlsniff.regress.checks import Checks, status
    from nlsniff.regress.golden import Wishes
    from nlsniff.regress.stored import Reading

    _refuse_update_words(new, update)
    kept = Path(junit) if junit else None, Path(found) if found else None
    reports = Reports(*kept, github=github, as_json=as_json, colour=colour)
    reading = Reading(registry_for(specs), byte_order(endian), bare_linktype(linktype))
    wishes = Wishes(_updates(update), answers, allow_drops, force, Path(found) if found else None)
    goldens, rule_file, expected = (Path(name) if name else None for name in (golden, rules, expect))
    with reports, Workers(min(jobs_for(jobs), len(new))) as workers:
        checks = Checks(new, goldens, reading, wishes, rule_file, expected)
        checks.refuse_unreadable()

        def judged(source: str) -> tuple[Result, list[frozenset[Rule]]]:
            return checks.result(source), checks.used

        for result, used in workers.results(new, judged):
            checks.use(used)
            reports.add(result)
    unused = checks.unused()
    for rule in unused:
        complain(f"{rule}: matched nothing")
    if "trim" in wishes.update:
        for path in checks.trim(reports.results):
            commands.put(f"{path}: removed")
    if not as_json:
        say_what_takes_it(reports.results, found)
    return max(status(reports.results), EXIT_UNUSABLE if unused and strict_rules else 0)


def _refuse_update_words(new: tuple[str, ...], update: str | None) -> None:
    """Refuse a NEW that was meant for `--update`, which takes its words behind an equals sign alone.

    Raises:
        NlsniffError: there is such a one, and no file has its name; nor a folder, where nothing shall be updated.
    """
    from nlsniff.regress.golden import Update

    there = Path.exists if update is None else Path.is_file
    for name in new:
        if {word.strip() for word in name.split(",")} <= set(get_args(Update)) and not there(Path(name)):
            raise NlsniffError(f"{name}: is no capture; did you mean --update={name}?")


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
