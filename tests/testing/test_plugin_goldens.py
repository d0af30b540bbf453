"""`assert netlink == netlink_golden`: what is written, what fails, and what is said, over captures from elsewhere."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import nlsniff
from nlsniff.cli.accept import command as accept
from nlsniff.testing.netlink import Netlink
from nlsniff.testing.recording import Recording
from tests.cli.invoke import invoke
from tests.conftest import ROOT
from tests.keys import keys_of

if TYPE_CHECKING:
    import pytest

    from tests.testing.plugin import Project

pytest_plugins = ["pytester"]

ONE = """
def test_one(netlink, netlink_golden):
    netlink.read("new.pcapng")
    assert netlink == netlink_golden
"""


def test_a_golden_is_written_when_asked_and_compared_from_then_on(project: Project) -> None:
    project.capture("new.pcapng", "rejected")
    project.write(ONE)
    missing = project.run()
    missing.assert_outcomes(failed=1)
    command = "pytest --netlink-update=new test_it.py::test_one"
    missing.stdout.fnmatch_lines([f"__netlink__/test_it/test_one.nlt: there is no golden; `{command}` writes it"])
    assert project.goldens() == []
    written = project.run(*command.split()[1:])
    written.assert_outcomes(passed=1)
    written.stdout.fnmatch_lines(
        ["*= netlink =*", "__netlink__/test_it/test_one.nlt: written", "*test_one.pcapng: written"]
    )
    assert project.goldens() == ["__netlink__/test_it/test_one.nlt"]
    same = project.run()
    same.assert_outcomes(passed=1)
    same.stdout.no_fnmatch_line("*netlink*")


def test_what_differs_is_told(project: Project) -> None:
    project.capture("new.pcapng", "first-route")
    project.write(ONE)
    project.run("--netlink-update")
    change(project)
    before = {path: path.read_bytes() for path in project.folder.rglob("__netlink__/**/*.*")}
    changed = project.run()
    changed.assert_outcomes(failed=1)
    golden = "__netlink__/test_it/test_one.nlt"
    sentence = f"{golden}:*: RTM_NEWROUTE 198.51.100.0/24: gateway was 192.0.2.254, now 192.0.2.9*"
    changed.stdout.fnmatch_lines([
        f"E * {golden}: 1 difference",
        f"E * {sentence}",
        "*- netlink: what changed -*",
        sentence,
        "`pytest --netlink-update=changed test_it.py::test_one` makes this the golden",
        "*- netlink: the conversation -*",
        "conversation *: request, route, ok*",
        "*- netlink: diff -*",
        f"--- {golden}",
        "+++ recorded now",
        "-    gateway: 192.0.2.254",
        "+    gateway: 192.0.2.9",
    ])  # fmt: skip
    assert {path: path.read_bytes() for path in project.folder.rglob("__netlink__/**/*.*")} == before
    folder = project.folder / ".netlink/test_it"
    assert sorted(path.name for path in folder.iterdir()) == [
        "test_one.diff", "test_one.nlt.new", "test_one.pcapng.new", "test_one.report.json",
    ]  # fmt: skip
    assert (folder.parent / ".gitignore").read_text() == "*\n"
    report = json.loads((folder / "test_one.report.json").read_text())
    assert (report["new"], report["verdict"]) == ("test_it.py::test_one", "changed")
    assert {(found["path"], found["old"], found["new"]) for found in report["differences"]} == {
        ("gateway", "192.0.2.254", "192.0.2.9")
    }
    project.run("--netlink-update=changed").assert_outcomes(passed=1)
    assert list(folder.iterdir()) == []


def change(project: Project) -> None:
    """Another gateway in what a program asks; the kernel says of the route what it said."""
    path = project.folder / "new.pcapng"
    data = path.read_bytes()
    gateway = bytes([8, 0, 5, 0, 192, 0, 2])
    at = data.index(gateway + bytes([254])) + len(gateway)
    path.write_bytes(data[:at] + bytes([9]) + data[at + 1 :])


def test_what_a_run_left_can_be_accepted_from_elsewhere(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the test worked in another folder."""
    project.capture("new.pcapng", "rejected")
    project.write(f"""
def test_one(netlink, netlink_golden, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    netlink.read({str(project.folder / "new.pcapng")!r})
    assert netlink == netlink_golden
""", "deep/er/test_there.py")  # fmt: skip
    project.run("--netlink-artifacts=left").assert_outcomes(failed=1)
    assert (project.folder / "left/deep/er/test_there/test_one.nlt.new").exists()
    monkeypatch.chdir(project.folder)
    assert invoke(accept, ["left"]).exit_code == 0
    assert project.goldens() == ["deep/er/__netlink__/test_there/test_one.nlt"]
    project.run().assert_outcomes(passed=1)


