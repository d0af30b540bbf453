"""The facts are what C says, and the rules of layout are those of the compiler."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.uapi import audit, dialect, extract, findings
from tests.uapi import facts as recorded
from tests.uapi.compiler import INSTALLED, need_compiler
from tests.uapi.whole import whole

if TYPE_CHECKING:
    from pathlib import Path

HEADER = """
#ifndef _LINUX_SAMPLE_H
#define _LINUX_SAMPLE_H
#include <linux/types.h>
#include <linux/sample_part.h>

enum sample_type {
	SAMPLE_TYPE_UNSPEC,
	SAMPLE_TYPE_FIRST,
#define SAMPLE_TYPE_FIRST SAMPLE_TYPE_FIRST
	SAMPLE_TYPE_FAR = 0x80000000,
	__SAMPLE_TYPE_MAX
};
enum { SAMPLE_BELOW = -1, SAMPLE_ABOVE = 1 };
enum { SAMPLE_ALL = ~0ULL };

#define SAMPLE_LEN 16
#define SAMPLE_TWICE (2 * SAMPLE_LEN)
#define SAMPLE_NAME "sample"
#define SAMPLE_CAST ((void *)0)
#define SAMPLE_CALL(x) ((x) + 1)
#define SAMPLE_BROKEN )(
#define SAMPLE_EMPTY

