"""Runs pytest with the plugin in a process of its own, as people do."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pytest

CAPTURES = ROOT / "captures"
# Whatever else is installed costs each run a second.
_ALONE = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
_PLUGINS = ("nlsniff.pytest_plugin",)


class Project:
    """A folder of tests.

    Args:
        pytester: of the test.
        monkeypatch: of the test.
    """

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        self._pytester = pytester
        self._monkeypatch = monkeypatch
        self.folder: Path = pytester.path
        monkeypatch.setenv(_ALONE, "1")
        monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
        pytester.makepyprojecttoml("[tool.pytest.ini_options]\nminversion = '8'\n")

    def write(self, text: str, name: str = "test_it.py") -> None:
        """Write a file of tests."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def capture(self, name: str, source: str) -> None:
        """Copy a shipped capture."""
        shutil.copy(CAPTURES / f"{source}.pcapng", self.folder / name)

    def run(self, *arguments: str, plugins: Sequence[str] = (), **environment: str) -> pytest.RunResult:
        """Run pytest with the plugin, with pytest-xdist where there are workers, with others, and some variables."""
        for name, value in environment.items():
            self._monkeypatch.setenv(name, value)
        workers = ["xdist"] if any(word.startswith("-n") for word in arguments) else []
        loaded = [word for name in (*_PLUGINS, *workers, *plugins) for word in ("-p", name)]
        return self._pytester.runpytest_subprocess("-p", "no:cacheprovider", *loaded, *arguments)

    def run_with_all(self, *arguments: str) -> pytest.RunResult:
        """Run pytest with all plugins that are installed, this one by its entry point."""
        self._monkeypatch.delenv(_ALONE)
        return self._pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)

    def goldens(self) -> list[str]:
        """The texts of goldens, from this folder."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*.nlt"))
