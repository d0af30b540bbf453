"""The tests of the pytest plugin run pytest."""

from __future__ import annotations

import pytest

from tests.testing.plugin import Project


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A folder of tests."""
    return Project(pytester, monkeypatch)
