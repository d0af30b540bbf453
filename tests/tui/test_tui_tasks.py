"""What people open a capture for, played on a terminal: at most eight keys from a file that was just opened.

A text that is typed counts as one key, and so does enter.
"""

from __future__ import annotations

import sys

import pytest

from tests.tui.screens import CAPTURES
from tests.tui.terminal import Terminal

TASKS = {
    "why was a route refused": (
        "first-route.pcapng", ("e",), "Refused, ENETUNREACH: Nexthop has invalid gateway; by ",
    ),
    "who deleted an address": (
        "managers.pcapng.zst", ("/", "type == RTM_DELADDR and summary contains 192.0.2.65", "\r"),
        "Asked by NetworkManager[795]: done",
    ),
    "who caused an event": (
        "managers.pcapng.zst", (":", "2130", "\r"), "caused by NetworkManager[795], message 2126",
    ),
    "which dump was the slowest": (
        "at-once.pcapng.zst", ("s", "\t", "\r"), "Asked by ss[1114]: 3 parts, 4,324 bytes in 1288.473 ms",
    ),
    "which program is slow to read": (
        "at-once.pcapng.zst", ("s",), "1274.594 ms RTM_GETROUTE ip[851] 608 parts, first after 0.025 ms",
    ),
    "which rule of a batch was refused": (
        "batches.pcapng.zst", ("\x06", "for NFT_MSG_NEWRULE", "\r", "p"), "answered by message 641",
    ),
    "when did the default route change": (
        "managers.pcapng.zst", ("/", 'type contains ROUTE and summary contains "default via"', "\r"),
        "Caused by NetworkManager[795], message 1320",
    ),
    "what did NetworkManager do to one of its links": (
        "managers.pcapng.zst", ("/", "process == NetworkManager and link.ifname == nm0", "\r"), "RTM_NEWLINK",
    ),
}  # fmt: skip


@pytest.mark.parametrize("task", TASKS)
def test_a_task_is_done_by_a_few_keys(task: str) -> None:
    name, keys, answer = TASKS[task]
    assert len(keys) <= 8
    terminal = Terminal([sys.executable, "-m", "nlsniff", "open", str(CAPTURES / name)])
    terminal.shows("program")  # the first line, which says what the file holds, comes last
    for key in keys:
        terminal.press(key)
        terminal.settle()
    terminal.shows(answer)
    terminal.press("q")
    terminal.settle()
    terminal.press("q")
    assert terminal.end() == 0
