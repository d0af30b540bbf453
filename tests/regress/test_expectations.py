"""Expectations: what a file may say of them, and how captures are judged by them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from nlsniff.decode.decoder import Decoder
from nlsniff.errors import NlsniffError
from nlsniff.reader import IndexedCapture
from nlsniff.regress.expectations import judge
from nlsniff.regress.expected import SWITCHES
from nlsniff.regress.rules import RuleError, parse
from nlsniff.regress.ruling import Ruling
from tests.conftest import ROOT
from tests.support import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.follow.conversation import ConversationView
    from nlsniff.regress.expectations import Failure

EVERY = """\
format = 1
no-errors = true
no-uncertain = false

[[must]]
filter = 'type == RTM_NEWROUTE and flags.request'
at-least = 2
at-most = 3
within = "50ms"
reason = "two routes, and one more after a restart"

[[never]]
filter = 'type == RTM_DELADDR'
reason = "addresses stay"

[[order]]
first = 'type == RTM_NEWADDR'
then = 'type == RTM_NEWROUTE'
reason = "a route needs its address"
"""


ODD = "message 32, RTM_NEWROUTE 10.8.0.0/24 via 192.0.2.254 metric 7"
ADDED = "message 22, RTM_NEWADDR 198.51.100.1/24 dev veth0"


def failures(name: str, text: str) -> list[Failure]:
    with IndexedCapture(str(ROOT / "captures" / name), Decoder(REGISTRY)) as capture:
        return judge(capture.load(), Ruling(parse(f"format = 1\n{text}", "nl.toml"), REGISTRY))


def must(filter_: str, *more: str) -> str:
    return "\n".join(["[[must]]", f"filter = '{filter_}'", *more, "reason = 'why'", ""])


# -- the file --------------------------------------------------------------------------------------------------------


def test_a_file_says_everything_that_can_be_expected() -> None:
    rules = parse(EVERY, "nl.toml")
    assert [(str(item), item.line) for item in rules.expected] == [
        ("no-errors", 2), ("[[must]] type == RTM_NEWROUTE and flags.request", 6), ("[[never]] type == RTM_DELADDR", 13),
        ("[[order]] type == RTM_NEWADDR, then type == RTM_NEWROUTE", 17),
    ]  # fmt: skip
    _, asked, _, order = rules.expected
    assert (asked.least, asked.most, asked.within_ns) == (2, 3, 50_000_000)
    assert (order.place, order.places) == ("nl.toml:17", ("nl.toml:17", "nl.toml:18"))
    assert rules.rules == ()
    assert rules.digest == "", "a golden does not depend on what is expected"


def test_every_key_is_one_of_a_file() -> None:
    rules = parse("\n".join(["format = 1", *(f"{switch} = true" for switch in SWITCHES)]))
    assert [item.kind for item in rules.expected] == list(SWITCHES)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no-error = true", "nl.toml:2: no key 'no-error': did you mean no-errors?"),
        ("no-errors = 1", "nl.toml:2: no-errors is 1: expected true or false"),
        ("[[must]]\nfilter = 'errno'", "nl.toml:2: [[must]] has no `reason`: say why this is expected"),
        ("[[order]]\nfirst = 'errno'\nreason = 'x'", "nl.toml:2: [[order]] has no `then`"),
        ("[[musst]]\nfilter = 'errno'", "nl.toml:2: no key 'musst': did you mean must?"),
        (must("errno", "at-lest = 1"), "nl.toml:4: no key 'at-lest': did you mean at-least?"),
        (must("errno", "at-least = 1.5"), "nl.toml:4: at-least is 1.5: expected a whole number"),
        (must("errno", "at-most = -1"), "nl.toml:4: at-most is -1: expected a whole number"),
        (must("errno", "at-most = true"), "nl.toml:4: at-most is true: expected a whole number"),
        (must("errno", "at-most = 0"), "nl.toml:4: at-most is 0: write [[never]] for what must not be"),
        (must("errno", "at-least = 3", "at-most = 2"), "nl.toml:5: at-most is 2 and at-least is 3, so that no number"),
        (must("errno", "at-least = 0"), "nl.toml:4: at-least is 0: then anything will do"),
        (must("errno", "within = '50'"), "nl.toml:4: within is '50': expected a time with its unit, such as \"50ms\""),
        (must("errno", "within = '-1s'"), "nl.toml:4: within is '-1s': expected a time with its unit"),
        (must("errno", "within = 50"), "nl.toml:4: within is 50: expected a time with its unit"),
        ("[[never]]\nfilter = 'errno'\nat-most = 2\nreason = 'x'", "nl.toml:4: no key 'at-most': expected filter"),
    ],
)  # fmt: skip
def test_what_cannot_be_expected_is_refused_where_it_stands(text: str, said: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse(f"format = 1\n{text}", "nl.toml")
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (must("type == RTM_NEWLINKS"), 'nl.toml:3: filter: column 9: type knows no "RTM_NEWLINKS": did you mean RTM_N'),
        (
            "[[order]]\nfirst = 'errno'\nreason = 'x'\nthen = 'route.dts'",
            'nl.toml:5: filter: column 7: no field "route.dts": did you mean route.dst?',
        ),
    ],
)
def test_a_filter_that_names_nothing_is_refused_where_it_stands(text: str, said: str) -> None:
    with pytest.raises(RuleError) as caught:
        Ruling(parse(f"format = 1\n{text}", "nl.toml"), REGISTRY)
    assert str(caught.value).startswith(said)


# -- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "key", "words", "number"),
    [
        (
            "rejected.pcapng", "no-errors",
            "no-errors: 5 requests were refused; the first is message 28, RTM_NEWLINK, with ENODEV", 28,
        ),
        (
            "rejected.pcapng", "no-problems",
            f"no-problems: 4 messages are damaged; the first is {ODD}: priority has 2 bytes, a u32 has 4", 32,
        ),
        ("basics.pcapng", "no-errors", "", 0),
        ("basics.pcapng", "no-problems", "", 0),
        ("basics.pcapng", "no-interrupted", "", 0),
        ("rejected.pcapng", "no-uncertain", "", 0),
    ],
)  # fmt: skip
def test_a_key_is_judged(name: str, key: str, words: str, number: int) -> None:
    found = failures(name, f"{key} = true")
    assert [(item.words, item.message) for item in found] == ([(words, number)] if words else [])
    for item in found:
        assert str(item) == f"nl.toml:2: {words}"
        assert item.ladder[0].startswith("conversation ")


def _interrupted(view: ConversationView) -> bool:
    return view.interrupted


def _unanswered(view: ConversationView) -> bool:
    return view.status in {"unanswered", "partial"} and view.request is not None


def _uncertain(view: ConversationView) -> bool:
    return not view.certain and view.kind in {"request", "dump", "batch"}


@pytest.mark.parametrize("key", ["no-interrupted", "no-unanswered", "no-uncertain"])
def test_a_key_finds_what_the_follower_found(key: str) -> None:
    """Over all captures: a key fails where a conversation of a program is of that kind, with the first of them."""
    seen = 0
    for name in ("conversations.pcapng", "route-more.pcapng", "events.pcapng", "at-once-smp.pcapng"):
        (path,) = (ROOT / "captures").glob(f"{name}*")
        with IndexedCapture(str(path), Decoder(REGISTRY)) as capture:
            capture.load()
            wrong: Callable[[ConversationView], bool] = {
                "no-interrupted": _interrupted,
                "no-unanswered": _unanswered,
                "no-uncertain": _uncertain,
            }[key]
            numbers = [view.first_message for view in capture.follower.conversations if wrong(view)]
            found = judge(capture, Ruling(parse(f"format = 1\n{key} = true"), REGISTRY))
        assert [item.message for item in found] == numbers[:1], name
        seen += len(numbers)
    assert seen


# -- tables ----------------------------------------------------------------------------------------------------------

ROUTES = "type == RTM_NEWROUTE and direction == to-kernel"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (must(ROUTES), ""),
        (must(ROUTES, "at-least = 3"), ""),
        (
            must(ROUTES, "at-least = 4"),
            f"3 messages (3 requests) match `{ROUTES}`, and at least 4 must: why",
        ),
        (must(ROUTES, "at-most = 3"), ""),
        (must(ROUTES, "at-most = 2"), f"3 messages (3 requests) match `{ROUTES}`, and at most 2 may: why"),
        (must("type == RTM_DELROUTE"), "no message matches `type == RTM_DELROUTE`: why"),
        (must("type == RTM_DELROUTE", "at-least = 0", "at-most = 1"), ""),
        (must("type == RTM_NEWROUTE", "at-most = 1"), (
            "6 messages (3 requests, 3 answers) match `type == RTM_NEWROUTE`, and at most 1 may: why"
        )),
        (must(ROUTES, "within = '1s'"), ""),
        (
            must(ROUTES, "within = '30us'"),
            f"{ODD} took 0.031 ms, and 0.030 ms are allowed: why",
        ),
        (must("type == NLMSG_ERROR", "within = '1h'"), (
            "8 messages (8 answers) match `type == NLMSG_ERROR`, of which none is a request with an answer, so that "
            "none has a time: why"
        )),
        ("[[never]]\nfilter = 'type == RTM_DELROUTE'\nreason = 'why'", ""),
        (
            "[[never]]\nfilter = 'errno == ENODEV'\nreason = 'why'",
            "2 messages (1 request, 1 answer) match `errno == ENODEV`, and none may: why",
        ),
        ("[[order]]\nfirst = 'type == RTM_NEWADDR'\nthen = 'type == RTM_NEWROUTE'\nreason = 'why'", ""),
        (
            "[[order]]\nfirst = 'type == RTM_NEWROUTE'\nthen = 'type == RTM_NEWADDR'\nreason = 'why'",
            f"{ADDED} comes before all that matches `type == RTM_NEWROUTE`, at first message 26: why",
        ),
        (
            "[[order]]\nfirst = 'type == RTM_NEWROUTE'\nthen = 'type == RTM_DELROUTE'\nreason = 'why'",
            "no message matches `type == RTM_DELROUTE`: why",
        ),
    ],
)  # fmt: skip
def test_a_table_is_judged(text: str, words: str) -> None:
    found = failures("rejected.pcapng", text)
    assert [item.words for item in found] == ([words] if words else [])
    assert all(bool(item.ladder) == bool(item.message) for item in found)


def test_a_message_that_was_heard_by_several_counts_once() -> None:
    heard = "type == XFRM_MSG_NEWSA and direction == to-user"
    (found,) = failures("basics.pcapng", f"[[never]]\nfilter = '{heard}'\nreason = 'x'")
    with IndexedCapture(str(ROOT / "captures/basics.pcapng"), Decoder(REGISTRY)) as capture:
        events = [view for view in capture.load().follower.conversations if view.kind == "event"]
        told = [view for view in events if capture.message(view.first_message).type_name == "XFRM_MSG_NEWSA"]
    assert max(view.copies for view in told) > 1
    assert f"({len(told)} event" in found.words
    assert found.ladder[0].startswith("conversation ")


# -- what does not count ---------------------------------------------------------------------------------------------


def test_what_is_the_recorders_own_does_not_count() -> None:
    text = "[[never]]\nfilter = 'type == CTRL_CMD_GETFAMILY'\nreason = 'x'\n"
    assert failures("rejected.pcapng", text) == []
    with IndexedCapture(str(ROOT / "captures/rejected.pcapng"), Decoder(REGISTRY)) as capture:
        assert any(message.type_name == "CTRL_CMD_GETFAMILY" for message in capture.load())


def test_the_page_has_a_rule_for_the_question_of_ip_link_set() -> None:
    """iproute2 finds out by an RTM_NEWLINK without anything in it what the kernel can do."""
    page = (ROOT / "docs" / "regression.md").read_text()
    rule = page.partition("```toml probe\nformat = 1\n")[2].partition("```")[0]
    assert rule.startswith("no-errors = true\n")
    (before,) = failures("events.pcapng", "no-errors = true")
    assert "3 requests were refused" in before.words
    assert failures("events.pcapng", rule) == []
    (other,) = failures("rejected.pcapng", rule)
    assert "4 requests were refused" in other.words, "only that question"


def test_a_summary_is_not_cut_for_a_few_characters() -> None:
    order = (
        "[[order]]\nfirst = 'frame > 84 and route.priority == 1024'\nthen = 'route.priority == 1024'\nreason = 'why'"
    )
    (found,) = failures("routes.pcapng", order)
    assert " dev veth0 metric 1024 comes before all that matches" in found.words


def test_rules_choose_what_counts() -> None:
    assert failures("rejected.pcapng", "no-errors = true\n[[ignore]]\nfilter = 'errno'\nreason = 'x'") == []
    (left,) = failures("rejected.pcapng", "no-errors = true\n[[ignore]]\nfilter = 'errno == ENODEV'\nreason = 'x'")
    assert left.words.startswith("no-errors: 4 requests were refused")
    (only,) = failures("rejected.pcapng", "no-errors = true\n[[only]]\nfilter = 'type == RTM_NEWLINK'")
    assert only.words.startswith("no-errors: 2 requests were refused")
    ignored = must("type == RTM_NEWROUTE and direction == to-user", "at-most = 1")
    answers = "[[ignore]]\nfilter = 'type == RTM_NEWROUTE and route.gateway'\nreason = 'x'\n"
    assert failures("rejected.pcapng", ignored) != []
    (fewer,) = failures("rejected.pcapng", ignored + answers)
    assert "2 messages (2 answers)" in fewer.words


def test_rules_that_choose_have_been_used() -> None:
    text = "format = 1\nno-errors = true\n"
    rules = "[[ignore]]\nfilter = 'errno'\nreason = 'x'\n[[ignore]]\nfilter = 'type == RTM_DELQDISC'\nreason = 'x'\n"
    ruling = Ruling(parse(text + rules), REGISTRY)
    with IndexedCapture(str(ROOT / "captures/rejected.pcapng"), Decoder(REGISTRY)) as capture:
        judge(capture.load(), ruling)
    assert [rule.filter for rule in ruling.unused()] == ["type == RTM_DELQDISC"]


@pytest.mark.parametrize(
    "rules", ["[[only]]\nfilter = 'type == RTM_DELQDISC'", "[[ignore]]\nfilter='message > 0'\nreason='x'"]
)
def test_where_nothing_is_left_nothing_is_met(rules: str) -> None:
    with pytest.raises(NlsniffError, match="nothing is left to judge"):
        failures("rejected.pcapng", f"no-errors = true\n{rules}")


def test_what_is_told_is_of_the_capture_that_is_shown() -> None:
    data = (ROOT / "captures/rejected.pcapng").read_bytes()
    other = data.replace(b"vxlan0", b"vxlan9")
    with (
        IndexedCapture(io.BytesIO(data), Decoder(REGISTRY)) as capture,
        IndexedCapture(io.BytesIO(other), Decoder(REGISTRY)) as shown,
    ):
        ruling = Ruling(parse("format = 1\n[[never]]\nfilter = 'link.ifname == vxlan0'\nreason = 'x'"), REGISTRY)
        (found,) = judge(capture.load(), ruling, shown.load)
    assert "vxlan9" in "\n".join(found.ladder)
    assert "vxlan0" not in "\n".join(found.ladder)
