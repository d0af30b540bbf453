"""A file for a capture that nobody keeps."""

from __future__ import annotations

import tempfile
from typing import BinaryIO, cast


def unnamed_file() -> tuple[BinaryIO, str]:
    """Open a file that never has a name, so that nothing is left of it, whatever ends this process.

    Returns:
        The file, and a path that opens it anew in every process that has the descriptor under the same number.
    """
    file = cast("BinaryIO", tempfile.TemporaryFile(buffering=0))  # noqa: SIM115  whoever asks closes it
    return file, f"/proc/self/fd/{file.fileno()}"
