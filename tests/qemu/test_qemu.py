"""What the harness is made of, and the archive that it boots from; `boots.py` boots it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests import qemu
from tests.qemu.archive import archive, modules
from tests.support_tools import need

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qemu, "_QEMU", "true")
    monkeypatch.setattr(qemu, "_BUSYBOX", tmp_path / "busybox")
    assert "busybox-static" in qemu.missing()
    (tmp_path / "busybox").write_bytes(b"\x7fELF")
    monkeypatch.setenv("NLSNIFF_KERNEL", str(tmp_path))
    assert qemu.missing().startswith(f"{tmp_path} has no kernel")
    for version in ("6.9.1", "6.10.0"):
        (tmp_path / "lib/modules" / version).mkdir(parents=True)
        (tmp_path / "lib/modules" / version / "modules.dep").touch()
        (tmp_path / "lib/modules" / version / "vmlinuz").touch()
    found = qemu.kernel()
    assert found is not None
    assert found.modules.name == "6.10.0"
    monkeypatch.setenv("NLSNIFF_ROOT", str(tmp_path))
    assert qemu.missing().startswith(f"NLSNIFF_ROOT={tmp_path}")
    monkeypatch.setenv("NLSNIFF_ROOT", "/")
    assert qemu.missing() == ""


def test_an_archive_is_what_cpio_unpacks(tmp_path: Path) -> None:
    files = {"init": b"#!/bin/sh\n", "a/b/odd": bytes(range(7)), "a/c": b""}
    data = archive(files)
    need("cpio")
    subprocess.run(["cpio", "-id", "--quiet"], input=data, cwd=tmp_path, check=True)
    assert {name: (tmp_path / name).read_bytes() for name in files} == files
    assert (tmp_path / "init").stat().st_mode & 0o777 == 0o755


def test_modules_come_after_what_they_need(tmp_path: Path) -> None:
    text = "k/9p.ko: k/9pnet.ko k/netfs.ko\nk/9pnet.ko: k/netfs.ko\nk/netfs.ko:\nk/other-one.ko:\n"
    (tmp_path / "modules.dep").write_text(text)
    (tmp_path / "k").mkdir()
    for name in ("9p", "9pnet", "netfs", "other-one"):
        (tmp_path / "k" / f"{name}.ko").write_text(name)
    found = modules(tmp_path, ("9p", "virtio_pci", "other_one"))
    assert list(found) == ["netfs.ko", "9pnet.ko", "9p.ko", "other_one.ko"]
    assert found["other_one.ko"] == b"other-one"