def test_what_cannot_be_judged_fails_and_writes_nothing(project: Project) -> None:
    project.capture("new.pcapng", "rejected")
    path = project.folder / "new.pcapng"
    path.write_bytes(path.read_bytes()[:-30])
    project.write(ONE)
    for options in ([], ["--netlink-update"]):
        result = project.run(*options)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(
            ["*the recording: *"] if "new.pcapng:" not in result.stdout.str() else ["*new.pcapng: *"]
        )
        assert project.goldens() == []


def test_several_goldens_and_recordings(project: Project) -> None:
    project.capture("a.pcapng", "rejected")
    project.capture("b.pcapng", "first-route")
    project.write("""
import pytest

def test_two(netlink, netlink_golden):
    first = netlink.read("a.pcapng")
    second = netlink.read("b.pcapng")
    assert first == netlink_golden
    assert netlink_golden("b") == second
    assert netlink == netlink_golden("b")   # the last one
    assert first != netlink_golden("other") or True

def test_one_golden_for_two_recordings(netlink, netlink_golden):
    assert netlink.read("a.pcapng") == netlink_golden
    assert netlink.read("a.pcapng") == netlink_golden

def test_nothing_yet(netlink, netlink_golden):
    assert netlink == netlink_golden
""")
    result = project.run("--netlink-update")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines_random([
        '*test_one_golden_for_two_recordings.nlt: was compared with another recording already: *netlink_golden("name")',
        "*netlink: nothing was recorded yet: netlink.run(*",
    ])  # fmt: skip
    assert {name.rpartition("/")[2] for name in project.goldens()} == {
        "test_two.nlt", "test_two.b.nlt", "test_two.other.nlt", "test_one_golden_for_two_recordings.nlt",
    }  # fmt: skip


def test_conversations_transcript_and_capture(project: Project) -> None:
    project.capture("new.pcapng", "rejected")
    project.write("""
import nlsniff
import pytest

def test_it(netlink):
    netlink.read("new.pcapng")
    refused = netlink.conversations("errno == EINVAL")
    assert refused and {found.errno for found in refused} == {"EINVAL"}
    assert netlink.transcript.text.startswith("nlsniff transcript 1")
    assert len(netlink.conversations()) < len(netlink.capture.conversations)   # without the recorder's own
    with pytest.raises(nlsniff.FilterError):
        netlink.conversations("route.dts")
    assert netlink.returncode is None
    with pytest.raises(nlsniff.NlsniffError):
        netlink.read("absent.pcapng")
""")
    project.run().assert_outcomes(passed=1)


def test_odd_parameters_have_plain_names(project: Project) -> None:
    project.capture("new.pcapng", "rejected")
    project.write(
        """
import pytest
ODD = ["", "a/b", "..", "../../x", "größe", "a\\nb", "x" * 300, "a b", "a*b", "[x]", "::", "A", "1.5", "a-b", "-",
       "%0A::error::"]

@pytest.mark.parametrize("it", ODD)
def test_odd(netlink, netlink_golden, it):
    netlink.read("new.pcapng")
    assert netlink == netlink_golden
    assert netlink == netlink_golden(it)

class TestThem:
    def test_odd(self, netlink, netlink_golden):
        netlink.read("new.pcapng")
        assert netlink == netlink_golden

def test_LONG(netlink, netlink_golden):
    netlink.read("new.pcapng")
    assert netlink == netlink_golden
""".replace("LONG", "y" * 300)
    )
    project.run("-n4", "--netlink-update").assert_outcomes(passed=18)
    names = [name.removeprefix("__netlink__/test_it/") for name in project.goldens()]
    assert len(names) == 2 * 16 - 1 + 2  # the name "" is the first golden
    assert all(re.fullmatch(r"[\w.=+,-]{1,200}\.nlt", name) for name in names), names
    assert {"TestThem.test_odd.nlt", "test_odd-1.5.nlt", "test_odd-a-b.nlt"} <= set(names)
    project.run("-n2", "--dist=loadgroup").assert_outcomes(passed=18)


