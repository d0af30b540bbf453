"""Runs programs as a user has them, and says what each run cost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.bench.tasks import FILE
from tests.bench.traffic import make
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

# What pip makes of the entry point.
_SCRIPT = "import sys\nfrom nlsniff.cli import main\nsys.exit(main())\n"


class Run(NamedTuple):
    """What one run of a program cost.

    Attributes:
        cpu: seconds of user and system, children included.
        wall: seconds.
        peak_mib: of the largest of its processes.
        printed: bytes.
        output: where they are.
    """

    cpu: float
    wall: float
    peak_mib: float
    printed: int
    output: Path


class Runner:
    """Runs nlsniff as pip installs it, its modules compiled and its dissectors cached, and tshark, in a folder.

    Args:
        folder: for what they print, and what Python compiles. Some environments keep Python from writing that.
        python: runs nlsniff.

    Attributes:
        environment: what programs are run with.
    """

    def __init__(self, folder: Path, python: str = sys.executable) -> None:
        self.folder = folder
        self._script = folder / "nlsniff"
        self._script.write_text(_SCRIPT)
        self._python = python
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        self.environment = kept | {"PYTHONPYCACHEPREFIX": str(folder / "compiled"), "PYTHONPATH": str(ROOT)}

    def nlsniff(self, arguments: Sequence[str], file: Path, *, jobs: int = 1, output: str = "ours") -> Run:
        """Run nlsniff, in so many processes."""
        return self._run(self.command(arguments), file, output, {"NLSNIFF_JOBS": str(jobs)})

    def command(self, arguments: Sequence[str]) -> list[str]:
        """How nlsniff is run."""
        return [self._python, str(self._script), *arguments]

    def warm(self, arguments: Sequence[str]) -> None:
        """Have all compiled and cached that nlsniff needs for this."""
        file = self.folder / "warm.pcap"
        if not file.exists():
            make(file, 1)
        self.nlsniff(arguments, file)

    def walker(self, arguments: Sequence[str], file: Path) -> Run:
        """Run nlsniff by the walker alone."""
        script = Path(__file__).with_name("walker.py")
        return self._run([self._python, str(script), *arguments], file, "walked")

    def tshark(self, arguments: Sequence[str], file: Path) -> Run:
        """Run tshark."""
        return self._run(["tshark", *arguments], file, "theirs")

    def python(self, arguments: Sequence[str], file: Path) -> Run:
        """Run this Python, which has the libraries that tests need."""
        return self._run([sys.executable, *arguments], file, "peer")

    def _run(self, command: Sequence[str], file: Path, name: str, more: dict[str, str] | None = None) -> Run:
        output = self.folder / name
        filled = [str(file) if word == FILE else word for word in command]
        cost = [sys.executable, "-I", "-S", str(Path(__file__).with_name("cost.py")), str(output), *filled]
        environment = self.environment | (more or {})
        told = subprocess.run(cost, stdout=subprocess.PIPE, env=environment, check=True, text=True).stdout.split()
        if told[3] != "0":
            sys.exit(f"{' '.join(filled)} ended with status {told[3]}")
        return Run(float(told[0]), float(told[1]), int(told[2]) / 1024, output.stat().st_size, output)
