"""Write the golden texts anew."""

from __future__ import annotations

from tests.output.golden import AGREED, place, printed

for name, style in AGREED:
    place(name, style).write_text(printed(name, style))
