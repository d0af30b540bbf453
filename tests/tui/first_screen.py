"""Opens a capture up to its first screen, without a terminal, and ends: `python -m tests.tui.first_screen FILE`.

To measure what that takes, see `tests.model.memory`.
"""

from __future__ import annotations

import asyncio
import sys

from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.tui.app import NlsniffApp
from tests.tui.screens import settle


async def _open(path: str) -> None:
    with IndexedCapture(path, make_decoder()) as capture:
        async with NlsniffApp(capture, still=True, theme="nlsniff").run_test(size=(120, 40)) as pilot:
            await settle(pilot)


if __name__ == "__main__":
    asyncio.run(_open(sys.argv[1]))
