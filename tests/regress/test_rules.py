"""Rules: what their files may say, and what they do to transcripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nlsniff.decode.decoder import Decoder
from nlsniff.reader import IndexedCapture
from nlsniff.regress.model import Block, Dump, Item, Lane, Outcome, Placeholder, SaidMessage, SaidStep, Transcript
from nlsniff.regress.rules import Rule, RuleError, Rules, find, load, parse
from nlsniff.regress.ruling import MASKED, Ruling
from tests.conftest import ROOT
from tests.support import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVERY = """\
format = 1
answers = "full"
attribute-order = "strict"
extack-words = true
news = true

[[only]]
filter = 'process == "ip"'

[[ignore]]
filter = 'type == RTM_GETLINK and not flags.dump'
reason = "ip asks for the index before each command"

[[mask]]
field = "xfrm.sel.sport"
type = "XFRM_MSG_ACQUIRE"
reason = "ephemeral"

[[one-of]]
field = "route.gateway"
values = ["192.0.2.254", "198.51.100.254"]
reason = "multipath picks by a random hash"

[[unordered]]
filter = 'type == RTM_NEWROUTE'
reason = "Go map"

[[repeats]]
filter = 'type == RTM_GETADDR'
reason = "retry after NLM_F_DUMP_INTR"
"""


# -- the file --------------------------------------------------------------------------------------------------------


def test_a_file_says_everything_that_rules_can_say() -> None:
    rules = parse(EVERY, "nl.toml")
    assert (rules.answers, rules.strict_order, rules.extack_words, rules.news) == ("full", True, True, True)
    assert [rule.kind for rule in rules.rules] == ["only", "ignore", "mask", "one-of", "unordered", "repeats"]
    assert rules.of("mask") == [Rule("mask", field="xfrm.sel.sport", type="XFRM_MSG_ACQUIRE", reason="ephemeral")]
    assert rules.of("one-of")[0].values == ("192.0.2.254", "198.51.100.254")
    assert str(rules.of("ignore")[0]) == "nl.toml:11: [[ignore]] type == RTM_GETLINK and not flags.dump"
    Ruling(rules, REGISTRY)


def test_without_rules_nothing_is_left_out() -> None:
    assert parse("format = 1") == Rules()
    assert Rules().digest == ""


def test_the_digest_is_of_what_chooses_messages_alone() -> None:
    rules = parse(EVERY)
    assert len(rules.digest) == 8
    assert parse(EVERY.replace("Go map", "any order")).digest == rules.digest
    assert parse(EVERY.replace("xfrm.sel.sport", "xfrm.sel.dport")).digest == rules.digest
    assert parse(EVERY.replace("RTM_GETADDR", "RTM_GETLINK")).digest != rules.digest


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "nl.toml: says no format: begin with `format = 1`"),
        ("format = 2\nnew-thing = 1", "nl.toml:1: format 2 is newer than this nlsniff reads (1): update nlsniff"),
        ("format = true", "nl.toml:1: format is true: begin with `format = 1`"),
        ("format = 0", "nl.toml:1: format is 0: begin with `format = 1`"),
        ("format = 1\nanswer = 'full'", "nl.toml:2: no key 'answer': did you mean answers?"),
        ("format = 1\n\nanswers = 'all'", "nl.toml:3: answers is 'all': expected outcome, objects or full"),
        ("format = 1\nanswers = 3", "nl.toml:2: answers is 3: expected outcome, objects or full"),
        ("format = 1\nattribute-order = 'any'", "nl.toml:2: attribute-order is 'any': expected note or strict"),
        ("format = 1\nnews = 'yes'", "nl.toml:2: news is 'yes': expected true or false"),
        ("format = 1\n[[igore]]\nfilter = 'x'", "nl.toml:2: no key 'igore': did you mean ignore?"),
        (
            "format = 1\n\n[[ignore]]\nfilter = 'errno'",
            "nl.toml:3: [[ignore]] has no `reason`: say why this is no difference that matters",
        ),
        ("format = 1\n[[ignore]]\nreason = 'x'", "nl.toml:2: [[ignore]] has no `filter`"),
        ("format = 1\n[[ignore]]\nfilter = 'errno'\nreason = ' '", "nl.toml:4: reason is ' ': expected a text"),
        ("format = 1\n[[ignore]]\nfilter = 3\nreason = 'x'", "nl.toml:3: filter is 3: expected a text"),
        (
            "format = 1\n[[ignore]]\nfilter = 'errno'\nreason = 'x'\n[[ignore]]\nfilter = 'errno'\nreson = 'x'",
            "nl.toml:7: no key 'reson': did you mean reason?",
        ),
        ("format = 1\nignore = [{filter = 'errno'}]", "nl.toml: ignore 1: [[ignore]] has no `reason`"),
        ("format = 1\n[ignore]\nfilter = 'errno'", "nl.toml:2: ignore is a table: write each rule"),
        (
            "format = 1\n[[one-of]]\nfield = 'route.gateway'\nvalues = []\nreason = 'x'",
            "nl.toml:4: values is an empty list: expected texts in brackets",
        ),
        ("format = 1\n[[only]]\nfilter = 'errno'\nfield = 'x'", "nl.toml:4: no key 'field': expected filter, reason"),
        ("format = 1\nformat = 1\n", "nl.toml:2: column 11: cannot overwrite a value"),
        ("format =", "nl.toml: invalid value"),
        ("format = 1\nno-errors = yes", "nl.toml:2: column 13: invalid value: write true or false"),
        ("format = 1\nno-errors = True # so", "nl.toml:2: column 13: invalid value: write true or false"),
        ("a=" + "[" * 5000, "nl.toml: values are nested too deeply"),
    ],
)  # fmt: skip
def test_what_no_rule_can_say_is_refused_where_it_stands(text: str, said: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse(text, "nl.toml")
    assert str(caught.value).startswith(said)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[[ignore]]\nfilter = 'type == RTM_GETLINKS'\nreason = 'x'",
            'nl.toml:3: filter: column 9: type knows no "RTM_GETLINKS": did you mean RTM_GETLINK',
        ),
        (
            "[[ignore]]\nfilter = 'route.dts == 10.0.0.0/8'\nreason = 'x'",
            'nl.toml:3: filter: column 7: no field "route.dts": did you mean route.dst?',
        ),
        ("[[mask]]\nfield = 'route.dts'\nreason = 'x'", "nl.toml:3: no field 'route.dts': did you mean route.dst?"),
        ("[[mask]]\nfield = 'qwertz'\nreason = 'x'", "nl.toml:3: no field 'qwertz': `nlsniff fields` lists them"),
        (
            "[[mask]]\nfield = 'route.dst'\ntype = 'RTM_NEWROUT'\nreason = 'x'",
            "nl.toml:3: no message type 'RTM_NEWROUT' has route.dst: did you mean RTM_NEWROUTE or ",
        ),
        (
            "[[mask]]\nfield = 'route.dst'\ntype = 'RTM_NEWLINK'\nreason = 'x'",
            "nl.toml:3: no message type 'RTM_NEWLINK' has route.dst: did you mean ",
        ),
    ],
)  # fmt: skip
def test_what_names_nothing_is_refused_with_the_nearest_name(text: str, said: str) -> None:
    with pytest.raises(RuleError) as caught:
        Ruling(parse(f"format = 1\n{text}", "nl.toml"), REGISTRY)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize("field", ["errno", "extack", "extack.offset", "status", "flags", "type", "flags.ack"])
def test_what_the_kernel_decided_cannot_be_masked(field: str) -> None:
    rules = parse(f"format = 1\n[[mask]]\nfield = '{field}'\nreason = 'x'")
    with pytest.raises(RuleError, match="only fields of bodies can be masked, and no verdict of the kernel"):
        Ruling(rules, REGISTRY)


def test_a_file_of_rules_is_found_upwards(tmp_path: Path) -> None:
    deep = tmp_path / "a/b"
    deep.mkdir(parents=True)
    assert find(deep / "x.nlt") in {None, find(tmp_path / "x.nlt")}
    (tmp_path / ".nlsniff.toml").write_text("format = 1")
    assert find(deep / "x.nlt") == tmp_path / ".nlsniff.toml"
    (deep / ".nlsniff.toml").write_text("format = 1")
    assert find(deep / "x.nlt") == deep / ".nlsniff.toml"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "nl.toml"
    with pytest.raises(RuleError, match=r"nl\.toml: rules cannot be read: No such file"):
        load(path)
    path.write_bytes(b"format = 1\n# \xff")
    with pytest.raises(RuleError, match=r"nl\.toml:2: rules are TOML, which is UTF-8"):
        load(path)
    path.write_bytes(b"#" * (1 << 21))
    with pytest.raises(RuleError, match="at most 1048576 are read"):
        load(path)


# -- masks -----------------------------------------------------------------------------------------------------------


def _route(gateway: str, *more: Item, type_: str = "RTM_NEWROUTE") -> SaidMessage:
    return SaidMessage(type_, items=(Item("rtm-family", "inet"), Item("gateway", gateway), *more))


def _said(*messages: SaidMessage) -> Transcript:
    return Transcript(
        "objects", (Lane("ip", tuple(Block((SaidStep("request", item), Outcome())) for item in messages)),)
    )


def _rules(*rules: Rule) -> Ruling:
    return Ruling(Rules(rules=rules), REGISTRY)


def test_a_mask_makes_values_equal_and_nothing_else() -> None:
    ruling = _rules(Rule("mask", field="route.gateway", reason="x"))
    one, other = _said(_route("192.0.2.1")), _said(_route("192.0.2.2"))
    assert ruling.apply(one) == ruling.apply(other) == ruling.apply(ruling.apply(one)) == _said(_route(MASKED))
    assert ruling.apply(_said(SaidMessage("RTM_NEWROUTE"))) == _said(SaidMessage("RTM_NEWROUTE"))
    assert ruling.unused() == []
    wrong = Item("gateway", "192.0.2.1", marks=("nested",), problems=("3 bytes",))
    (lane,) = ruling.apply(_said(SaidMessage("RTM_NEWROUTE", items=(wrong,)))).lanes
    assert lane.blocks[0].parts[0] == SaidStep(
        "request",
        SaidMessage("RTM_NEWROUTE", items=(Item("gateway", MASKED, marks=("nested",), problems=("3 bytes",)),)),
    )


def test_a_mask_reaches_into_lists_and_one_line_paths() -> None:
    ruling = _rules(Rule("mask", field="route.multipath.gateway", reason="x"))
    hops = Item("multipath", parts=tuple(Item("-", parts=(Item("gateway", f"192.0.2.{at}"),)) for at in (1, 2)))
    flat = SaidMessage("RTM_NEWROUTE", identity=(Item("multipath.gateway", "192.0.2.1"),))
    masked = Item("multipath", parts=(Item("-", parts=(Item("gateway", MASKED),)),) * 2)
    own = Item("gateway", "192.0.2.9")
    assert ruling.apply(_said(SaidMessage("RTM_NEWROUTE", items=(own, hops)), flat)) == _said(
        SaidMessage("RTM_NEWROUTE", items=(own, masked)),
        SaidMessage("RTM_NEWROUTE", identity=(Item("multipath.gateway", MASKED),)),
    )


def test_a_mask_of_one_type_leaves_the_others() -> None:
    ruling = _rules(Rule("mask", field="route.gateway", type="RTM_DELROUTE", reason="x"))
    both = _said(_route("192.0.2.1"), _route("192.0.2.1", type_="RTM_DELROUTE"))
    assert ruling.apply(both) == _said(_route("192.0.2.1"), _route(MASKED, type_="RTM_DELROUTE"))
    other = _rules(Rule("mask", field="route.gateway", reason="x"))
    assert other.apply(_said(SaidMessage("RTM_NEWNEIGH", items=(Item("gateway", "192.0.2.1"),)))) == _said(
        SaidMessage("RTM_NEWNEIGH", items=(Item("gateway", "192.0.2.1"),))
    )
    assert [rule.field for rule in other.unused()] == ["route.gateway"]


def test_one_of_allows_some_values_and_shows_any_other() -> None:
    ruling = _rules(Rule("one-of", field="route.gateway", values=("192.0.2.1", "192.0.2.2"), reason="x"))
    one, other = ruling.apply(_said(_route("192.0.2.1"))), ruling.apply(_said(_route("192.0.2.2")))
    assert one == other == ruling.apply(one) == _said(_route("one of 192.0.2.1, 192.0.2.2"))
    assert ruling.apply(_said(_route("192.0.2.3"))) == _said(_route("192.0.2.3"))


def test_masks_are_applied_to_news_and_entries_too() -> None:
    ruling = _rules(Rule("mask", field="route.gateway", reason="x"))
    dump = Block((SaidStep("request", SaidMessage("RTM_GETROUTE")), Dump((_route("192.0.2.1"),)), Outcome()))
    found = ruling.apply(Transcript("objects", (Lane("", (dump,)),), news=(_route("192.0.2.1"),)))
    assert found.news == (_route(MASKED),)
    assert found.lanes[0].blocks[0].parts[1] == Dump((_route(MASKED),))


# -- filters ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def rejected() -> Iterator[IndexedCapture]:
    with IndexedCapture(str(ROOT / "captures/rejected.pcapng"), Decoder(REGISTRY)) as capture:
        yield capture.load()


def _heads(capture: IndexedCapture) -> Transcript:
    """A transcript of types alone: each conversation of a program in a lane of its own, other messages as news."""
    lanes: dict[tuple[str, int], list[Block]] = {}
    news = []
    for conversation in capture.follower.conversations:
        messages = [capture.message(number) for number in conversation.messages]
        said = [SaidMessage(message.type_name, number=message.number) for message in messages]
        if conversation.kind == "event":
            news += said
            continue
        entries = tuple(item for item in said[1:] if not item.type.startswith("NLMSG"))
        parts = (SaidStep("request", said[0]), Dump(entries), Outcome(errno=conversation.errno or ""))
        key = (conversation.process or "").split("[")[0], conversation.port
        lanes.setdefault(key, []).append(Block(parts, number=said[0].number))
    found = tuple(Lane(name, tuple(blocks)) for (name, _), blocks in lanes.items())
    return Transcript("objects", found, tuple(news))


def _types(transcript: Transcript) -> list[str]:
    steps = [part for lane in transcript.lanes for block in lane.blocks for part in block.parts]
    return [step.message.type for step in steps if isinstance(step, SaidStep)]


def test_only_keeps_what_its_requests_match(rejected: IndexedCapture) -> None:
    before = _heads(rejected)
    ruling = _rules(Rule("only", filter="type == RTM_NEWROUTE or errno == ENODEV"))
    after = ruling.apply(before, rejected)
    assert len(after.lanes) < len(before.lanes)
    assert set(_types(after)) == {"RTM_NEWROUTE", "RTM_NEWLINK"}
    assert len([name for name in _types(after) if name == "RTM_NEWLINK"]) == 1, "the one that failed with ENODEV"
    assert "RTM_GETROUTE" in _types(before)
    assert "RTM_GETROUTE" not in _types(after), "answers choose nothing"
    assert {item.type for item in after.news} <= {"RTM_NEWROUTE"}


def test_ignore_takes_out_requests_with_all_that_came_of_them_and_answers_alone(rejected: IndexedCapture) -> None:
    before = _heads(rejected)
    asking = _rules(Rule("ignore", filter="type == RTM_GETROUTE", reason="x"))
    after = asking.apply(before, rejected)
    assert [name for name in _types(before) if name != "RTM_GETROUTE"] == _types(after)
    answers = _rules(Rule("ignore", filter="type == RTM_NEWROUTE and direction == to-user", reason="x"))
    kept = answers.apply(before, rejected)
    assert _types(kept) == _types(before), "a request that is kept keeps its verdict"
    outcomes = [block.parts[-1] for lane in kept.lanes for block in lane.blocks]
    assert outcomes == [block.parts[-1] for lane in before.lanes for block in lane.blocks]
    entries = {
        entry.type for lane in kept.lanes for block in lane.blocks for part in block.parts
        if isinstance(part, Dump) for entry in part.entries
    }  # fmt: skip
    assert "RTM_NEWROUTE" not in entries
    assert "RTM_NEWROUTE" not in {message.type for message in kept.news}


def test_an_outcome_is_never_ignored_alone(rejected: IndexedCapture) -> None:
    before = _heads(rejected)
    ruling = _rules(Rule("ignore", filter="type == NLMSG_ERROR", reason="x"))
    assert ruling.apply(before, rejected) == before
    assert [str(rule) for rule in ruling.unused()] == ["[[ignore]] type == NLMSG_ERROR"]


def test_filters_are_not_applied_to_a_text(rejected: IndexedCapture) -> None:
    before = _heads(rejected)
    ruling = _rules(Rule("ignore", filter="type == RTM_GETROUTE", reason="x"))
    assert ruling.apply(before) == before


def _lane_of(capture: IndexedCapture, numbers: list[int]) -> Transcript:
    blocks = [
        Block(
            (SaidStep("request", SaidMessage(message.type_name, items=(Item("n", str(number % 2)),), number=number)),),
            number=number,
        )
        for number in numbers
        for message in (capture.message(number),)
    ]
    return Transcript("objects", (Lane("ip", tuple(blocks)),))


def test_unordered_sorts_what_it_means_and_moves_nothing_else(rejected: IndexedCapture) -> None:
    numbers = [block.number for lane in _heads(rejected).lanes for block in lane.blocks]
    ruling = _rules(Rule("unordered", filter="type in {RTM_NEWLINK, RTM_NEWROUTE}", reason="x"))
    one = ruling.apply(_lane_of(rejected, numbers), rejected)
    meant = [n for n in numbers if rejected.message(n).type_name in {"RTM_NEWLINK", "RTM_NEWROUTE"}]
    assert len(meant) > 3
    turned = iter(reversed(meant))
    other = [next(turned) if number in meant else number for number in numbers]
    assert ruling.apply(_lane_of(rejected, other), rejected) == one
    assert _lane_of(rejected, other) != _lane_of(rejected, numbers)
    moved = [*numbers[1:], numbers[0]]
    assert numbers[0] not in meant
    assert ruling.apply(_lane_of(rejected, moved), rejected) != one


def test_names_of_placeholders_decide_no_order(rejected: IndexedCapture) -> None:
    links = [item.number for item in rejected if item.type_name == "RTM_NEWLINK" and item.direction == "to-kernel"][:2]

    def said(*names: str, numbers: list[int]) -> Transcript:
        blocks = [
            Block(
                (SaidStep("request", SaidMessage(
                    "RTM_NEWLINK", items=(Item("a", Placeholder("spi", name)), Item("b", str(number))), number=number,
                )),),
                number=number,
            )
            for name, number in zip(names, numbers, strict=True)
        ]  # fmt: skip
        return Transcript("objects", (Lane("", tuple(blocks)),))

    ruling = _rules(Rule("unordered", filter="type == RTM_NEWLINK", reason="x"))
    for numbers in (links, links[::-1]):
        lane = ruling.apply(said("1", "2", numbers=numbers), rejected).lanes[0]
        assert [block.number for block in lane.blocks] == links


def test_repeats_folds_the_same_question_asked_again(rejected: IndexedCapture) -> None:
    asked = next(item.number for item in rejected if item.type_name == "RTM_GETROUTE")
    other = next(item.number for item in rejected if item.type_name == "RTM_NEWLINK")
    ruling = _rules(Rule("repeats", filter="type == RTM_GETROUTE", reason="x"))
    once = _lane_of(rejected, [asked, other, asked])
    assert ruling.apply(_lane_of(rejected, [asked, asked, asked, other, asked]), rejected) == once
    assert ruling.apply(_lane_of(rejected, [other, other]), rejected) == _lane_of(rejected, [other, other])
