"""The pytest plugin: the fixtures `netlink` and `netlink_golden`, and their options; docs/pytest.md explains them.

Every pytest of the environment loads it, so it imports nothing but pytest. What it does is in `nlsniff.testing`, which
is loaded when a fixture is used.
"""

from __future__ import annotations

import sys

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from nlsniff.testing.case import NetlinkTest
    from nlsniff.testing.goldens import NetlinkGolden
    from nlsniff.testing.netlink import Netlink

_UPDATES = ("new", "changed", "refresh", "trim")
_USUAL = "new,changed,refresh"
_LEVELS = ("outcome", "objects", "full")
_MARKER = (
    'netlink(answers=, calm=, kernel=): how the recordings of a test are made and compared: answers="outcome", '
    '"objects" or "full"; calm=False lets IPv6 speak by itself; kernel=">=6.1" skips it on others (docs/pytest.md)'
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options."""
    group = parser.getgroup("netlink", "recordings of netlink (nlsniff)")
    group.addoption(
        "--netlink-update", nargs="?", const=_USUAL, type=_updates, metavar="WHAT,...",
        help=f"Write goldens that are missing (new), differ (changed), or are written otherwise (refresh), or remove "
        f"those that no test uses (trim). Alone it means {_USUAL}; else an equals sign stands before WHAT.",
    )  # fmt: skip
    group.addoption(
        "--netlink-required",
        action="store_true",
        help="Fail where this machine can record nothing, instead of skipping.",
    )
    group.addoption(
        "--netlink-artifacts", metavar="DIR", default=".netlink",
        help="Leave here what failed: transcripts and captures for `nlsniff accept`, and reports. By default .netlink.",
    )  # fmt: skip
    parser.addini("netlink_rules", "a file of rules, see docs/regression.md; by default the nearest .nlsniff.toml")
    parser.addini("netlink_answers", "how much of what the kernel says is compared: outcome, objects or full")


def _updates(text: str) -> frozenset[str]:
    words = [word.strip() for word in text.split(",")]
    wrong = [word for word in words if word not in _UPDATES]
    if wrong:
        raise pytest.UsageError(
            f"--netlink-update: {wrong[0]!r} is none of {', '.join(_UPDATES)}; they stand behind an equals sign, "
            f"and tests before the option or behind `--netlink-update={_USUAL}`"
        )
    return frozenset(words)


def pytest_configure(config: pytest.Config) -> None:
    """The marker; and what must be seen from the start where goldens may be removed."""
    config.addinivalue_line("markers", _MARKER)
    answers = config.getini("netlink_answers")
    if answers and answers not in _LEVELS:
        raise pytest.UsageError(f"netlink_answers is {answers!r}: expected {', '.join(_LEVELS)}")
    if config.getoption("xmlpath", None) and not hasattr(config, "workerinput"):
        from nlsniff.testing.junit import Attachments

        config.pluginmanager.register(Attachments(config), "netlink-attachments")
    if "trim" in (config.option.netlink_update or ()):
        from nlsniff.testing.session import session_of

        session_of(config)


@pytest.fixture
def netlink(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Netlink]:
    """Records what programs say to the kernel: `netlink.run(["ip", "link"])`, `netlink.call(function)`."""
    with _case(request, tmp_path_factory).netlink() as found:
        yield found


@pytest.fixture
def netlink_golden(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> NetlinkGolden:
    """What was recorded before, in __netlink__/ beside the test: `assert netlink == netlink_golden`."""
    return _case(request, tmp_path_factory).golden("")


def _case(request: pytest.FixtureRequest, folders: pytest.TempPathFactory) -> NetlinkTest:
    """What belongs to a test; what its marker or the configuration has wrong is told in a line."""
    _refuse_others(request.config)
    from nlsniff.testing.session import session_of

    try:
        return session_of(request.config).case(request.node, folders)
    except pytest.UsageError as error:
        words = str(error)
    pytest.fail(words, pytrace=False)


def _refuse_others(config: pytest.Config) -> None:
    """Skip the test where the kernel has no netlink; next to nothing of nlsniff is loaded there."""
    if sys.platform != "linux":
        words = f"netlink: nothing can be recorded here: netlink is Linux's, and this is {sys.platform}"
        if config.option.netlink_required:
            pytest.fail(f"{words} (--netlink-required)", pytrace=False)
        from nlsniff.testing.plain import skip_test

        skip_test(words)


# -- what the controller of pytest-xdist does, where no fixture is ever used ------------------------------------------


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """A worker has ended, and tells what it did."""
    told = getattr(node, "workeroutput", {}).get("netlink")
    if told is not None or "trim" in (node.config.option.netlink_update or ()):
        from nlsniff.testing.session import session_of

        session_of(node.config).worker_ended(None if error else told)
