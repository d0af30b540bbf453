"""Texts that were agreed: `python -m tests.output.golden` writes them anew, and git shows what changed."""

from __future__ import annotations

from pathlib import Path

from nlsniff.printer.printer import Printer
from nlsniff.reader import Stream, make_decoder
from tests.conftest import ROOT

AGREED = [
    ("rejected", "line"), ("rejected", "tree"), ("first-route", "line"), ("host-events", "line"),
    *((name, "json") for name in ("rejected", "first-route", "wireguard", "l2tp", "mptcp")),
]  # fmt: skip


def place(name: str, style: str) -> Path:
    """The file of a golden text."""
    return Path(__file__).with_name(f"{name}.{style}{'l' if style == 'json' else '.txt'}")


def printed(name: str, style: str) -> str:
    """What is printed of a recording now."""
    decoder = make_decoder()
    batches = Stream(ROOT / "captures" / f"{name}.pcapng", decoder).batches()
    return b"".join(map(Printer(decoder, style), batches)).decode()
