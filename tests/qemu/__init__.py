"""A second real kernel for recordings: Debian's, in QEMU, for what user-mode Linux lacks.

It has WireGuard, wireless devices without hardware, Open vSwitch and more, and may be newer than the machine. It needs
no root and no KVM. Two environment variables choose what runs:

- NLSNIFF_KERNEL: a folder with an unpacked linux-image package; by default the kernel that is installed.
- NLSNIFF_ROOT: the root file system of the guest, made by debootstrap; by default the host's own.

`tests/qemu/prepare` makes both. As in tests/uml, the guest sees every file of the host, at its own path or, with
another root, below /host; what it writes is gone when it ends, except below the shared folder.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path
from typing import NamedTuple

from tests.guest import CHECKOUT, Result, boot, prepare
from tests.guest import HERE as GUEST
from tests.qemu.archive import archive, modules

HERE = Path(__file__).resolve().parent
GUEST_MEMORY_MIB = 1536
_QEMU = "qemu-system-x86_64"
_BUSYBOX = Path("/bin/busybox")
_MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay")
_HOW = "tests/qemu/prepare FOLDER makes what is needed"


class Kernel(NamedTuple):
    """An unpacked kernel: its image, and the folder with the modules of its version."""

    image: Path
    modules: Path


def kernel() -> Kernel | None:
    """Find the newest kernel that NLSNIFF_KERNEL or this machine has."""
    top = Path(os.environ.get("NLSNIFF_KERNEL") or "/").resolve()
    found = []
    for library in (top / "usr/lib/modules", top / "lib/modules"):
        for folder in library.glob("*/modules.dep"):
            version = folder.parent.name
            for image in (folder.with_name("vmlinuz"), top / f"boot/vmlinuz-{version}"):
                if image.is_file():
                    numbers = [int(digits) for digits in re.findall(r"\d+", version)]
                    found.append((numbers, Kernel(image, folder.parent)))
    return max(found)[1] if found else None


def missing() -> str:
    """Say what keeps the guest from running here and how to mend it, or "" when nothing does."""
    if not shutil.which(_QEMU):
        return f"{_QEMU} (package qemu-system-x86) is not installed"
    if not _BUSYBOX.is_file() or b"/ld-linux" in _BUSYBOX.read_bytes()[:4096]:
        return f"{_BUSYBOX} (package busybox-static) is not installed"
    if kernel() is None:
        where = os.environ.get("NLSNIFF_KERNEL")
        return f"{where or 'this machine'} has no kernel with its modules and modules.dep: {_HOW}"
    root = os.environ.get("NLSNIFF_ROOT")
    if root and not (Path(root) / "bin/sh").exists():
        return f"NLSNIFF_ROOT={root} is no root file system: {_HOW}"
    return ""


def run(script: str, *, share: Path, timeout: float = 180, env: dict[str, str] | None = None) -> Result:
    """Boot a guest, run a shell script in it as root, and halt it: as tests.uml.run, which see.

    Raises:
        RuntimeError: if there is no kernel; `missing` says more.
    """
    found = kernel()
    if found is None:
        raise RuntimeError(missing())
    share = share.resolve()
    prepare(script, share, env or {})
    (share / "initramfs").write_bytes(_initramfs(found, share))
    shared = "local,security_model=none,multidevs=remap"
    command = [
        _QEMU,
        *("-machine", "q35,accel=tcg", "-cpu", "max", "-smp", "2", "-m", str(GUEST_MEMORY_MIB)),
        *("-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio", "-no-reboot"),
        *("-device", "virtio-rng-pci"),
        *("-kernel", str(found.image), "-initrd", str(share / "initramfs")),
        # A machine that does other things is late with the timer, and the kernel would take it for missing.
        *("-append", "console=ttyS0 rdinit=/init quiet panic=-1 no_timer_check"),
        *("-virtfs", f"{shared},path=/,mount_tag=host,readonly=on"),
        # A comma in a path is written twice.
        *("-virtfs", f"{shared},path={str(share).replace(',', ',,')},mount_tag=share"),
    ]
    return boot(command, share, timeout)


def _initramfs(found: Kernel, share: Path) -> bytes:
    """Pack what the guest needs before it sees the host's files."""
    root = os.environ.get("NLSNIFF_ROOT")
    settings = {
        "NLSNIFF_CHECKOUT": str(CHECKOUT),
        "NLSNIFF_SHARE": str(share),
        "NLSNIFF_MODULES": str(found.modules),
        "NLSNIFF_ROOT": str(Path(root).resolve()) if root else "",
    }
    loaded = modules(found.modules, _MODULES)
    return archive(
        {
            "init": (HERE / "init").read_bytes(),
            "begin": (GUEST / "begin").read_bytes(),
            "settings": "".join(f"{name}={shlex.quote(value)}\n" for name, value in settings.items()).encode(),
            "bin/busybox": _BUSYBOX.read_bytes(),
            "modules/order": "\n".join(loaded).encode(),
            **{f"modules/{name}": data for name, data in loaded.items()},
        },
    )
