"""Every byte of every request of ten captures counts, but for those of a printed list."""

from __future__ import annotations

from collections import Counter

from tests.conftest import ROOT
from tests.regress.changes import Recording
from tests.regress.every_byte import changes

NAMES = (
    "rejected", "basics", "first-route", "events", "wireguard", "macsec", "l2tp", "mptcp", "ethtool",
    "rules-neighbours",
)  # fmt: skip


def test_every_byte_is_seen() -> None:
    seen = 0
    excused: Counter[str] = Counter()
    for name in NAMES:
        for change in changes(Recording(ROOT / "captures" / f"{name}.pcapng")):
            assert change.seen or change.excuse, (name, str(change))
            seen += change.seen
            excused[change.excuse] += not change.seen
    print(f"{seen} changes of bytes seen; not seen:")
    print("".join(f"{number:6} {excuse}\n" for excuse, number in sorted(excused.items()) if number))
    assert seen > 13_000
    assert {excuse for excuse, number in excused.items() if number} == {
        "the sequence number or the port id",
        "of a key only whether it is the same as another is compared",
        "of what the kernel chose, or a program's own number, only whether it is the same is compared",
    }
