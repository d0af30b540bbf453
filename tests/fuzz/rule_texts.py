"""Files of rules that are tried: made of every key that there is, and damaged."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from nlsniff.decode.decoder import Decoder
from nlsniff.errors import NlsniffError
from nlsniff.reader import IndexedCapture
from nlsniff.regress.build import Builder
from nlsniff.regress.model import Outcome, SaidStep
from nlsniff.regress.rules import RuleError, parse
from nlsniff.regress.ruling import Ruling
from tests.fuzz import mutate, promises, seeds, texts
from tests.fuzz.promises import promise

if TYPE_CHECKING:
    from random import Random

    from nlsniff.regress.model import Transcript

_HEADS = (
    "answers = 'full'", "answers = 'outcome'", "attribute-order = 'strict'", "extack-words = true", "news = true",
    "format = 2", "other = 1", "news = 'x'",
)  # fmt: skip
FILTERS = (
    "type == RTM_NEWROUTE", "errno", "not flags.dump", "protocol == route", "message > 4", "process == 'ip'",
    "direction == to-user", "type in {RTM_NEWLINK, RTM_GETLINK}", "status == ok", "unknown", "summary contains 'a'",
)  # fmt: skip
_FIELDS = ("route.dst", "link.ifname", "route.multipath", "xfrm.sel", "addr.local", "route.metrics.mtu", "errno", "x.y")
_KINDS = ("only", "ignore", "unordered", "repeats", "mask", "one-of", "masks")


def rules_text(random: Random) -> bytes:
    """A file of rules, perhaps a damaged one."""
    lines = ["format = 1", *random.sample(_HEADS, random.choice((0, 0, 1, 2)))]
    for _ in range(random.randint(0, 4)):
        kind = random.choice(_KINDS)
        lines.append(f"[[{kind}]]")
        if kind in {"mask", "one-of"}:
            lines.append(f"field = '{random.choice(_FIELDS)}'")
            lines += ["type = 'RTM_NEWROUTE'"] * (random.random() < 0.2)
        else:
            told = (
                random.choice(FILTERS) if random.random() < 0.8 else texts.filter_text(random).decode(errors="replace")
            )
            lines.append(f"filter = {quoted(told)}")
        lines += ["values = ['192.0.2.1', 'veth0', '24']"] * (kind == "one-of")
        lines += ["reason = 'x'"] * (random.random() < 0.95)
    text = "\n".join(lines).encode("utf-8", "replace")
    return mutate.octets(random, text) if random.random() < 0.3 else text


def quoted(text: str) -> str:
    escaped = "".join(char if char.isprintable() and char not in '"\\' else f"\\U{ord(char):08x}" for char in text)
    return f'"{escaped}"'


def rules_hold(data: bytes, random: Random) -> None:
    """They are refused where they go wrong, or applied: the same again changes nothing, and no verdict changes."""
    try:
        rules = parse(data.decode("utf-8", "replace"), "nl.toml")
        ruling = Ruling(rules, seeds.REGISTRY)
    except RuleError as error:
        promises.printable(str(error), "an error of rules")
        promise(str(error).startswith("nl.toml"), "an error of rules without its place", str(error))
        return
    seed = seeds.recorded(random)
    with IndexedCapture(io.BytesIO(seed.data), Decoder(seeds.REGISTRY), seed.order) as capture:
        try:
            capture.load()
        except NlsniffError:
            return
        before = Builder(capture, rules.answers or "objects", news=rules.news).build()
        after = ruling.apply(before, capture)
        promise(ruling.apply(after, capture) == after, "rules that change more when they are applied again")
    verdicts = _verdicts(before)
    for number, outcomes in _verdicts(after).items():
        promise(verdicts[number] == outcomes, "a verdict that rules changed", str(number))


def _verdicts(transcript: Transcript) -> dict[int, list[Outcome]]:
    """How each request ended that is still there, by its number."""
    return {
        part.message.number: [end for end in block.parts if isinstance(end, Outcome)]
        for lane in transcript.lanes
        for block in lane.blocks
        for part in block.parts
        if isinstance(part, SaidStep) and part.role == "request"
    }
