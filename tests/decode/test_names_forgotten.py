"""Names that no message is shown with any more are forgotten, and those of all later messages are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlsniff import reader
from nlsniff.cli import main
from nlsniff.decode import names as module
from nlsniff.decode.memo import Memos
from nlsniff.decode.names import Names
from tests.conftest import ROOT

_FACTS = st.tuples(st.sampled_from(["link", "genl"]), st.integers(1, 3), st.sampled_from(["", "lan", "wan"]))


@given(st.lists(st.tuples(st.integers(0, 2), _FACTS)), st.lists(st.integers(0, 3)))
def test_later_messages_have_the_same_names(steps: list[tuple[int, tuple[str, int, str]]], asked: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_MANY", 1)
        kept, forgetful = Names(), Names()
        memos = Memos(kept), Memos(forgetful)
        message = 1
        for step, (kind, number, name) in steps:
            message += step
            kept.learn(kind, number, name, message)
            forgetful.learn(kind, number, name, message)
        at = 1
        for step in asked:
            at += step
            for later in range(at, message + 2):
                for kind in ("link", "genl"):
                    for number in range(1, 4):
                        assert forgetful.resolve(kind, number, later) == kept.resolve(kind, number, later)
            assert memos[0].at(at) == memos[1].at(at)
            forgetful.forget(at)
        assert forgetful.forgotten + len(forgetful.changes) == len(kept.changes)


@pytest.mark.parametrize("words", [[], ["-V"], ["--json"], ["-e", "link.ifname", "-e", "summary"], ["-Y", "route.oif"]])
def test_show_says_the_same_of_links_that_come_and_go(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    said = []
    for many in (module._MANY, 1):
        monkeypatch.setattr(module, "_MANY", many)
        monkeypatch.setattr(reader, "BATCH", 5)
        with pytest.raises(SystemExit, match="0"):
            main(["show", *words, str(ROOT / "captures/link-life.pcapng")])
        said.append(capfdbinary.readouterr())
    assert said[0].out
    assert said[0] == said[1]