def test_two_tests_that_claim_one_golden_fail_by_name(project: Project) -> None:
    project.capture("new.pcapng", "rejected")
    project.write("""
import pytest

@pytest.mark.parametrize("it", ["x", "x.y"])
def test_it(netlink, netlink_golden, it):
    netlink.read("new.pcapng")
    assert netlink == netlink_golden(  "y" if it == "x" else "")
""")
    for options in ([], ["-n2"]):
        result = project.run("--netlink-update", *options)
        result.assert_outcomes(passed=1, failed=1)
        test = "test_it.py::test_it[[]x*[]]"
        result.stdout.fnmatch_lines([f"__netlink__/test_it/test_it-x.y.nlt: is the golden of {test} and of {test}: *"])


def test_unused_goldens_are_trimmed_after_a_full_green_run_alone(project: Project) -> None:
    project.capture("new.pcapng", "rejected")
    test = (
        "def test_{0}(netlink, netlink_golden):\n    netlink.read('new.pcapng')\n    assert netlink == netlink_golden\n"
    )
    project.write("".join(map(test.format, ["one", "two", "three"])))
    project.write(test.format("gone"), "test_old.py")
    project.run("--netlink-update").assert_outcomes(passed=4)
    (project.folder / "test_old.py").unlink()
    project.write(test.format("one") + "import pytest\n@pytest.mark.skip\n" + test.format("three"))
    before = project.goldens()
    assert len(before) == 4
    for options, why in (
        (["-k", "one"], "-k may leave tests out"),
        (["test_it.py"], "test_it.py is not all tests"),
        (["test_it.py::test_one"], "test_it.py::test_one is not all tests"),
        (["-x"], "-x may leave tests out"),
        (["--deselect", "test_it.py::test_three"], "--deselect may leave tests out"),
    ):
        result = project.run("--netlink-update=trim", *options)
        result.stdout.fnmatch_lines([f"nothing is trimmed: {why}"])
        assert project.goldens() == before
    project.write("def test_fails(): assert 0", "test_red.py")
    project.run("--netlink-update=trim").stdout.fnmatch_lines(["nothing is trimmed: not every test passed"])
    (project.folder / "test_red.py").unlink()
    assert project.goldens() == before
    result = project.run("--netlink-update=trim", "-n2")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["__netlink__/test_it/test_two.nlt: removed", "*test_old/test_gone.nlt: removed"])
    assert project.goldens() == ["__netlink__/test_it/test_one.nlt", "__netlink__/test_it/test_three.nlt"]
    assert len(list(project.folder.rglob("__netlink__/**/*.pcapng"))) == 2


def test_a_text_that_is_old_passes_with_a_note(project: Project) -> None:
    project.capture("new.pcapng", "rejected")
    project.write(ONE)
    project.run("--netlink-update")
    golden = project.folder / "__netlink__/test_it/test_one.nlt"
    recorded = golden.read_text()
    golden.write_text(recorded.replace("learning: 1", "learned: 1"))
    result = project.run()
    result.assert_outcomes(errors=0, failed=1)
    result.stdout.fnmatch_lines(["*test_one.nlt:*: was edited: it says `learned: 1`, and its capture `learning: 1`*"])
    old = [line for line in golden.read_text().splitlines(keepends=True) if not line.startswith("# checksum ")]
    golden.write_text("".join(old))
    for options in ([], ["-n2"]):
        result = project.run(*options)
        result.assert_outcomes(passed=1)
        result.stdout.fnmatch_lines(["note: __netlink__/test_it/test_one.nlt: was written by another nlsniff*"])
    project.run("--netlink-update=refresh")
    assert "learning: 1" in golden.read_text()


