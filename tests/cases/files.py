"""Which captures there are among the cases that others made."""

from __future__ import annotations

from tests.shared_cases import CASES

_CAPTURES = {".pcap", ".pcapng", ".gz", ".zst"}


def every_case() -> list[str]:
    """The captures of `../shared/cases`, by the names that `tests.shared_cases.case` takes; none where it is absent."""
    found = (path for path in CASES.rglob("*") if path.suffix in _CAPTURES) if CASES.is_dir() else ()
    return sorted(str(path.relative_to(CASES)) for path in found)
