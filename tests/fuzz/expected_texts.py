"""Files of rules that expect something: made of every key that there is, and damaged; and what is judged by them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from nlsniff.decode.decoder import Decoder
from nlsniff.errors import NlsniffError
from nlsniff.reader import IndexedCapture
from nlsniff.regress.expectations import judge
from nlsniff.regress.expected import EXPECTING, SWITCHES
from nlsniff.regress.rules import RuleError, parse
from nlsniff.regress.ruling import Ruling
from tests.fuzz import mutate, promises, seeds, texts
from tests.fuzz.promises import promise
from tests.fuzz.rule_texts import FILTERS, quoted

if TYPE_CHECKING:
    from random import Random

    from nlsniff.regress.expectations import Failure

_BOUNDS = (
    "at-least = 2",
    "at-least = 0",
    "at-most = 1",
    "at-most = 100",
    "within = '1ms'",
    "within = '1h'",
    "within = 1",
)


def expected_text(random: Random) -> bytes:
    """A file that expects something, perhaps a damaged one."""
    lines = ["format = 1", *(f"{switch} = true" for switch in random.sample(SWITCHES, random.randint(0, 5)))]
    for _ in range(random.randint(0, 4)):
        kind = random.choice((*EXPECTING, "must", "ignore", "only"))
        lines.append(f"[[{kind}]]")
        lines += [f"{key} = {_filter(random)}" for key in (("first", "then") if kind == "order" else ("filter",))]
        lines += random.sample(_BOUNDS, random.choice((0, 0, 1, 2))) if kind == "must" else []
        lines += ["reason = 'x'"] * (random.random() < 0.95)
    text = "\n".join(lines).encode("utf-8", "replace")
    return mutate.octets(random, text) if random.random() < 0.2 else text


def _filter(random: Random) -> str:
    if random.random() < 0.8:
        return quoted(random.choice(FILTERS))
    return quoted(texts.filter_text(random).decode(errors="replace"))


def expected_hold(data: bytes, random: Random) -> None:
    """They are refused where they go wrong, or each is met or not, in words that can be printed."""
    try:
        ruling = Ruling(parse(data.decode("utf-8", "replace"), "nl.toml"), seeds.REGISTRY)
    except RuleError as error:
        promises.printable(str(error), "an error of rules")
        promise(str(error).startswith("nl.toml"), "an error of rules without its place", str(error))
        return
    seed = seeds.recorded(random)
    with IndexedCapture(io.BytesIO(seed.data), Decoder(seeds.REGISTRY), seed.order) as capture:
        try:
            failures = judge(capture.load(), ruling)
        except NlsniffError as error:
            promises.printable(str(error), "an error of a capture")
            return
        _told(failures, ruling, len(capture))
        promise(failures == judge(capture, ruling), "judged twice, it is judged otherwise")
        _opposites(failures, ruling, capture)


def _told(failures: list[Failure], ruling: Ruling, messages: int) -> None:
    expected = [failure.expectation for failure in failures]
    promise(len(expected) <= len(ruling.rules.expected), "an expectation that fails more than once")
    promise([item for item in ruling.rules.expected if item in expected] == expected, "failures out of order")
    for failure in failures:
        for line in (str(failure), *failure.ladder):
            promises.printable(line, "a failure")
        promise(0 <= failure.message <= messages, "a failure at no message", str(failure.message))
        promise(bool(failure.ladder) == bool(failure.message), "an offender without a ladder", str(failure))


def _opposites(failures: list[Failure], ruling: Ruling, capture: IndexedCapture) -> None:
    """What must be and what must never be are never both met, nor both not."""
    kept = "".join(f"[[{rule.kind}]]\nfilter = {quoted(rule.filter)}\nreason = 'x'\n" for rule in ruling.rules.rules)
    for item in ruling.rules.expected:
        if item.kind == "never":
            text = f"format = 1\n[[must]]\nfilter = {quoted(item.filters[0])}\nreason = 'x'\n{kept}"
            other = judge(capture, Ruling(parse(text), ruling.registry))
            met = all(failure.expectation != item for failure in failures)
            promise(met == bool(other), "what must be and must never be is both met, or neither", item.filters[0])
