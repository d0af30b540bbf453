"""Datagrams longer than a record of a capture file may be; `python -m tests.live.large` has longer ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.live import large
from tests.live.tool import nlsniff
from tests.support_tools import need

if TYPE_CHECKING:
    from pathlib import Path


def test_a_set_of_20000_nft_elements_is_whole(tmp_path: Path) -> None:
    for tool in ("nft", "strace"):
        need(tool, "/usr/sbin:/sbin:/usr/bin:/bin")
    said = large.check(tmp_path, 20_000)
    longest = re.search(r"longest of (\d+)", said)
    assert longest
    assert int(longest[1]) > large.RECORD_LIMIT
    done = nlsniff("follow", str(tmp_path / "x.pcapng"), "--all")
    assert "part" not in done.stderr
    assert len(re.findall("(?m)^.*NFT_MSG_NEWTABLE.*>│$", done.stdout)) <= 1
    assert done.returncode == 0, done.stderr