def test_rules_answers_and_markers(project: Project) -> None:
    project.capture("new.pcapng", "rejected")
    project.write(ONE + """
import pytest
@pytest.mark.netlink(answers="full")
def test_full(netlink, netlink_golden):
    netlink.read("new.pcapng")
    assert netlink == netlink_golden

@pytest.mark.netlink(kernel=">=99")
def test_later(netlink): pass

@pytest.mark.netlink(kernel=">=2.6,<99")
def test_now(netlink): pass
""")  # fmt: skip
    (project.folder / "rules.toml").write_text(
        "format = 1\n[[ignore]]\nfilter = 'type == XFRM_MSG_NEWSA'\nreason = 'keys'\n"
    )
    options = ["-o", "netlink_rules=rules.toml", "-o", "netlink_answers=outcome"]
    result = project.run("--netlink-update", "-rs", *options)
    result.assert_outcomes(passed=3, skipped=1)
    result.stdout.fnmatch_lines(["*netlink: needs Linux >=99, and this is *"])
    texts = [(project.folder / f"__netlink__/test_it/test_{name}.nlt").read_text() for name in ("one", "full")]
    assert ["answers outcome" in texts[0], "answers full" in texts[1]] == [True, True]
    assert "XFRM_MSG_NEWSA" not in texts[0]
    project.run(*options).assert_outcomes(passed=3, skipped=1)


def test_what_means_nothing_is_refused(project: Project) -> None:
    project.write("import pytest\n@pytest.mark.netlink(anwsers='full')\ndef test_it(netlink): pass\n")
    project.run().stdout.fnmatch_lines(["*netlink(anwsers=): it takes answers, calm, kernel"])
    project.write("import pytest\n@pytest.mark.netlink(kernel='new')\ndef test_it(netlink): pass\n")
    project.run().stdout.fnmatch_lines(["*kernel='new': expected such as*"])
    for options, words in (
        (["-o", "netlink_answers=all"], "*netlink_answers is 'all': expected outcome, objects, full"),
        (["-o", "netlink_rules=absent.toml"], "*absent.toml: there is no such file"),
        (["--netlink-update=newer"], "*'newer' is none of new, changed, refresh, trim*"),
        (["--netlink-update", "test_it.py"], "*'test_it.py' is none of *equals sign*"),
    ):
        project.write("def test_it(netlink): pass\n")
        result = project.run(*options)
        assert result.ret != 0
        assert any(line for line in [*result.outlines, *result.errlines] if re.search(_pattern(words), line)), words


def _pattern(words: str) -> str:
    return ".*".join(map(re.escape, words.split("*")))


def test_beside_syrupy_and_with_tests_that_run_again(project: Project) -> None:
    project.capture("new.pcapng", "rejected")
    project.write(ONE + """
def test_both(netlink, netlink_golden, snapshot):
    netlink.read("new.pcapng")
    assert netlink == netlink_golden
    assert {"a": 1} == snapshot
    assert netlink.conversations("errno")[0].errno == snapshot
""")  # fmt: skip
    project.run("--netlink-update", plugins=["syrupy"]).assert_outcomes(passed=1, failed=1)
    project.run("--snapshot-update", plugins=["syrupy"]).assert_outcomes(passed=2)
    project.run_with_all("-n2").assert_outcomes(passed=2)


