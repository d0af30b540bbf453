from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

import pytest

from nlsniff.cli.fields import command
from nlsniff.decode.context import MAX_DEPTH
from nlsniff.filter.compile import compile_filter
from nlsniff.filter.complete import Completion, complete
from nlsniff.filter.errors import FilterError
from nlsniff.filter.fields import all_fields
from nlsniff.filter.header import HEADER
from nlsniff.filter.words import WORDS
from nlsniff.output.columns import Columns
from nlsniff.spec.registry import Registry
from tests.cli.invoke import invoke
from tests.spec.make import attr, bench, nest, raw_family, u32
from tests.support import REGISTRY, messages_of

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.wire.nlmsg import Order

FIELDS = {item.name: item for item in all_fields(REGISTRY)}

SPEC = """
name: moon
protocol: genetlink
doc: A family of a test.
definitions:
  - {name: phase, type: enum, name-prefix: moon-phase-, entries: [new, {name: full, doc: as bright as it gets}]}
  - {name: shade, type: flags, entries: [dark, bright]}
  - name: head
    type: struct
    members:
      - {name: craters, type: u32, doc: how many}
      - {name: gap, type: pad, len: 2}
      - {name: rims, type: u16, count: 3}
attribute-sets:
  - name: top
    attributes:
      - {name: phase, type: u8, enum: phase}
      - {name: shades, type: u32, enum: shade, enum-as-flags: true}
      - {name: pad, type: pad}
      - {name: inner, type: nest, nested-attributes: top, doc: a moon of a moon}
      - {name: rocks, type: indexed-array, sub-type: nest, nested-attributes: rock}
      - {name: piles, type: indexed-array, sub-type: indexed-array, nested-attributes: rock}
      - {name: place, type: binary, display-hint: ipv4-or-v6}
      - {name: seen_by, type: string, multi-attr: true}
      - {name: kind, type: string}
      - {name: data, type: sub-message, sub-message: data, selector: kind}
      - {name: by-id, type: nest-type-value, type-value: [id], nested-attributes: rock}
  - {name: rock, attributes: [{name: size, type: u32, unit: ms}, {name: heads, type: binary, array-of: head}]}
  - {name: big, attributes: [{name: weight, type: u64}]}
sub-messages:
  - {name: data, formats: [{value: big, attribute-set: big}, {value: small, struct: head}]}
operations:
  list: [{name: look, doc: Look at it., attribute-set: top, fixed-header: head, do: {request: {value: 1}}}]
"""


@pytest.fixture
def moon(tmp_path: Path) -> Registry:
    (tmp_path / "moon.yaml").write_text(SPEC)
    return Registry([tmp_path])


def test_every_field_of_a_dissector_is_listed(moon: Registry) -> None:
    found = {item.name: item for item in all_fields(moon) if item.name.startswith("genl.moon.")}
    assert {name.removeprefix("genl.moon."): item.type for name, item in found.items()} == {
        "craters": "u32", "rims": "list of u16", "phase": "u8 enum", "shades": "u32 flags", "inner": "nest",
        "rocks": "list of nest", "rocks.size": "u32", "rocks.heads": "list of head", "rocks.heads.craters": "u32",
        "rocks.heads.rims": "list of u16", "piles": "list of indexed-array", "piles.size": "u32",
        "piles.heads": "list of head", "piles.heads.craters": "u32", "piles.heads.rims": "list of u16",
        "place": "address", "seen_by": "text", "kind": "text", "data": "nest",
        "data.weight": "u64", "data.craters": "u32", "data.rims": "list of u16", "by-id": "nest", "by-id.id": "u32",
        "by-id.id.size": "u32", "by-id.id.heads": "list of head", "by-id.id.heads.craters": "u32",
        "by-id.id.heads.rims": "list of u16",
    }  # fmt: skip
    assert found["genl.moon.phase"].values == ("new", "full")
    assert found["genl.moon.shades"].values == ("dark", "bright")
    assert found["genl.moon.craters"].doc == "how many"
    assert found["genl.moon.craters"].dissector.endswith("moon.yaml")


def test_what_nests_itself_is_listed_once_and_found_at_any_depth(moon: Registry) -> None:
    for text in ("genl.moon.inner.inner.inner.phase == full", "genl.moon.by-id.id == 3", "genl.moon.data.craters > 1",
                 "genl.moon.data.weight > 1", "GENL.Moon.seen-by == x", "genl.moon.phase == MOON_PHASE_FULL",
                 "genl.moon.rocks.size < 1.5s", "genl.moon.inner.unknown-9", "type == MOON_CMD_LOOK"):  # fmt: skip
        compile_filter(text, moon)


def test_fields_are_listed_in_so_many_nests(tmp_path: Path) -> None:
    deep = MAX_DEPTH + 8
    rows = [
        f"- {{name: s{at}, attributes: [{{name: n, type: nest, nested-attributes: s{at + 1}}}]}}" for at in range(deep)
    ]
    rows.append(f"- {{name: s{deep}, attributes: [{{name: n, type: u8}}]}}")
    made = bench(tmp_path, raw_family("- {name: n, type: nest, nested-attributes: s0}", more="\n".join(rows)))
    found = [item.name for item in all_fields(made.registry) if item.name.startswith("made.")]
    assert found == [f"made{'.n' * nests}.n" for nests in range(MAX_DEPTH + 1)]


