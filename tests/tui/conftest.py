"""What tests of the screen share: applications over recordings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.tui.app import NlsniffApp
from tests.tui.screens import CAPTURES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.tui.screens import OpenApp


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenApp]:
    """Applications with the dark theme, whatever the terminal of the test run; closed behind the test."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    opened: list[IndexedCapture] = []

    def make(
        name: str | Path = "rejected", *, still: bool = True, filter_text: str = "", show_secrets: bool = False
    ) -> NlsniffApp:
        path = name if isinstance(name, Path) else CAPTURES / f"{name}.pcapng"
        capture = IndexedCapture(str(path), make_decoder(show_secrets=show_secrets))
        opened.append(capture)
        return NlsniffApp(capture, still=still, filter_text=filter_text, theme="nlsniff")

    yield make
    for capture in opened:
        capture.close()
