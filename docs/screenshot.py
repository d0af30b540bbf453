#!/usr/bin/env python3
"""Draw docs/screen.svg, the picture of the README, from a recording of captures/: `docs/screenshot.py`.

It shows what the kernel rejected, deep in a request, and the conversation around it in the list.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

# The picture is the same whatever terminal it is drawn from.
os.environ.pop("NO_COLOR", None)
os.environ["COLORTERM"] = "truecolor"

from nlsniff.reader import IndexedCapture, make_decoder  # noqa: E402  found only now
from nlsniff.tui.app import NlsniffApp  # noqa: E402
from nlsniff.tui.main_screen import MainScreen  # noqa: E402

MESSAGE = 30  # the request for a vxlan whose range of ports ends before it begins
SIZE = (126, 34)


async def draw(capture: IndexedCapture, target: Path) -> None:
    """Open the screen without a terminal, go to the message, and save what is seen."""
    app = NlsniffApp(capture, still=True, theme="nlsniff")
    async with app.run_test(size=SIZE) as pilot:
        screen = app.screen
        if not isinstance(screen, MainScreen):
            sys.exit("the main screen did not open")
        while not screen.browser.caught_up:
            await pilot.pause(0.05)
        screen.jump(MESSAGE + 6)  # so that what follows is in view, too
        await pilot.pause()
        screen.jump(MESSAGE)
        await pilot.press("tab")
        await pilot.pause(0.2)
        target.write_text(app.export_screenshot(title="nlsniff open captures/rejected.pcapng"), encoding="utf-8")  # noqa: ASYNC240  nothing else runs


def main() -> None:
    """Draw the picture."""
    target = ROOT / "docs" / "screen.svg"
    with IndexedCapture(str(ROOT / "captures" / "rejected.pcapng"), make_decoder()) as capture:
        asyncio.run(draw(capture, target))
    print(f"wrote {target}")


if __name__ == "__main__":
    main()
