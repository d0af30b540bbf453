"""Boots a kernel that was prepared: `NLSNIFF_KERNEL=... tests/run tests/qemu/boots.py`.

By hand only: CI has no such kernel. What QEMU is for, recording, happened before; the recordings stand in captures/.
"""

from __future__ import annotations

from pathlib import Path

from tests import qemu


def test_output_and_status_and_shared_files_come_out(tmp_path: Path) -> None:
    assert not qemu.missing(), qemu.missing()
    script = """
    echo "to stdout, $GREETING"; echo to stderr >&2
    echo shared > "$NLSNIFF_SHARE/left"
    echo lost > /etc/nlsniff-was-here
    python -c 'import nlsniff, orjson; print("python works")'
    ip link add n0 type nlmon && ip -br link show n0
    exit 7
    """
    result = qemu.run(script, share=tmp_path, env={"GREETING": 'it\'s "quoted"'})
    assert result.status == 7, result.console
    assert result.output.splitlines()[:3] == ['to stdout, it\'s "quoted"', "to stderr", "python works"]
    assert result.output.splitlines()[3].split()[0] == "n0"
    assert (tmp_path / "left").read_text() == "shared\n"
    assert not Path("/etc/nlsniff-was-here").exists()
