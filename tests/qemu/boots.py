"""Boots a kernel that was prepared: `NLSNIFF_KERNEL=... tests/run tests/qemu/boots.py`.

By hand only: CI has no such kernel. What QEMU is for, recording, happened before; the recordings stand in captures/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import qemu
from tests.guest.check import check_what_comes_out

if TYPE_CHECKING:
    from pathlib import Path


def test_output_and_status_and_shared_files_come_out(tmp_path: Path) -> None:
    assert not qemu.missing(), qemu.missing()
    check_what_comes_out(qemu.run, tmp_path)
