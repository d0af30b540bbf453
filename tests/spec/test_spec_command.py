"""`nlsniff spec`, as an author sees it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from nlsniff.cli.spec import command
from nlsniff.spec.folders import shipped_dir
from tests.cli.invoke import invoke
from tests.spec.make import DATA

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.invoke import Result


def run(*args: str) -> Result:
    return invoke(command, args)


DOUBTFUL = """
name: doubtful
protocol: netlink-raw
protonum: 20
operation: green
definitions:
  - name: head
    type: struct
    members:
      - {name: kind, type: u8}
      - {name: length, type: u32}
  - name: never
    type: enum
    entries: [a, {name: b, value: 0}]
attribute-sets:
  - name: main
    attributes:
      - {name: one, type: u32, enum: elsewhere}
      - {name: two, type: binary, family-from: famly}
      - {name: two, type: u8}
      - {name: famliy, type: u8, value: 2}
  - name: lost
    attributes: []
operations:
  enum-model: directional
  fixed-header: head
  list:
    - {name: say, attribute-set: main, do: {request: {value: 5}}, summary: "{one} [{tow}"}
    - {name: stray, attribute-set: main, do: {request: {value: 6, attributes: [one, tow]}}}
    - {name: again, attribute-set: main, do: {request: {value: 5}}}
"""

SAID = """\
F:5: warning: unknown key 'operation': did you mean operations?
F:11: warning: head: length stands at offset 1, C puts it at 4 (`layout: c` aligns as C does)
F:12: warning: no operation leads to definition never
F:14: warning: entry b has the number of a, 0
F:18: warning: no enum 'elsewhere', so its numbers have no names: nothing here has a name like it
F:19: warning: nothing is called 'famly': did you mean famliy?
F:20: error: main: 'two' comes twice
F:21: error: attribute famliy has the number of two, 2
F:22: warning: no operation leads to attribute set lost
F:28: warning: 2 brackets open and 1 close
F:28: warning: the summary has a { alone, which is printed as it is: expected {NAME}, or \\{
F:28: warning: the summary shows 'tow', which nothing is called: did you mean two?
F:29: warning: main has no 'tow': did you mean two or two?
F:30: error: operation again has the number of say, 5; `when:` may tell them apart
F: doubtful, 3 operations, 2 attribute sets
"""


def test_what_is_doubtful_is_said(tmp_path: Path) -> None:
    path = tmp_path / "doubtful.yaml"
    path.write_text(DOUBTFUL.replace("{one} [{tow}", "{one} [[{tow}] {one"))
    result = run("check", str(path))
    assert result.output.replace(str(path), "F") == SAID
    assert result.exit_code == 1


def test_a_summary_may_ask_for_the_header(tmp_path: Path) -> None:
    path = tmp_path / "asks.yaml"
    path.write_text(DOUBTFUL.replace("{one} [{tow}", "[{?nlmsghdr.flags==1536}new ]{one}[{?nlmsghdr.age==1} {one}]"))
    said = [line.partition("the summary ")[2] for line in run("check", str(path)).output.splitlines()]
    assert [line for line in said if line] == [
        f"shows {name!r}, which nothing is called: nothing here has a name like it" for name in ("age", "nlmsghdr")
    ]


def test_every_shipped_dissector_is_without_fault() -> None:
    result = run("check", "--strict", *map(str, sorted(shipped_dir().glob("*.yaml"))))
    assert result.exit_code == 0, result.output


def test_a_broken_one_is_one_line_and_an_error(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("name: x\nprotocol: pigeon\n")
    result = run("check", str(path))
    assert result.output == (
        f"{path}:2: error: 'pigeon' is no protocol: expected netlink-raw, genetlink or genetlink-legacy\n"
    )
    assert result.exit_code == 1


def test_a_missing_file_is_said() -> None:
    from nlsniff.errors import NlsniffError

    with pytest.raises(NlsniffError, match=r"^/nowhere.yaml: No such file or directory$"):
        run("check", "/nowhere.yaml")


def test_warnings_are_errors_where_one_wants_it(tmp_path: Path) -> None:
    path = tmp_path / "newer.yaml"
    path.write_text("name: x\nprotocol: genetlink\nsparkle: 1\n")
    assert run("check", str(path)).exit_code == 0
    assert run("check", "--strict", str(path)).exit_code == 1


def test_the_layout_of_structs() -> None:
    result = run("check", "--layout", str(DATA / "every.yaml"))
    assert result.exit_code == 0, result.output
    assert (
        "struct header: 8 bytes\n"
        "      0     1  kind                     u8\n"
        "      1     1  gap                      pad\n"
        "      2     2  port                     u16 big-endian\n"
        "      4     4  lamps                    u32\n"
    ) in result.output


def test_an_overlay_is_checked_on_what_it_corrects(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "every.yaml").write_text((DATA / "every.yaml").read_text())
    over = tmp_path / "over.yaml"
    over.write_text("name: every\noverlay: true\nattribute-sets:\n  - {name: main, summary: '{bite}'}\n")
    result = run("check", "--spec", str(tmp_path / "base"), str(over))
    assert f"{over}:4: warning: the summary shows 'bite', which nothing is called" in result.output
    assert "every.yaml:" not in result.output
    lone = run("check", str(over))
    assert lone.output == f"{over}:1: error: an overlay of every, but there is no dissector of that name (see --spec)\n"
    assert lone.exit_code == 1


def test_the_list_says_what_is_in_use(tmp_path: Path) -> None:
    (tmp_path / "rt-nsid.yaml").write_text((shipped_dir() / "rt-nsid.yaml").read_text())
    (tmp_path / "over.yaml").write_text("name: rt-rule\noverlay: true\ndoc: Mine.\n")
    result = run("list", "--spec", str(tmp_path))
    assert result.exit_code == 0
    lines = result.output.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("rt-nsid "))
    assert lines[at].split() == ["rt-nsid", "route", "3", "operations", "user", str(tmp_path / "rt-nsid.yaml")]
    assert lines[at + 1].split() == ["hides", str(shipped_dir() / "rt-nsid.yaml")]
    rows = [json.loads(line) for line in run("list", "--json", "--spec", str(tmp_path)).output.splitlines()]
    rule = next(row for row in rows if row["name"] == "rt-rule")
    assert (rule["layer"], rule["overlays"]) == ("shipped", [str(tmp_path / "over.yaml")])


@pytest.mark.filterwarnings("ignore")
def test_the_list_says_what_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("name: x\nprotocol: genetlink\nattribute-sets: [{name: a, subset-of: b}]\n")
    result = run("list", "--spec", str(tmp_path))
    assert result.exit_code == 1
    assert "cannot be used" in result.output
