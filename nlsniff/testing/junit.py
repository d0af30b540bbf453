"""JUnit files name the captures of failed tests, in the form that GitLab, Jenkins and Azure show as attachments."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from nlsniff.regress.junit import attachments

PROPERTY = "netlink_capture"  # of a test's report: the capture that it left


class Attachments:
    """A plugin for the process that writes the file."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add the captures of a failed test to what it is said to have printed."""
        captures = [str(value) for name, value in report.user_properties if name == PROPERTY]
        if report.when != "call" or not report.failed or not captures:
            return
        try:
            # pytest has no public way to it; without it the property alone names the capture.
            from _pytest.junitxml import xml_key
        except ImportError:  # pragma: no cover  a later pytest
            return
        xml = self._config.stash.get(xml_key, None)
        if xml is not None:
            said = ET.Element("system-out")
            said.text = f"{attachments(self._config.invocation_params.dir / path for path in captures)}\n"
            xml.node_reporter(report).append(said)
