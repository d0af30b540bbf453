"""Write the golden texts anew: `python -m tests.output.golden`."""

from __future__ import annotations

from pathlib import Path

from nlsniff.output.views import Printer
from nlsniff.reader import Stream, make_decoder
from tests.conftest import ROOT

for name, style in (("rejected", "line"), ("rejected", "tree"), ("first-route", "line"), ("host-events", "line")):
    decoder = make_decoder()
    printed = b"".join(map(Printer(decoder, style), Stream(ROOT / "captures" / f"{name}.pcapng", decoder).batches()))
    Path(__file__).with_name(f"{name}.{style}.txt").write_bytes(printed)
