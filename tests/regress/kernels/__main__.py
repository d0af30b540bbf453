"""Records tests/regress/steady/script.sh on one kernel and keeps it here, as `linux-RELEASE.pcapng.zst`.

    python -m tests.regress.kernels

The kernel is user-mode Linux of this machine, or of the system that NLSNIFF_UML names (see tests/uml).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from nlsniff.file.zstd import compress
from nlsniff.reader import IndexedCapture, make_decoder
from tests import uml
from tests.regress.kernels import HERE
from tests.regress.steady import record


def main() -> int:
    """Record."""
    if problem := uml.missing():
        print(problem, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as name:
        (capture,) = record(Path(name), ["quiet"], common=True)
        with IndexedCapture(capture, make_decoder()).load() as read:
            release = read.interfaces[0].recorder.os.split()[1]
        target = HERE / f"linux-{release}.pcapng.zst"
        target.write_bytes(compress(capture.read_bytes()))
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
