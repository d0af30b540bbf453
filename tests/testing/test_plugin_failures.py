"""What pytest shows where a test that uses the fixtures fails: the test's own line, one sentence, and what was said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

import nlsniff
from tests.conftest import ROOT
from tests.keys import keys_of
from tests.support_tools import need

if TYPE_CHECKING:
    from tests.testing.plugin import Project

pytest_plugins = ["pytester"]

READ = """
def test_it(netlink):
    netlink.read("new.pcapng")
    {0}
"""
# What a test does wrong, and the sentence that says so.
MISTAKES = {
    'netlink.run(["no-such-program"])': "cannot run no-such-program: there is no such program",
    'netlink.run("ip link")': "a program is a list of words: *",
    'netlink.run(["true"], setup="ip link")': "setup is a list of commands: *",
    'netlink.conversations("route.dts")': "filter: column 7: no field *",
    'netlink.expect("nothere.toml")': "nothere.toml: rules cannot be read: No such file or directory",
    'netlink.read("absent.pcapng")': "*absent.pcapng*",
}
RUN_MISTAKES = {
    'netlink.run(["sleep", "60"], timeout=0.3)': "sleep was ended: it took more than 0.3 seconds",
    'netlink.run(["true"], setup=["exit 3"])': "setup: command 1, sh: exit status 3",
    'netlink.run(["./p"])': "cannot run ./p: No such file or directory",
}


def check_mistake(project: Project, line: str, words: str) -> None:
    project.capture("new.pcapng", "rejected")
    project.write(READ.format(line))
    result = project.run("--netlink-required")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [f">       {line}".replace("[", "[[]"), f"E       *Error: {words}", "test_it.py:4: *Error"]
    )
    said = result.stdout.str()
    assert "/nlsniff/" not in said
    assert said.count("\n>") == said.count("\nE  ") == 1
    assert "netlink: conversations" not in said
    assert ".netlink/test_it/test_it.failed.pcapng" in said


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_told_at_its_line(project: Project, line: str) -> None:
    check_mistake(project, line, MISTAKES[line])


@pytest.mark.parametrize("line", RUN_MISTAKES)
def test_a_program_that_cannot_be_recorded_is_told_at_its_line(project: Project, line: str) -> None:
    need("strace")
    (project.folder / "p").write_text("#!/no/such/interpreter\n")
    (project.folder / "p").chmod(0o755)
    check_mistake(project, line, RUN_MISTAKES[line])


@pytest.mark.parametrize(
    ("marker", "options", "words"),
    [
        ("anwsers='full'", [], "netlink(anwsers=): it takes answers, calm, kernel"),
        ("kernel='new'", [], "kernel='new': expected such as"),
        ("", ["-o", "netlink_rules=absent.toml"], "absent.toml: there is no such file"),
    ],
)
def test_a_wrong_marker_or_option_is_told_in_a_line(
    project: Project, marker: str, options: list[str], words: str
) -> None:
    project.write(f"import pytest\n@pytest.mark.netlink({marker})\ndef test_it(netlink): pass\n")
    result = project.run(*options)
    result.assert_outcomes(errors=1)
    lines = result.outlines
    begin = next(number for number, line in enumerate(lines) if "ERROR at setup" in line)
    assert words in lines[begin + 1]
    assert lines[begin + 2].startswith("=")


def test_a_skip_is_at_the_place_of_the_test(project: Project) -> None:
    project.write("import pytest\n\n@pytest.mark.netlink(kernel='>=99')\ndef test_it(netlink): pass\n")
    project.run("-rs").stdout.fnmatch_lines(["SKIPPED * test_it.py:3: netlink: needs Linux >=99*"])


def test_what_was_said_is_shown_and_left(project: Project) -> None:
    project.capture("new.pcapng", "rejected")
    project.write(READ.format('assert not netlink.conversations("errno == ERANGE")'))
    result = project.run()
    result.stdout.fnmatch_lines([
        "*- netlink: conversations -*", "conversation 9: request, route, error ERANGE*", "*rejected: priority 7 *",
        "*- netlink: the capture -*", ".netlink/test_it/test_it.failed.pcapng",
    ])  # fmt: skip
    assert "conversation 8" not in result.stdout.str()
    left = project.folder / ".netlink/test_it/test_it.failed.pcapng"
    assert len(nlsniff.Capture(left)) == len(nlsniff.Capture(project.folder / "new.pcapng"))
    project.write(READ.format("assert not netlink.conversations()"))
    section = project.run().stdout.str().partition("netlink: conversations")[2].partition("netlink: the capture")[0]
    assert re.search(r"^\.\.\. and \d+ more$", section, re.MULTILINE)
    assert 30 < section.count("\n") < 65
    project.write(READ.format("assert netlink.conversations()"))
    project.run().assert_outcomes(passed=1)
    assert not left.exists()


def test_a_program_that_fails_or_says_nothing(project: Project) -> None:
    need("strace")
    need("ip")
    project.write("""
def test_fails(netlink):
    netlink.run(["ip", "route", "add", "198.51.100.0/24", "via", "192.0.2.254"])

def test_silent(netlink, netlink_golden):
    netlink.run(["true"])
    assert netlink == netlink_golden
""")
    for options in ([], ["--netlink-update"]):
        result = project.run("--netlink-required", *options)
        result.assert_outcomes(failed=2)
        result.stdout.fnmatch_lines([
            "E * ip: exit status 2: *", "conversation *: request, route, error ENETUNREACH*",
            ".netlink/test_it/test_fails.failed.pcapng", "the recording: nothing was said by netlink (*",
        ])  # fmt: skip
        assert "there is no golden" not in result.stdout.str()


def test_no_key_is_shown_or_left(project: Project) -> None:
    project.capture("new.pcapng", "secrets")
    project.write(READ.format("assert not netlink.conversations()"))
    said = "\n".join(project.run("-vv").outlines).encode()
    data = (project.folder / ".netlink/test_it/test_it.failed.pcapng").read_bytes()
    assert b"netlink: conversations" in said
    keys = keys_of("secrets")
    assert any(key in (project.folder / "new.pcapng").read_bytes() for key in keys)
    for key in keys:
        for form in (key, key.hex().encode(), key.hex(":").encode(), key.hex(" ").encode()):
            assert form.lower() not in data.lower()
            assert form.lower() not in said.lower()


def test_the_first_example_of_the_page(project: Project) -> None:
    need("strace")
    need("ip")
    example = re.search(r"```python\n(.*?)```", (ROOT / "docs/pytest.md").read_text(), re.DOTALL)
    assert example
    project.write(example[1])
    project.run("--netlink-required", "--netlink-update=new").assert_outcomes(passed=1)
    project.run("--netlink-required").assert_outcomes(passed=1)