def test_what_stands_in_a_list_of_lists_is_found(tmp_path: Path) -> None:
    made = bench(tmp_path, SPEC)
    piles = nest(6, nest(0, nest(0, attr(1, u32(3))), nest(1, attr(1, u32(4)))), nest(1, nest(0, attr(1, u32(5)))))
    message = made.generic("moon", 1, bytes(12) + piles)
    found = {
        size for size in range(9) if compile_filter(f"genl.moon.piles.size == {size}", made.registry).matches(message)
    }
    assert found == {3, 4, 5}


def test_every_field_that_is_listed_can_be_used() -> None:
    assert len(FIELDS) > 1500
    for name in FIELDS:
        compile_filter(name, REGISTRY)


def test_every_name_of_a_value_can_be_used() -> None:
    for item in FIELDS.values():
        for value in item.values[:3]:
            compile_filter(f'{item.name} == "{value}"', REGISTRY)


def test_fields_of_the_header_come_first_and_say_what_they_are() -> None:
    assert list(FIELDS)[: len(HEADER)] == list(HEADER)
    assert all(item.doc and not item.dissector for item in list(FIELDS.values())[: len(HEADER)])


# -- nlsniff fields ----------------------------------------------------------------------------------------------


def fields(*arguments: str) -> list[str]:
    result = invoke(command, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def test_the_command_lists_by_part_and_by_glob() -> None:
    assert [line.split()[0] for line in fields("xfrm.sel.?addr")] == ["xfrm.sel.daddr", "xfrm.sel.saddr"]
    assert all("mtu" in line.split()[0] for line in fields("MTU"))
    assert fields("Route.RTM_dst_len") == [
        "route.rtm-dst-len  u8  Prefix length of dst, 0 for a default route  [rt-route.yaml]"
    ]
    assert fields("flags.dump") == [
        "flags.dump-intr      yes/no  NLM_F_DUMP_INTR is set.",
        "flags.dump-filtered  yes/no  NLM_F_DUMP_FILTERED is set.",
        "flags.dump           yes/no  NLM_F_DUMP is set.",
    ]


def test_the_command_prints_json() -> None:
    (found,) = (json.loads(line) for line in fields("--json", "route.rtm-scope"))
    assert list(found) == ["name", "type", "values", "dissector", "doc"]
    assert found["values"][:2] == ["universe", "site"]
    assert len(fields("--json")) == len(FIELDS)


def test_the_command_reads_other_dissectors(tmp_path: Path) -> None:
    (tmp_path / "moon.yaml").write_text(SPEC)
    assert fields("--spec", str(tmp_path), "genl.moon.phase") == ["genl.moon.phase  u8 enum  {new, full}  [moon.yaml]"]


def test_the_command_says_when_nothing_matches() -> None:
    result = invoke(command, ["bogus"])
    assert result.exit_code == 1
    assert 'no field matches "bogus"' in result.stderr


# -- completion --------------------------------------------------------------------------------------------------


def offered(text: str, registry: Registry = REGISTRY) -> list[str]:
    """Completions at `|`, or at the end."""
    cursor = text.index("|") if "|" in text else len(text)
    found = complete(text.replace("|", ""), cursor, registry)
    assert all(isinstance(item, Completion) and 0 <= item.start <= cursor for item in found)
    return [item.text for item in found]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", {"type", "flags", "route.", "genl.", "not"}),
        ("rou", {"route."}),
        ("route.ds", {"route.dst"}),
        ("type == RTM_NEWROUTE and xfrm.sel.d", {"xfrm.sel.daddr", "xfrm.sel.dport"}),
        ("genl.", {"genl.cmd", "genl.nlctrl."}),
        ("genl.nlctrl.family-n", {"genl.nlctrl.family-name"}),
        ("flags.du", {"flags.dump"}),
        ("not (link.ifn", {"link.ifname"}),
        ("link.|ifname", {"link.ifname", "link.mtu"}),
        ("link.ifname ", {"==", "matches", "contains", "in", "and", "or", "not"}),
        ("seq ", {"<", ">=", "in"}),
        ("seq m", set()),
        ("route.rtm-scope == ", {"link", "host", "universe"}),
        ("route.rtm-scope == ho", {"host"}),
        ("route.rtm-scope in {link, ", {"host"}),
        ("type == RTM_NEWRO", {"RTM_NEWROUTE"}),
        ("type == newro", {"RTM_NEWROUTE"}),
        ("protocol == ", {"route", "xfrm"}),
        ("link.ifi-flags contains u", {"up"}),
        ("status == un", {"unanswered"}),
        ("seq == 5 ", {"and", "or"}),
        ("seq == 5 a", {"and"}),
        ("mtu", {"link.mtu", "summary contains mtu"}),
        ("erro", {"errno"}),
        ("error", {"errno"}),
        ("slow", {"took > 10ms"}),
        ("deleted", {"type contains DEL"}),
        ("not (del", {"type contains DEL"}),
        ("RTM_DELADDR", {"type == RTM_DELADDR"}),
        ("deladdr", {"type == RTM_DELADDR"}),
        ("ENODEV", {"errno == ENODEV"}),
        ("conversaton", {"conversation"}),
        ("route.dts", {"route.dst"}),
        ("errno == EINVALID", {"EINVAL"}),
        ("type == RTM_NEWROUT3", {"RTM_NEWROUTE"}),
        ("192.0.2.1", {"summary contains 192.0.2.1"}),
    ],
)
def test_what_is_offered(text: str, wanted: set[str]) -> None:
    found = offered(text)
    assert wanted <= set(found)
    assert bool(wanted) == bool(found)