struct sample {
	__u8 kind;
	__be32 spi;
	char name[SAMPLE_LEN];
	struct sample_part part[2][3];
	struct { __u16 left; __u16 right; };
	union { __u64 wide; __u8 narrow[8]; } number;
	__u8 low:3, high:5;
	__u8 rest[];
};
typedef struct { __u8 one; } sample_unnamed;
struct sample_only_promised;
#endif
"""

PART = """
#include <linux/types.h>
#define SAMPLE_PART_LEN 3
struct sample_part { __u16 a; __u8 b[SAMPLE_PART_LEN]; };
struct sample_part_unused { int x; };
"""

GOLDEN = """\
{
 "release": "1.0",
 "headers": {
  "linux/sample.h": {
   "enums": [
    {
     "SAMPLE_TYPE_UNSPEC": 0,
     "SAMPLE_TYPE_FIRST": 1,
     "SAMPLE_TYPE_FAR": 2147483648,
     "__SAMPLE_TYPE_MAX": 2147483649
    },
    {
     "SAMPLE_BELOW": -1,
     "SAMPLE_ABOVE": 1
    },
    {
     "SAMPLE_ALL": 18446744073709551615
    }
   ],
   "defines": {
    "SAMPLE_LEN": 16,
    "SAMPLE_TWICE": 32
   },
   "structs": {
    "sample": {
     "size": 80,
     "members": {
      "kind": [0, 1, 1, ""],
      "spi": [4, 4, 1, "be32"],
      "name": [8, 1, 16, ""],
      "part": [24, 6, 6, "struct sample_part"],
      "left": [60, 2, 1, ""],
      "right": [62, 2, 1, ""],
      "number": [64, 8, 1, ""],
      "low": [72, 0, 1, "bits 0 3"],
      "high": [72, 0, 1, "bits 3 5"],
      "rest": [73, 1, 0, ""]
     }
    },
    "sample_unnamed": {
     "size": 1,
     "members": {
      "one": [0, 1, 1, ""]
     }
    }
   }
  },
  "linux/sample_part.h": {
   "enums": [],
   "defines": {},
   "structs": {
    "sample_part": {
     "size": 6,
     "members": {
      "a": [0, 2, 1, ""],
      "b": [2, 1, 3, ""]
     }
    }
   }
  }
 }
}
"""


def header_folder(folder: Path, **headers: str) -> Path:
    """Make an include folder with some headers of its own beside the installed ones."""
    (folder / "linux").mkdir(parents=True, exist_ok=True)
    for name, text in headers.items():
        (folder / "linux" / f"{name}.h").write_text(text)
    return folder


def test_facts_of_a_header(tmp_path: Path) -> None:
    need_compiler()
    facts = extract.extract(
        header_folder(tmp_path, sample=HEADER, sample_part=PART), ["linux/sample.h", "linux/gone.h"]
    )
    assert recorded.dump(facts, "1.0") == GOLDEN
    written = tmp_path / "facts.json"
    written.write_text(GOLDEN)
    assert recorded.load(written) == ("1.0", facts)


def test_a_header_that_does_not_compile_is_named(tmp_path: Path) -> None:
    need_compiler()
    folder = header_folder(tmp_path, bad="int )x;")
    with pytest.raises(extract.ExtractError, match=r"^linux/bad\.h does not compile: .*bad\.h:1"):
        extract.extract(folder, ["linux/bad.h"])


def test_no_compiler_says_what_to_install() -> None:
    with pytest.raises(extract.ExtractError, match=r"^cannot run no-such-gcc: No such file or directory; install gcc$"):
        extract.extract(INSTALLED, ["linux/rtnetlink.h"], compiler="no-such-gcc")


def test_recorded_facts_are_in_the_form_that_is_written() -> None:
    release, facts = recorded.load(audit.FACTS)
    assert release == "7.2"
    assert recorded.dump(facts, release) == audit.FACTS.read_text()


# ---- layout --------------------------------------------------------------------------------------------------------

SCALARS = {"u8": "__u8", "u16": "__u16", "u32": "__u32", "u64": "__u64", "s8": "__s8", "s32": "__s32", "s64": "__s64"}

members = st.lists(st.tuples(st.sampled_from(sorted(SCALARS)), st.integers(1, 3)), min_size=1, max_size=7)
structs = st.lists(members, min_size=1, max_size=20)


@settings(max_examples=10, deadline=None)
@given(structs)
def test_layout_c_is_what_the_compiler_does(tmp_path_factory: pytest.TempPathFactory, drawn: list[Any]) -> None:
    """Every struct nests the one before it, so that alignment has to travel."""
    need_compiler()
    text = ["#include <linux/types.h>"]
    definitions: list[dict[str, Any]] = []
    for number, fields in enumerate(drawn):
        c_fields = [f"{SCALARS[kind]} m{index}[{count}];" for index, (kind, count) in enumerate(fields)]
        listed: list[dict[str, Any]] = [
            {"name": f"m{index}", "type": kind, "count": count} for index, (kind, count) in enumerate(fields)
        ]
        if number:
            c_fields.insert(1, f"struct s{number - 1} inner;")
            listed.insert(1, {"name": "inner", "type": "binary", "struct": f"s{number - 1}"})
        text.append(f"struct s{number} {{ {' '.join(c_fields)} }};")
        definitions.append({"name": f"s{number}", "type": "struct", "layout": "c", "members": listed})
    folder = header_folder(tmp_path_factory.mktemp("layout"), drawn="\n".join(text))
    facts = extract.extract(folder, ["linux/drawn.h"])
    shutil.rmtree(folder)
    dissector = dialect.Dissector("drawn", {"name": "drawn", "definitions": definitions})
    comparison = audit.Audit(facts, findings.Exceptions())
    assert [str(difference) for difference in comparison.run([dissector])] == []
    assert comparison.compared == len(drawn)


# ---- the rest of the tool ------------------------------------------------------------------------------------------


def test_an_idle_exception_is_an_error() -> None:
    _, facts = recorded.load(audit.FACTS)
    sections = {
        "no-counterpart": {"xfrm": {"struct gone": "it was there once"}},
        "network-order": {"xfrm": {"definition gone": "nothing"}},
    }
    exceptions = findings.Exceptions(sections, {"RTM_NEWROUTE": "nobody adds routes"})
    partial = {name: header for name, header in facts.items() if not whole(name)}
    differences = audit.Audit(partial, exceptions).run([], whole=True)
    assert [str(difference) for difference in differences] == [
        "xfrm: struct gone: is listed in no-counterpart.yaml: no-counterpart, nothing needs it",
        "xfrm: definition gone: is listed in no-counterpart.yaml: network-order, nothing needs it",
        "left-out: RTM_NEWROUTE: is listed in no-counterpart.yaml, but nothing misses it",
    ]


FLAT = ("left-out", "unread", "not-sent")  # sections without dissectors


def test_every_exception_has_a_reason() -> None:
    data = yaml.safe_load(findings.EXCEPTIONS.read_text())
    assert set(data) == {*findings.SECTIONS, *FLAT}
    reasons = [reason for name in FLAT for reason in data.pop(name).values()]
    del data["arrays"], data["subsystems"]  # say prefix and first number, and a constant, instead
    for section in data.values():
        reasons += [reason for subjects in section.values() for reason in subjects.values()]
    assert all(isinstance(reason, str) and len(reason) > 10 for reason in reasons)


SMALL = """
name: small
protocol: genetlink
uapi-header: linux/genetlink.h
attribute-sets:
  - {name: ops, name-prefix: ctrl-attr-op-, attributes: [{name: id, type: u32}, {name: flags, type: u16, value: 3}]}
"""


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(SMALL)
    assert audit.main([str(file)]) == 1
    out, err = capsys.readouterr()
    assert out == "small: attribute-set ops/flags: is 3, but CTRL_ATTR_OP_FLAGS is 2\n"
    assert err == "2 constants and structs of 1 dissectors compared, 1 differences\n"
    file.write_text(SMALL.replace("value: 3", "value: 2"))
    assert audit.main([str(file)]) == 0
    file.write_text("[")
    assert audit.main([str(file)]) == 2
