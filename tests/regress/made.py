"""Transcripts made by Hypothesis, and captures as transcripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from nlsniff.reader import IndexedCapture
from nlsniff.regress.build import Builder
from nlsniff.regress.model import Block, Dump, Item, Lane, Outcome, Placeholder, SaidMessage, SaidStep, Transcript
from tests.regress.changes import decoder

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.regress.model import Level

# What separates things in the text, and what a terminal must not have.
_ODD = ["  ", " ", ":", " : ", "  ! ", "<", ">", "<if:x>", '"', "\\", "[nested]", "- ", "#", "+ ", "\n", "\r", "\t",
        "==", "\x1b", "\u202e", "\ud800", "\u2028", "é", "日", "*", "|", "news", "ok", "EINVAL", "E7", ""]  # fmt: skip
_texts = st.one_of(
    st.sampled_from(["inet", "192.0.2.1", "::", "up|running", "x" * 120]),
    st.lists(st.one_of(st.sampled_from(_ODD), st.text(max_size=3)), max_size=4).map("".join),
)
_names = st.one_of(st.sampled_from(["-", "dst", "linkinfo", "ifa-index", "a.b.c"]), _texts)
_words = st.one_of(st.sampled_from(["", "dst", "metrics.mtu"]), _texts)
_values = st.one_of(st.none(), _texts, st.builds(Placeholder, st.sampled_from(["if", "key-32", "spi"]), _texts))
_marks = st.sampled_from([(), (), ("nested",), ("nested", "net-byteorder")])
_problems = st.lists(_texts, max_size=2).map(tuple)
_leaves = st.builds(Item, _names, _values, st.just(()), _marks, _problems)
_items = st.recursive(
    _leaves,
    lambda inner: st.builds(Item, _names, _values, st.lists(inner, max_size=3).map(tuple), _marks, _problems),
    max_leaves=6,
)
_types = st.one_of(st.sampled_from(["RTM_NEWROUTE", "XFRM_MSG_NEWSA", "NLMSG_0"]), _texts)


def _tuples(of: st.SearchStrategy[Item], most: int = 3) -> st.SearchStrategy[tuple[Item, ...]]:
    return st.lists(of, max_size=most).map(tuple)


_flags = st.lists(st.one_of(st.sampled_from(["ack", "0x400"]), _texts), max_size=2).map(tuple)
_requests = st.builds(SaidMessage, _types, _flags, st.just(()), _tuples(_items), _problems)
_answers = st.builds(SaidMessage, _types, st.just(()), _tuples(_leaves), _tuples(_items), _problems)
_judged = st.builds(
    Outcome,
    st.sampled_from(["ok", "unanswered", "partial"]),
    at=_words, expected=_words, missing=_words, words=_words, of=st.integers(0, 99),
)  # fmt: skip
_refused = st.builds(
    Outcome, st.just("error"), st.sampled_from(["EINVAL", "E4711", "+EIO", "IPSET_ERR_EXIST"]), words=_words
)
_dumps = st.builds(Dump, st.lists(_answers, max_size=3).map(tuple), st.booleans(), st.booleans())
_parts = st.one_of(
    st.builds(SaidStep, st.sampled_from(["request", "datagram"]), _requests),
    st.builds(SaidStep, st.sampled_from(["event", "answer"]), _answers),
    _judged, _refused, _dumps,
)  # fmt: skip
_blocks = st.builds(Block, st.lists(_parts, max_size=4).map(tuple), st.booleans())
_lanes = st.builds(Lane, _texts, st.lists(_blocks, max_size=3).map(tuple))

TRANSCRIPTS = st.builds(
    Transcript,
    st.sampled_from(["outcome", "objects", "full"]),
    st.lists(_lanes, max_size=3).map(tuple),
    st.lists(_answers, max_size=2).map(tuple),
    st.lists(_texts, max_size=2).map(tuple),
)


def transcript_of(path: Path, level: Level = "objects", *, news: bool = False) -> Transcript:
    """The transcript of a recording."""
    with IndexedCapture(path, decoder()) as capture:
        return Builder(capture.load(), level, news=news).build()
