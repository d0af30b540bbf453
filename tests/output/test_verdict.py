"""What is said of a message in one or two sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nlsniff.follow.refusal import refusal_of
from nlsniff.output.verdict import Verdict, verdict
from tests.follow.talk import ACK, DUMP, GETLINK, INTR, MULTI, NEWLINK, REQUEST, Talk, done, nlmsg
from tests.tui.screens import CAPTURES, opened

if TYPE_CHECKING:
    from nlsniff.reader import IndexedCapture


def said(capture: IndexedCapture | Talk, number: int) -> Verdict:
    message = capture.message(number)
    followed = capture[message.conversation] if isinstance(capture, Talk) else capture.conversation(number)
    return verdict(message, followed, refusal_of(followed, capture.message, number))


@pytest.mark.parametrize(
    ("name", "number", "text", "severity"),
    [
        ("managers.pcapng.zst", 26,
         "Asked by ip[781]: 10 parts, 14,320 bytes in 28.735 ms, the first after 0.054 ms.", ""),
        ("managers.pcapng.zst", 27, "Part of the dump of message 26 by ip[781].", ""),
        ("managers.pcapng.zst", 39, "The answer to message 38 by ip[781].", ""),
        ("managers.pcapng.zst", 42, "Asked by ip[797]: done, answered after 74.878 ms. Caused 3 events.", ""),
        ("managers.pcapng.zst", 46, "The ACK to message 42 by ip[797].", ""),
        ("managers.pcapng.zst", 2130,
         "Notification to 3 listeners. Probably caused by NetworkManager[795], message 2126, conversation 756.", ""),
        ("managers.pcapng.zst", 107, "Notification to 2 listeners. Its cause is not known.", ""),
        ("managers.pcapng.zst", 2021,
         ("Refused, ENOENT: Cannot delete qdisc with handle of zero; "
         "by NetworkManager[795], RTM_DELQDISC, message 2020."), "error"),
        ("managers.pcapng.zst", 159,
         ("The end of the answer to message 157 by NetworkManager[795]: 1 part, 116 bytes in 1.161 ms, "
         "the first after 0.008 ms."), ""),
        ("rejected.pcapng", 28,
         ("Refused, ENODEV: No such device; by a process not known (port 743), "
         "answered by message 29 after 0.014 ms."), "error"),
        ("rejected.pcapng", 32,
         ("Refused, ERANGE: Attribute failed policy validation; rejected: priority 7; expects u32; "
         "by a process not known (port 748), answered by message 33 after 0.031 ms. "
         "Its bytes: priority has 2 bytes, a u32 has 4 (byte 64)."), "error"),
        ("batches.pcapng.zst", 501, "Asked by nft[815]: a batch of 5, refused with EEXIST.", ""),
        ("batches.pcapng.zst", 502,
         "Asked by nft[815]: one of 5 in a batch, another of them was refused with EEXIST.", ""),
        ("batches.pcapng.zst", 641,
         ("Refused, ENOENT: rejected: expressions.elem.3 immediate jump nowhere; nlsniff: what it names is not there, "
         "or the kernel has no such expression; by nft[819], NFT_MSG_NEWRULE, message 616."), "error"),
    ],
)  # fmt: skip
def test_what_is_said(name: str, number: int, text: str, severity: str) -> None:
    with opened(CAPTURES / name) as capture:
        assert said(capture, number) == (text, severity)


def test_what_is_said_of_what_has_no_end() -> None:
    talk = Talk()
    talk(nlmsg(GETLINK, REQUEST | ACK, 1, 7, bytes(16)), comment="process: ip[7]")
    talk(nlmsg(GETLINK, REQUEST | DUMP, 2, 7, bytes(16)))
    talk(nlmsg(NEWLINK, MULTI | INTR, 2, 7, bytes(16)))
    talk(done(2, 7))
    talk(nlmsg(4, 0, 0, 7))
    talk(nlmsg(NEWLINK, MULTI, 9, 8, bytes(16)))
    assert said(talk, 1) == ("Asked by ip[7]: an answer was due, and the capture has none.", "warning")
    changed = "The table changed meanwhile, so parts may be missing or double."
    assert said(talk, 3) == (f"Part of the dump of message 2 by ip[7]. {changed}", "warning")
    assert said(talk, 5).severity == "error"
    assert said(talk, 6) == (
        "An answer to a process not known (port 8), whose request is not in the capture.", "",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["rejected", "link-life", "wireguard", "packets"])
def test_something_is_said_of_every_message(name: str) -> None:
    with opened(name) as capture:
        for number in range(1, len(capture) + 1):
            text = said(capture, number).text
            assert text.endswith(".")
            assert text.isprintable()
