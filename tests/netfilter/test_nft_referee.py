"""`nft -j list ruleset` as referee: every object, element and statement against the messages that nft was told."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import ROOT
from tests.iproute2.compare import Comparison
from tests.netfilter import map_nft
from tests.netfilter.nft_members import as_printed, comparable
from tests.netfilter.nft_rules import DifferentError
from tests.netfilter.nft_said import Ruleset, read_ruleset
from tests.netfilter.nft_statements import compare_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.iproute2.compare import Map
    from tests.netfilter.nft_said import Key

# How many values of objects, elements, and statements with their values must be equal.
LEAST = {"nft-firewall": (720, 101, 2000), "nft-firewall-61": (550, 90, 1700)}
OF_KIND = {
    "table": map_nft.TABLE,
    "chain": map_nft.CHAIN,
    "set": map_nft.SET,
    "flowtable": map_nft.FLOWTABLE,
}
DYNAMIC = "older nft does not say that rules may change a set"
NUMBERS = "how long each number of a concatenation of numbers is, user data alone tell, and nlsniff shows all as hex"
# Objects of which nft says something else than what it was told, and why.
EXPLAINED: dict[str, dict[str, str]] = {
    "nft-firewall": {
        "rule inet filter input 115": "nft takes `ip ttl < 5 ip length > 1400` for the two ends of one range",
        "set inet filter zones": NUMBERS,
        "set inet filter hops": NUMBERS,
        "set inet filter heads": NUMBERS,
    },
    "nft-firewall-61": {
        "rule inet filter input 115": "nft takes `ip ttl < 5 ip length > 1400` for the two ends of one range",
        "rule inet filter foreigners 81": "older nft has no JSON for a map that rules fill",
        "table ip6 guard": "older nft writes the name of the table in the place of its flags",
        "set inet filter seen": DYNAMIC,
        "set inet filter learned": DYNAMIC,
        "set netdev edge attackers": DYNAMIC,
        "set inet filter both": "older nft says the first of two statements of an element alone",
        "set inet filter zones": NUMBERS,
        "set inet filter hops": NUMBERS,
        "set inet filter heads": NUMBERS,
    },
}


@pytest.fixture(scope="module", params=LEAST)
def said(request: pytest.FixtureRequest) -> tuple[str, Ruleset]:
    return request.param, read_ruleset(ROOT / "captures" / f"{request.param}.pcapng.zst")


def test_nft_lists_what_it_was_told(said: tuple[str, Ruleset]) -> None:
    _, ruleset = said
    named = {key for key in ruleset.told if not key[-1].startswith("__")}
    assert named == set(ruleset.printed)


def test_objects_are_what_nft_says(said: tuple[str, Ruleset]) -> None:
    name, ruleset = said
    comparison = Comparison()
    for key, kind, printed in _objects(ruleset):
        rules: Map = OF_KIND.get(key[0]) or {**map_nft.OBJECT, **map_nft.OF_OBJECT[kind]}
        comparison.compare(" ".join(key), printed, ruleset.told[key], rules)
    assert [text for text in comparison.differences if text.partition(":")[0] not in EXPLAINED[name]] == []
    assert comparison.equal >= LEAST[name][0]


def test_elements_are_what_nft_says(said: tuple[str, Ruleset]) -> None:
    name, ruleset = said
    equal, different = 0, []
    for key, item in ruleset.printed.items():
        if key[0] == "set":
            printed = sorted(map(comparable, next(iter(item.values())).get("elem", [])))
            told = sorted(map(comparable, as_printed(ruleset.told[key], ruleset.elements.get(key, []))))
            if printed == told:
                equal += len(told)
            elif " ".join(key) not in EXPLAINED[name]:
                different.append((key, printed, told))
    assert different == []
    assert equal >= LEAST[name][1]


def test_rules_are_what_nft_says(said: tuple[str, Ruleset]) -> None:
    name, ruleset = said
    equal, different = 0, []
    shown: list[tuple[Any, Any]] = []
    for key, item in ruleset.printed.items():
        if key[0] != "rule" or " ".join(key) in EXPLAINED[name]:
            continue
        try:
            rule = compare_rule(ruleset.told[key], item["rule"]["expr"])
        except DifferentError as error:
            different.append((key, str(error)))
            continue
        equal += rule.equal
        shown += rule.shown
        if item["rule"].get("comment") != ruleset.told[key].get("userdata", {}).get("comment"):
            different.append((key, "comment"))
    assert different == []
    assert equal >= LEAST[name][2]
    words = [(right, text) for right, text in shown if isinstance(right, str) and _is_text(text)]
    assert [pair for pair in words if pair[0] != pair[1]] == []
    assert len(words) > 20
    numbers = [(right, number) for right, number in shown if type(right) is type(number) is int]
    assert [pair for pair in numbers if pair[1] not in {pair[0], pair[0] * 1000}] == []
    assert len(numbers) > 30


def _is_text(shown: Any) -> bool:
    """Not the digits of bytes whose meaning nothing tells."""
    return isinstance(shown, str) and not re.fullmatch("([0-9a-f]{2})+", shown)


def test_every_explanation_is_needed() -> None:
    for name, reasons in EXPLAINED.items():
        ruleset = read_ruleset(ROOT / "captures" / f"{name}.pcapng.zst")
        assert {" ".join(key) for key in ruleset.printed} >= set(reasons)
        assert all(_is_different(ruleset, tuple(what.split())) for what in reasons)


def test_a_value_that_is_changed_is_seen() -> None:
    """Numbers and words of rules that are changed are differences, but for registers and what nft leaves out."""
    ruleset = read_ruleset(ROOT / "captures" / "nft-firewall.pcapng.zst")
    seen, unseen = 0, []
    for key, item in ruleset.printed.items():
        if key[0] != "rule" or " ".join(key) in EXPLAINED["nft-firewall"]:
            continue
        for changed in _changed(ruleset.told[key]):
            try:
                compare_rule(changed, item["rule"]["expr"])
            except (DifferentError, KeyError, OverflowError):
                seen += 1
            else:
                unseen.append((key, changed))
    assert unseen == []
    assert seen > 1200


# What the kernel works with, and no program's list says.
INTERNAL = {"csum-type", "csum-offset", "csum-flags", "xor", "size", "len", "hdrsize", "num", "name", "type", "flags"}
INTERNAL |= {"family", "mode", "set-sreg"}


def _changed(whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The rule, with each of its values another one; `values` are those of constants, which lie one level deeper."""
    for place, item in enumerate(whole.get("expressions", {}).get("elem", [])):
        for field, value in (item.get("data") or {}).items():
            if field in INTERNAL or field.startswith(("reg-", "sreg", "dreg")) or item["name"] in {"inner", "dynset"}:
                continue
            other = copy.deepcopy(whole)
            data = other["expressions"]["elem"][place]["data"]
            data[field] = (
                {"value": "00ff00"} if isinstance(value, dict) else value + 1 if isinstance(value, int) else "other"
            )
            yield other


def _objects(ruleset: Ruleset) -> Iterator[tuple[Key, str, Any]]:
    for key, item in ruleset.printed.items():
        kind, printed = next(iter(item.items()))
        if key[0] != "rule":
            shown = map_nft.without_typeof(printed) if key[0] == "set" else printed
            yield key, kind, {name: value for name, value in shown.items() if name not in {"elem", "stmt"}}


def _is_different(ruleset: Ruleset, key: Key) -> bool:
    item = next(iter(ruleset.printed[key].values()))
    if key[0] == "rule":
        try:
            compare_rule(ruleset.told[key], item["expr"])
        except (DifferentError, AttributeError):
            return True
        return False
    comparison = Comparison()
    ((_, kind, printed),) = (found for found in _objects(ruleset) if found[0] == key)
    comparison.compare(kind, printed, ruleset.told[key], OF_KIND[key[0]])
    if comparison.differences or key[0] != "set":
        return bool(comparison.differences)
    told = as_printed(ruleset.told[key], ruleset.elements.get(key, []))
    return sorted(map(comparable, item.get("elem", []))) != sorted(map(comparable, told))
