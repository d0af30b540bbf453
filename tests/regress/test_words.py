"""Differences in sentences, and as a unified diff."""

from __future__ import annotations

import re
import time

import pytest

from nlsniff.regress.comparison import compare
from nlsniff.regress.parse import parse
from nlsniff.regress.words import sentences
from nlsniff.regress.write import text_of
from tests.regress.test_compare import HEAD, ONE, ROUTES, changed

PLACE = "RTM_NEWROUTE 203.0.113.0/24: "
OTHER = "RTM_NEWROUTE 198.51.100.0/24"
REFUSED = "EINVAL at priority, expected u32"
OK = ("< EINVAL  at priority  expected u32\n    # the kernel says: Invalid priority\n", "< ok\n")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ([("priority: 50", "priority: 60")], [f"x:16: {PLACE}priority was 50, now 60"]),
        ([("priority: 50", "priority: 60"), OK],
         [f"x:17: {PLACE}priority was 50, now 60; the kernel now accepts it (was EINVAL at priority, expected u32)"]),
        ([OK], [f"x:17: {PLACE}the kernel now accepts it (was EINVAL at priority, expected u32)"]),
        ([("    priority: 50\n", ""), ("    oif: <if:veth1>\n", "")],
         [f"x:15: {PLACE}oif is missing, was <if:veth1>", f"x:16: {PLACE}priority is missing, was 50"]),
        ([("metrics [nested]", "metrics")], [f"x:8: {OTHER}: metrics has no NLA_F_NESTED now"]),
        ([("    oif: <if:veth0>", "    oif: 3")],
         [f"x:7: {OTHER}: oif was <if:veth0>, which the kernel chose, now 3, which the program chose"]),
        ([("< ok\n", "< EPERM\n")], [f"x:11: {OTHER}: the kernel now refuses it with EPERM (was ok)"]),
        ([("< ok\n", "")], [f"x:11: {OTHER}: a verdict is missing: ok"]),
        ([("protocol boot", "protocol static")], [f"x:10: {OTHER}: event {OTHER}: protocol was boot, now static"]),
        ([("192.0.2.0  rtm-dst-len 24 : oif", "192.0.2.0  rtm-dst-len 24 : iif")],
         ["x:25: RTM_GETROUTE: answer RTM_NEWROUTE 192.0.2.0/24: oif is missing, was <if:veth1>",
          "x:25: RTM_GETROUTE: answer RTM_NEWROUTE 192.0.2.0/24: iif is new: <if:veth1>"]),
        ([("    oif: <if:veth0>", "    oif: <if:veth0>  ! oif has no NUL at its end")],
         [f"x:7: {OTHER}: oif is written otherwise now: oif has no NUL at its end"]),
        ([("    oif: <if:veth0>", "    oif: <if:veth0>  ! oif has 2 bytes")],
         [f"x:7: {OTHER}: oif is damaged now: oif has 2 bytes"]),
        ([("== ss", "== lib")], ["x:20: what ss asked is asked by lib now"]),
    ],
)  # fmt: skip
def test_a_sentence_says_what_and_where(changes: list[tuple[str, str]], told: list[str]) -> None:
    assert sentences(changed(*changes).differences, "x") == told


def test_what_explains_that_the_kernel_refuses_is_told_with_it() -> None:
    good = parse(ROUTES.replace("priority: 50", "priority: 60").replace(*OK))
    assert sentences(compare(good, parse(ROUTES)).differences) == [
        f"line:17: {PLACE}priority was 60, now 50, which is why the kernel now refuses it with {REFUSED} (was ok)"
    ]


def test_what_changed_in_many_places_is_told_once() -> None:
    blocks = "".join(f"> RTM_NEWROUTE ack\n    rtm-dst-len: 24\n    dst: 10.0.{n}.0\n< ok\n" for n in range(12))
    new = blocks.replace(".0\n", ".0\n    priority: 50\n")
    found = compare(parse(f"{HEAD}== ip\n{blocks}"), parse(f"{HEAD}== ip\n{new}"))
    assert sentences(found.differences, "x") == [
        "x:4: 12 requests RTM_NEWROUTE now carry priority 50 (10.0.0.0/24, 10.0.1.0/24, 10.0.2.0/24 and 9 more)"
    ]
    gone = compare(found.new, found.old)
    assert sentences(gone.differences, "x")[0].startswith(
        "x:7: 12 requests RTM_NEWROUTE: priority is missing, was 50 ("
    )
    none = compare(found.old, parse(f"{HEAD}== ip\n> A\n"))
    assert "12 requests RTM_NEWROUTE are not asked for any more (" in none.words()
    assert "A is asked for now (no answer)" in none.words()