def test_junit_has_the_capture(project: Project) -> None:
    from xml.etree import ElementTree as ET

    project.capture("new.pcapng", "first-route")
    project.write(ONE + "\ndef test_other(): assert 0\n")
    project.run("--netlink-update", "-k", "one")
    change(project)
    for options in (["-n2"], ["-o", "junit_logging=all", "-o", "junit_family=xunit1"]):
        project.run("--junitxml=out.xml", *options).assert_outcomes(failed=2)
        suite = ET.parse(project.folder / "out.xml").getroot()[0]  # noqa: S314  our own
        assert (suite.tag, suite.get("failures")) == ("testsuite", "2")
        cases = {case.get("name"): case for case in suite}
        assert {child.tag for child in cases["test_one"]} == {"properties", "system-out", "failure"} | (
            {"system-err"} if "junit_logging=all" in options else set()
        )
        path = ".netlink/test_it/test_one.pcapng.new"
        said = "".join(text.text or "" for text in cases["test_one"].iter("system-out"))
        attached = re.findall(r"^\[\[ATTACHMENT\|(.*)\]\]$", said, re.MULTILINE)
        assert [os.path.relpath(name, project.folder) for name in attached] == [path] or attached == [path]
        (told,) = cases["test_one"].iter("property")
        assert (told.get("name"), told.get("value")) == ("netlink_capture", path)
        assert len(nlsniff.Capture(project.folder / path))
        assert not list(cases["test_other"].iter("property"))


def test_github_is_told(project: Project) -> None:
    project.capture("new.pcapng", "first-route")
    project.write(ONE)
    project.run("--netlink-update")
    change(project)
    page = project.folder / "page.md"
    for options in ([], ["-n2"]):
        page.write_text("")
        result = project.run(*options, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(page), GITHUB_WORKSPACE="")
        where = "::error file=__netlink__/test_it/test_one.nlt,line=21,title=*"
        result.stdout.fnmatch_lines([f"{where}::RTM_NEWROUTE 198.51.100.0/24: gateway was *"])
        assert "gateway" in page.read_text()
        assert "test&#95;it" in page.read_text()


def test_the_page_has_all(project: Project) -> None:
    page = (ROOT / "docs/pytest.md").read_text()
    options = set(re.findall(r"--netlink-[a-z]+|netlink_[a-z]+ ", project.run("--help").stdout.str()))
    assert len(options) == 5
    assert all(option.strip() in page for option in options)
    public = {name for kind in (Netlink, Recording) for name in vars(kind) if not name.startswith("_")} - {"close"}
    assert {name for name in public if not re.search(rf"\b{name}\b", page)} == set()


def test_no_key_is_in_what_is_left(project: Project) -> None:
    project.capture("new.pcapng", "secrets")
    project.write(ONE)
    keys = keys_of("secrets") | keys_of("wireguard")
    assert keys
    project.run("--netlink-update").assert_outcomes(passed=1)
    project.capture("new.pcapng", "wireguard")
    result = project.run("--junitxml=out.xml", "-vv", "-l")
    result.assert_outcomes(failed=1)
    (project.folder / "said").write_bytes("\n".join([*result.outlines, *result.errlines]).encode())
    (project.folder / "new.pcapng").unlink()
    files = [path for path in project.folder.rglob("*") if path.is_file()]
    assert {"out.xml", "test_one.pcapng.new", "test_one.diff", "test_one.nlt.new", "test_one.pcapng"} <= {
        path.name for path in files
    }
    for path in files:
        data = path.read_bytes()
        for key in keys:
            for form in (key, key.hex().encode(), key.hex(":").encode(), key.hex(" ").encode()):
                assert form.lower() not in data.lower(), path


def test_the_plugin_costs_each_run_of_pytest_next_to_nothing() -> None:
    """At most 3 ms, by CPU time, where to import pytest takes 100."""
    code = (
        "from time import process_time as now; a = now(); import pytest; b = now(); import nlsniff.pytest_plugin; "
        "print((now() - b) / (b - a))"
    )
    command = [sys.executable, "-c", code]
    shares = [float(subprocess.run(command, capture_output=True, text=True, check=True).stdout) for _ in range(5)]
    assert min(shares) < 0.03, shares


def test_the_plugin_loads_nothing() -> None:
    code = (
        "import sys, pytest, nlsniff; before = set(sys.modules); import nlsniff.pytest_plugin; "
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['nlsniff.pytest_plugin']"
