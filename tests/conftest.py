"""What tests share: where the recordings are, and a cache of their own."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.register_assert_rewrite("tests.golden")  # so that its failures show the difference, too

ROOT = Path(__file__).resolve().parent.parent
CAPTURES = sorted((ROOT / "captures").glob("*.pcapng"))
COMPRESSED = sorted((ROOT / "captures").glob("*.pcapng.zst"))  # large: too much for tests that look at every byte
CORPUS = ROOT.parent / "shared" / "corpus"

# CI machines are slow and shared: a deadline would measure them, not the code. Derandomized there, so that a commit is
# judged by its own change.
settings.register_profile("local", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same examples each time: more of them would find no more than they did before.
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, max_examples=30)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_collection_finish() -> None:
    """Have the garbage collector leave alone what was imported and collected: that is a million objects."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep compiled dissectors of a test run apart from the user's, and the user's dissectors out of it.

    What the tests check is nothing that GitHub should be told of.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NLSNIFF_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "GITLAB_CI"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of recordings made by others; a test that needs it is skipped where it is absent, but not in CI."""
    if not CORPUS.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"{CORPUS} is absent")
        pytest.skip("../shared/corpus is absent")
    return CORPUS