def test_an_answer_to_nothing_is_told_as_one() -> None:
    more = ROUTES.rstrip("\n") + "\n>\n< ok\n< partial\n"
    before = "an answer to nothing that was asked after RTM_GETROUTE"
    assert sentences(compare(parse(ROUTES), parse(more)).differences) == [f"{before} is new: (ok, partial)"]
    assert sentences(compare(parse(more), parse(ROUTES)).differences, "x") == [
        f"x:{len(more.splitlines()) - 1}: {before} is gone: (ok, partial)"
    ]
    asked, answer = "> A ack\n< ok\n", ">\n< ok\n< partial\n"
    gone = compare(parse(f"{HEAD}== x\n{(asked + answer) * 3}"), parse(f"{HEAD}== x\n{asked * 3}"))
    assert gone.words("x") == "x:7: 3 answers to nothing that was asked, each after a request A, are gone\n"


def test_the_most_severe_come_first() -> None:
    found = changed(
        ("protocol boot", "protocol static"), ("mtu: 1400", "mtu: 1300"), ("== ss", "== x"), OK,
        ("    RTM_NEWROUTE  dst 192.0.2.0  rtm-dst-len 24 : oif <if:veth1>\n", ""),
    )  # fmt: skip
    assert [item.kind for item in found.differences] == ["outcome", "request", "event", "answer", "lane"]


@pytest.mark.parametrize(("change", "_told"), ONE, ids=[f"{index}" for index, _ in enumerate(ONE)])
def test_the_diff_has_what_changed_and_leads_from_one_text_to_the_other(change: tuple[str, str], _told: object) -> None:
    found = changed(change)
    diff = found.unified("a", "b", 1000).splitlines()
    assert diff[:2] == ["--- a", "+++ b"]
    assert [line[1:] for line in diff[3:] if line[0] in " -"] == text_of(found.old).splitlines()
    assert [line[1:] for line in diff[3:] if line[0] in " +"] == text_of(found.new).splitlines()
    short = found.unified("a", "b", 1)
    assert [line for line in short.splitlines()[2:] if line[0] in "-+"] == [
        line for line in diff[3:] if line[0] in "-+"
    ]
    assert short.count("\n") < len(diff)
    for match in re.finditer(r"@@ -(\d+),(\d+) \+(\d+),(\d+) @@\n((?:[ +-].*\n)*)", short):
        lines = match[5].splitlines()
        there = text_of(found.old).splitlines()[int(match[1]) - (match[2] != "0") :][: int(match[2])]
        assert [line[1:] for line in lines if line[0] in " -"] == there
        assert sum(line[0] in " +" for line in lines) == int(match[4])


def test_equal_ones_have_no_diff_and_no_words() -> None:
    found = compare(parse(ROUTES), parse(ROUTES.replace("veth0", "eth7")))
    assert (found.words(), found.unified("a", "b")) == ("", "")


def test_a_diff_shows_new_names_as_old_ones() -> None:
    new = ROUTES.replace("veth0", "eth7").replace("priority: 50", "priority: 60")
    changed_lines = [
        line for line in compare(parse(ROUTES), parse(new)).unified("a", "b").splitlines()[2:] if line[0] in "+-"
    ]
    assert changed_lines == ["-    priority: 50", "+    priority: 60"]


def test_time_grows_as_the_texts_do() -> None:
    def seconds(count: int) -> float:
        lanes = "".join(
            f"== ip\n> RTM_NEWROUTE ack\n    dst: 10.{n >> 8}.{n & 255}.0\n    oif: <if:a>\n< ok\n"
            for n in range(count)
        )
        dump = "".join(f"    RTM_NEWROUTE  dst 10.{n >> 8}.{n & 255}.0 : oif <if:a>\n" for n in range(count))
        blocks = "".join(f"> B ack\n    x: {n}\n< ok\n" for n in range(count))
        old = f"{HEAD}{lanes}== a\n> RTM_GETROUTE dump\n<* any order:\n{dump}== c\n{blocks}"
        new = old.replace("oif: <if:a>", "oif: <if:b>\n    q: 1").replace("oif <if:a>", "oif <if:b>  r 1")
        both = parse(old), parse(new.replace("    x: ", "    y: 0\n    x: 1"))
        start = time.process_time()
        found = compare(*both)
        assert found
        assert found.words()
        assert found.unified("a", "b")
        return time.process_time() - start

    # A machine that does other things makes one of them long.
    assert min(seconds(800) for _ in range(2)) < 7 * min(seconds(200) for _ in range(3)) + 0.15
