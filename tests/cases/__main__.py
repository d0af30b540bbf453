"""Opens the screen over every case: `python -m tests.cases [NAME...]`."""

from __future__ import annotations

import asyncio
import sys
import traceback

from tests.cases.files import every_case
from tests.cases.screen import visit
from tests.shared_cases import CASES


def main(names: list[str]) -> int:
    """Visit each case; exit status 1 where one fails."""
    failed = 0
    for name in names or every_case():
        try:
            print(f"{name}: {asyncio.run(visit(CASES / name))} messages", flush=True)
        except Exception:  # noqa: BLE001  whatever it is, the next case is tried, too
            failed += 1
            print(f"{name}: failed\n{traceback.format_exc(limit=-3)}", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