def test_what_the_capture_has_comes_first() -> None:
    def seen(field: str) -> list[tuple[str, str]]:
        return {"type": [("RTM_GETLINK", "in 7 messages")], "process": [("ip[412]", ""), ('a "b"', "")]}.get(field, [])

    def told(text: str) -> list[str]:
        return [item.text for item in complete(text, len(text), REGISTRY, seen)]

    assert told("type == ")[:2] == ["RTM_GETLINK", "NLMSG_NOOP"]
    assert told("type == get")[0] == "RTM_GETLINK"
    assert told("process == ") == ["ip[412]", '"a \\"b\\""']
    assert told("process == i") == ["ip[412]"]
    assert told("ip[") == ["process == ip[412]", "summary contains ip["]
    assert told("getlink")[0] == "type == RTM_GETLINK"
    found = complete("type == ", 8, REGISTRY, seen)
    assert found[0].doc == "in 7 messages  Ask for one link or a dump of all."
    assert len({item.text for item in found}) == len(found)


@pytest.mark.parametrize("word", WORDS)
def test_what_a_word_stands_for_is_a_filter(word: str) -> None:
    meant = WORDS[word]
    compile_filter(meant.filter, REGISTRY)
    assert offered(word)[0] == meant.filter
    with pytest.raises(FilterError) as caught:  # else it would mean itself
        compile_filter(word, REGISTRY)
    assert meant.filter in caught.value.reason


def test_nothing_is_offered_behind_what_is_wrong() -> None:
    for text in ("seq == == ", "5 ", 'link.ifname == "ve', ") "):
        assert offered(text) == [], text


def test_a_completion_says_where_it_begins_and_what_it_means() -> None:
    (found,) = complete("seq > 5 and route.rtm-dst-l == 24", 27, REGISTRY)
    assert found == Completion("route.rtm-dst-len", 12, "Prefix length of dst, 0 for a default route")
    assert ("full", "as bright as it gets") in [
        (item.text, item.doc) for item in complete("genl.moon.phase == ", 19, moon_registry())
    ]


def test_a_name_that_is_no_word_is_offered_in_quotes(tmp_path: Path) -> None:
    names = ["one", "1..3", "two words", "a,b", "'", "é"]
    made = bench(tmp_path, raw_family(
        "- {name: color, type: u8, enum: color}",
        definitions=f"- {{name: color, type: enum, entries: {names}}}",
    ))  # fmt: skip
    for text, shown in zip(offered("made.color == ", made.registry), names, strict=True):
        assert text in {shown, f'"{shown}"'}
        assert (text == shown) == (shown in {"one", "é"})
        message = made.message(20, 16200, attr(1, bytes([names.index(shown)])))
        assert compile_filter(f"made.color == {text}", made.registry).matches(message)


def moon_registry() -> Registry:
    import tempfile  # the fixture's folder is not at hand where a test takes none
    from pathlib import Path

    folder = Path(tempfile.mkdtemp())
    (folder / "moon.yaml").write_text(SPEC)
    return Registry([folder])


@pytest.mark.parametrize(("order", "info"), [("<", 10 << 16 | 0x0008), (">", 10 << 16 | 0x0800)])
def test_parts_of_a_number_are_fields(order: Order, info: int) -> None:
    tcmsg = struct.pack(f"{order}B3xiIII", 0, 3, 0, 0, info)
    (message,) = messages_of(struct.pack(f"{order}IHHII", 36, 44, 1, 1, 0) + tcmsg, 0, order)
    for text, holds in (
        ("tc.info.priority == 10", True),
        ("tc.info.priority > 10", False),
        ("tc.info.protocol == ip", True),
        ("tc.info.protocol == 0x0800", True),
        ("tc.info.protocol in {arp, ipv6}", False),
        ("tc.info.priority", True),
        (f"tc.info == {info}", True),
        ("tc.info < 5", False),
    ):
        assert compile_filter(text, REGISTRY).matches(message) is holds, text
    assert Columns(["tc.info.priority", "tc.info.protocol"]).row(message) == "10\tip\n"
    assert [item.text for item in complete("tc.info.pr", 10, REGISTRY)] == ["tc.info.protocol", "tc.info.priority"]
    assert FIELDS["tc.info.protocol"].type == "u64 enum"
