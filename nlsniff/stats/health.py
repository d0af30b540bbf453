"""What a capture holds that somebody should look at, in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.terminal import counted

if TYPE_CHECKING:
    from collections.abc import Generator

    from nlsniff.follow.follower import Follower

SLOW_NS = 100_000_000  # a dump that takes longer is slow


def health(follower: Follower, lost: int) -> Generator[None, None, list[str]]:
    """What to look at, the worst first: `3 refused`, `1 dump slow`, `12 frames lost`, `14 programs`.

    It takes a step for each conversation.

    Args:
        follower: has followed all of the capture.
        lost: how many frames the file says were lost.
    """
    refused = unanswered = slow = 0
    for conversation in follower.conversations:
        refused += conversation.status == "error"
        unanswered += conversation.status == "unanswered"
        slow += conversation.kind == "dump" and conversation.duration_ns > SLOW_NS
        yield
    found = [
        f"{refused:,} refused" if refused else "",
        f"{unanswered:,} unanswered" if unanswered else "",
        f"{counted(slow, 'dump')} slow" if slow else "",
        f"{counted(lost, 'frame')} lost" if lost else "",
        counted(follower.processes.programs, "program") if follower.processes.programs else "",
    ]
    return [words for words in found if words]
