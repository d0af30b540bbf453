"""The keys that nlsniff adds to the kernel's format, each on bytes made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.spec.make import attr, be16, be32, bench, nest, problems, raw_family, said, shown, u8, u16, u32, u64

if TYPE_CHECKING:
    from pathlib import Path

    from nlsniff.decode.message import NetlinkMessage


def one(folder: Path, attribute: str, payload: bytes, definitions: str = "", **keys: Any) -> NetlinkMessage:
    """A message with one attribute, `x`."""
    return said(folder, raw_family(f"- {{name: x, {attribute}}}", definitions=definitions, **keys), attr(1, payload))


def struct(members: str, keys: str = "") -> str:
    return f"- {{name: s, type: struct, {keys} members: [{members}]}}"


@pytest.mark.parametrize(
    ("attribute", "payload", "value", "text"),
    [
        ("type: binary, display-hint: text", b"a\0b\0", "a\0b\0", "a\\x00b\\x00"),
        ("type: u32, display-hint: date", u32(86400), 86400, "1970-01-02T00:00:00Z"),
        ("type: u32, display-hint: date", u32(0), 0, "never"),
        ("type: u32, display-hint: dotted", u32(0xC0000201), 0xC0000201, "192.0.2.1"),
        ("type: binary, display-hint: base64", b"\xff\xfe", "//4=", "//4="),
        ("type: u32, display-hint: bitmap", u32(0b1011), 11, "0-1,3 of 32"),
        ("type: binary, sub-type: u32, display-hint: bitmap", u32(0) + u32(1), [0, 1], "32 of 64"),
        ("type: binary, sub-type: u32, display-hint: bitmap", u32(0xFFFFFFFF) * 2, [0xFFFFFFFF] * 2, "0-63 of 64"),
        ("type: u8, display-hint: bitmap", u8(0), 0, "none of 8"),
        ("type: u32, display-hint: tc-handle", u32(0x10010), 0x10010, "1:10"),
        ("type: u32, display-hint: tc-handle", u32(0x10000), 0x10000, "1:"),
        ("type: u32, display-hint: tc-handle", u32(0x10), 0x10, ":10"),
        ("type: u32, display-hint: tc-handle", u32(0xFFFFFFFF), 0xFFFFFFFF, "root"),
        ("type: u32, display-hint: tc-handle", u32(0xFFFFFFF1), 0xFFFFFFF1, "ingress"),
        ("type: u32, display-hint: tc-handle", u32(0xFFFFFFF2), 0xFFFFFFF2, "ffff:fff2"),
        ("type: u32, display-hint: tc-u32-handle", u32(0x80001002), 0x80001002, "800:1:2"),
        ("type: u32, display-hint: rate", u32(125000), 125000, "1 Mbit/s"),
        ("type: u32, display-hint: ticks", u32(15625), 15625, "1 ms"),
        ("type: u32, display-hint: fraction", u32(0x80000000), 0x80000000, "50 %"),
        ("type: s32, display-hint: tc-action", u32(0x20000005), 0x20000005, "goto chain 5"),
        ("type: binary, display-hint: mac", bytes(range(6)), "00:01:02:03:04:05", "00:01:02:03:04:05"),
        ("type: binary, display-hint: mac", bytes([192, 0, 2, 1]), "192.0.2.1", "192.0.2.1"),
        ("type: binary, display-hint: mac", bytes(15) + b"\1", "::1", "::1"),
        ("type: binary, display-hint: ipv4-or-v6", b"", "", "any"),
        (
            "type: u64, special: {0: none, 18446744073709551615: infinite}",
            u64((1 << 64) - 1),
            (1 << 64) - 1,
            "infinite",
        ),
        ("type: u32, unit: ms", u32(5), 5, "5 ms"),
        ("type: u8, hook: flag-or-value", b"", True, "yes"),
        ("type: u8, hook: flag-or-value", u8(3), 3, "3"),
    ],
)
def test_how_a_value_is_shown(tmp_path: Path, attribute: str, payload: bytes, value: Any, text: str) -> None:
    message = one(tmp_path, attribute, payload)
    node = message.root.get("x")
    assert node is not None
    assert (node.value, node.text) == (value, text)
    assert problems(message) == []
    assert message.counts.unknown == 0


def test_layout_c_leaves_the_gaps_that_c_leaves(tmp_path: Path) -> None:
    members = "{name: a, type: u8}, {name: b, type: u64}, {name: c, type: u16}"
    message = one(
        tmp_path,
        "type: binary, struct: s",
        u8(1) + bytes(7) + u64(2) + u16(3) + bytes(6),
        struct(members, "layout: c,"),
    )
    assert shown(message)["x"] == {"a": 1, "b": 2, "c": 3}
    assert (message.counts.padding, message.counts.unknown) == (13, 0)


NO_NUL = ("warning", "x has no NUL at its end; the kernel wants one")
SO_BE_IT = ("note", "x has no NUL at its end")


@pytest.mark.parametrize(
    ("protocol", "checks", "text", "found"),
    [
        ("genetlink-legacy", "{}", b"eth0", [SO_BE_IT]),
        ("genetlink-legacy", "{unterminated-ok: false}", b"eth0", [NO_NUL]),
        ("genetlink-legacy", "{unterminated-ok: false}", b"", [NO_NUL]),
        ("genetlink-legacy", "{unterminated-ok: false}", b"eth0\0\0",
         [("note", "x has more than one NUL at its end: 2")]),
        ("genetlink-legacy", "{unterminated-ok: false, max-len: 3}", b"eth\0", []),
        ("genetlink-legacy", "{unterminated-ok: false, max-len: 3}", b"eth0\0",
         [("warning", "x has no NUL among its first 4 bytes; the kernel wants one")]),
        ("genetlink", "{}", b"eth0", [NO_NUL]),
        ("genetlink", "{max-len: four}", b"eth0\0", []),
        ("genetlink", "{max-len: four}", b"eth00\0",
         [("warning", "x has no NUL among its first 5 bytes; the kernel wants one")]),
        ("genetlink", "{unterminated-ok: true}", b"eth0", [SO_BE_IT]),
    ],
)  # fmt: skip
def test_a_text_without_the_nul_that_the_kernel_wants(
    tmp_path: Path, protocol: str, checks: str, text: bytes, found: list[tuple[str, str]]
) -> None:
    spec = f"""
name: made
protocol: {protocol}
definitions: [{{name: four, type: const, value: 4}}]
attribute-sets:
  - {{name: a, attributes: [{{name: x, type: string, checks: {checks}}}]}}
operations:
  list: [{{name: get, value: 1, attribute-set: a, do: {{request: {{attributes: [x]}}}}}}]
"""
    assert problems(bench(tmp_path, spec).generic("made", 1, attr(1, text))) == found


def test_compat_is_the_layout_of_a_32_bit_program(tmp_path: Path) -> None:
    members = "{name: a, type: u64}, {name: b, type: u8}"
    spec = struct(members, "layout: c, compat: i386,")
    for size in (16, 12):
        message = one(tmp_path, "type: binary, struct: s", u64(1) + u8(2) + bytes(size - 9), spec)
        assert shown(message)["x"] == {"a": 1, "b": 2}
        assert message.counts.unknown == 0
    as_header = raw_family("- {name: x, type: u32}", definitions=spec, header="s")
    for size in (16, 12):
        for attrs in (b"", attr(1, u32(7))):
            message = said(tmp_path, as_header, u64(1) + u8(2) + bytes(size - 9) + attrs)
            assert shown(message) == {"a": 1, "b": 2} | ({"x": 7} if attrs else {})
            assert message.counts.unknown == 0


def test_array_of(tmp_path: Path) -> None:
    spec = struct("{name: a, type: u8}, {name: b, type: u8}")
    assert shown(one(tmp_path, "type: binary, array-of: s", bytes([1, 2, 3, 4]), spec))["x"] == [
        {"a": 1, "b": 2}, {"a": 3, "b": 4},
    ]  # fmt: skip
    twice = raw_family("- {name: x, type: binary, array-of: s, multi-attr: true}", definitions=spec)
    found = shown(said(tmp_path, twice, attr(1, bytes([1, 2])) + attr(1, bytes([3, 4, 5, 6]))))
    assert found["x"] == [{"a": 1, "b": 2}, {"a": 3, "b": 4}, {"a": 5, "b": 6}]


def test_elements_that_say_their_length_and_hold_attributes(tmp_path: Path) -> None:
    spec = struct("{name: length, type: u16}, {name: flags, type: u16}")
    element = u16(12) + u16(1) + attr(1, u32(5))
    message = one(
        tmp_path, "type: binary, array-of: s, element-length: length, element-attributes: inner", element * 2, spec,
        more="- {name: inner, attributes: [{name: y, type: u32}]}",
    )  # fmt: skip
    assert shown(message)["x"] == [{"length": 12, "flags": 1, "y": 5}] * 2


UNION_OF_REST = "{name: u, type: sub-message, sub-message: m, selector: k.h, rest: true}"


@pytest.mark.parametrize(
    ("members", "payload", "value"),
    [
        ("{name: a, type: u16, count: 3}", u16(1) + u16(2) + u16(3), {"a": [1, 2, 3]}),
        ("{name: n, type: u8}, {name: a, type: u8, count-from: n}", bytes([2, 8, 9]), {"n": 2, "a": [8, 9]}),
        ("{name: n, type: u8}, {name: a, type: string, length-from: n}", b"\2hi", {"n": 2, "a": "hi"}),
        ("{name: n, type: u8}, {name: a, type: string, length-from: n}, {name: b, type: binary, rest: true}", b"\2hi",
         {"n": 2, "a": "hi", "b": ""}),
        ("{name: n, type: u8}, {name: a, type: binary, length-from: n, length-unit: bits, display-hint: hex}",
         b"\x09\xaa\xbb", {"n": 9, "a": "aabb"}),
        ("{name: n, type: u8}, {name: a, type: binary, rest: true, display-hint: hex}", b"\1\2\3",
         {"n": 1, "a": "0203"}),
        ("{name: f, type: u8}, {name: a, type: binary, family-from: f, len: 16}", bytes([2, 192, 0, 2, 1]) + bytes(12),
         {"f": 2, "a": "192.0.2.1"}),
        ("{name: b, type: u8, bits: [{name: low, bits: 3}, {bits: 1}, {name: high, bits: 4}]}", bytes([0b10100101]),
         {"b": {"low": 5, "high": 10}}),
        ("{name: b, type: u16, byte-order: big-endian, bits: [{name: top, bits: 4}, {name: rest, bits: 12}]}",
         be16(0xA005), {"b": {"top": 10, "rest": 5}}),
        ("{name: b, type: u32, bits: [{name: p, bits: 16, byte-order: big-endian}, {name: q, bits: 16}]}",
         be16(0x0800) + u16(49152), {"b": {"p": 0x0800, "q": 49152}}),
        ("{name: k, type: u8}, {name: u, type: sub-message, sub-message: m, selector: k, len: 4}", b"\1\7\0\0\0",
         {"k": 1, "u": {"y": 7}}),
        ("{name: k, type: u8, bits: [{name: l, bits: 4}, {name: h, bits: 4}]}, " + UNION_OF_REST, b"\x10\7",
         {"k": {"l": 0, "h": 1}, "u": {"y": 7}}),
    ],
)  # fmt: skip
def test_members(tmp_path: Path, members: str, payload: bytes, value: Any) -> None:
    definitions = struct(members) + "\n- {name: t, type: struct, members: [{name: y, type: u8}]}"
    spec = raw_family("- {name: x, type: binary, struct: s}", definitions=definitions)
    spec += "sub-messages:\n  - {name: m, formats: [{value: '1', struct: t}]}\n"
    message = said(tmp_path, spec, attr(1, payload))
    assert shown(message)["x"] == value
    assert (message.counts.unknown, problems(message)) == (0, [])


def test_c_bits_begin_where_compilers_begin(tmp_path: Path) -> None:
    keys = "bits: [{name: first, bits: 4}, {name: second, bits: 4}]"
    for c_bits, big in (("c-bits: true, ", {"first": 10, "second": 5}), ("", {"first": 5, "second": 10})):
        made = bench(
            tmp_path,
            raw_family(
                "- {name: x, type: binary, struct: s}", definitions=struct(f"{{name: b, type: u8, {c_bits}{keys}}}")
            ),
        )
        little = made.message(20, 16200, attr(1, b"\xa5"))
        assert shown(little)["x"]["b"] == {"first": 5, "second": 10}
        assert shown(made.message(20, 16200, attr(1, b"\xa5", ">"), order=">"))["x"]["b"] == big


def test_an_address_by_its_family(tmp_path: Path) -> None:
    spec = raw_family("- {name: f, type: u8}\n- {name: x, type: binary, family-from: 'nope|f'}")
    for family, address, value in (
        (2, bytes([192, 0, 2, 1]), "192.0.2.1"),
        (10, bytes(16), "::"),
        (28, be32(16 << 12 | 1 << 8), "16"),
    ):
        assert shown(said(tmp_path, spec, attr(2, address) + attr(1, u8(family))))["x"] == value


def test_a_path_leads_into_a_member(tmp_path: Path) -> None:
    definitions = "- {name: inner, type: struct, members: [{name: fam, type: u8}]}\n" + struct(
        "{name: head, type: binary, struct: inner}, {name: a, type: binary, len: 4, family-from: head.fam}"
    )
    assert (
        shown(one(tmp_path, "type: binary, struct: s", bytes([2, 192, 0, 2, 1]), definitions))["x"]["a"] == "192.0.2.1"
    )


def test_a_fixed_header_before_nested_attributes(tmp_path: Path) -> None:
    message = one(
        tmp_path, "type: nest, fixed-header: s, nested-attributes: inner", u8(3) + bytes(3) + attr(1, u32(5)),
        struct("{name: a, type: u8}"), more="- {name: inner, attributes: [{name: y, type: u32}]}",
    )  # fmt: skip
    assert shown(message)["x"] == {"a": 3, "y": 5}


HEADS = """
- {name: s, type: struct, members: [{name: a, type: u32}, {name: b, type: u32}]}
- {name: t, type: struct, members: [{name: c, type: u8}]}
- {name: l, type: struct, members: [{name: d, type: u64}, {name: e, type: u64}]}
"""


@pytest.mark.parametrize(
    ("payload", "value"),
    [
        (u32(1) + u32(2), {"a": 1, "b": 2}),
        (u32(1) + u32(2) + attr(1, u32(3)), {"a": 1, "b": 2, "x": 3}),
        (u8(9), {"c": 9}),
        (u8(9) + bytes(3), {"c": 9}),
        (u64(4) + u64(5), {"d": 4, "e": 5}),
    ],
)
def test_old_programs_send_other_headers(tmp_path: Path, payload: bytes, value: Any) -> None:
    spec = raw_family("- {name: x, type: u32}", definitions=HEADS, header="s", extra="short-header: [t, l]")
    message = said(tmp_path, spec, payload)
    assert shown(message) == value
    assert message.counts.unknown == 0


def test_no_header_where_the_operation_says_so_and_a_payload_that_is_all(tmp_path: Path) -> None:
    none = raw_family("- {name: x, type: u32}", definitions=HEADS, header="none")
    assert shown(said(tmp_path, none, attr(1, u32(3)))) == {"x": 3}
    whole = raw_family("- {name: x, type: u32}", definitions=HEADS, extra="payload: s")
    assert shown(said(tmp_path, whole, u32(1) + u32(2))) == {"a": 1, "b": 2}


def test_a_sub_message_may_be_a_struct_and_star_is_any_other(tmp_path: Path) -> None:
    spec = raw_family(
        "- {name: k, type: string}\n- {name: x, type: sub-message, sub-message: m, selector: k}",
        definitions="- {name: s, type: struct, members: [{name: a, type: u8}]}",
        more="- {name: inner, summary: 'y is {y}', attributes: [{name: y, type: u32}]}", extra="summary: '{x}'",
    )  # fmt: skip
    spec += "sub-messages:\n  - {name: m, formats: [{value: one, struct: s}, {value: '*', attribute-set: inner}]}\n"
    assert shown(said(tmp_path, spec, attr(1, b"one\0") + attr(2, u8(7))))["x"] == {"a": 7}
    other = said(tmp_path, spec, attr(1, b"two\0") + nest(2, attr(1, u32(7))))
    assert shown(other)["x"] == {"y": 7}
    assert other.summary == "y is 7"  # by the set that was chosen


SEVERAL = """sub-messages:
  - name: m
    formats:
      - {value: tcp 0, struct: first}
      - {value: tcp 1, struct: second}
      - {value: tcp 1 inet, type: u32}
      - {value: mark, type: string}
      - {value: "*", type: binary, display-hint: hex}
"""


@pytest.mark.parametrize(
    ("name", "revision", "family", "payload", "value"),
    [
        (b"tcp", 0, 2, u8(7), {"a": 7}),
        (b"tcp", 1, 10, u16(7), {"b": 7}),
        (b"tcp", 1, 2, u32(7), 7),  # the format that says most
        (b"tcp", 2, 2, u8(7), "07"),
        (b"mark", 9, 2, b"text\0", "text"),
        (b"t", 0, 2, u8(7), "07"),
        (b"tcp 0", 1, 2, u8(7), "07"),
        (b"tcp 0" * 10000, 0, 2, u8(7), "07"),
    ],
)
def test_several_values_choose_a_sub_message(
    tmp_path: Path, name: bytes, revision: int, family: int, payload: bytes, value: Any
) -> None:
    spec = raw_family(
        "- {name: name, type: string}\n- {name: rev, type: u32, byte-order: big-endian}\n"
        "- {name: x, type: sub-message, sub-message: m, selector: name rev head-family}",
        definitions="- {name: first, type: struct, members: [{name: a, type: u8}]}\n"
        "- {name: second, type: struct, members: [{name: b, type: u16}]}\n"
        "- {name: families, type: enum, entries: [{name: inet, value: 2}, {name: inet6, value: 10}]}\n"
        "- {name: head, type: struct, members: [{name: head-family, type: u32, enum: families}]}",
        header="head",
    ) + SEVERAL  # fmt: skip
    parts = [attr(1, name + b"\0"), attr(2, be32(revision)), attr(3, payload)]
    for order in (parts, parts[::-1]):
        message = said(tmp_path, spec, u32(family) + b"".join(order))
        assert (shown(message)["x"], problems(message)) == (value, [])


def test_of_several_values_the_first_may_stand_alone(tmp_path: Path) -> None:
    spec = raw_family(
        "- {name: name, type: string}\n- {name: rev, type: u32}\n"
        "- {name: x, type: sub-message, sub-message: m, selector: name rev}",
        definitions="- {name: first, type: struct, members: [{name: a, type: u8}]}\n"
        "- {name: second, type: struct, members: [{name: b, type: u16}]}",
    ) + SEVERAL.replace('      - {value: "*", type: binary, display-hint: hex}\n', "")  # fmt: skip
    assert shown(said(tmp_path, spec, attr(1, b"mark\0") + attr(3, b"text\0")))["x"] == "text"
    assert problems(said(tmp_path, spec, attr(1, b"tcp\0") + attr(2, u32(3)) + attr(3, b"text\0"))) == [
        ("note", "x: no layout is known for name rev tcp 3")
    ]
    assert problems(said(tmp_path, spec, attr(3, b"text\0"))) == [
        ("note", "x: no layout is known for name rev nothing")
    ]


@pytest.mark.parametrize(
    ("behind", "noted"),
    [
        (b"", None),
        (bytes(3), None),
        (b"\0\0\1", "padding is not zero: 000001"),
        (bytes(1), "s has 1 bytes more than the dissector knows"),
        (bytes(7), "s has 7 bytes more than the dissector knows"),
    ],
)
def test_zeros_behind_a_struct_up_to_a_multiple(tmp_path: Path, behind: bytes, noted: str | None) -> None:
    message = one(
        tmp_path,
        "type: binary, struct: s, pad-to: 4",
        u32(1) + u8(2) + behind,
        struct("{name: a, type: u32}, {name: b, type: u8}"),
    )
    assert [text for _, text in problems(message)] == ([noted] if noted else [])
    assert {key: value for key, value in shown(message)["x"].items() if key in "ab"} == {"a": 1, "b": 2}
    assert (message.counts.unknown > 0) == (noted is not None and noted.startswith("s has"))


def test_names_that_the_capture_taught(tmp_path: Path) -> None:
    made = bench(tmp_path, raw_family(
        "- {name: x, type: u32, refers-to: link, refers-unless: elsewhere}\n- {name: elsewhere, type: s32}"
    ))  # fmt: skip
    made.names.learn("link", 3, "veth0", 1)
    assert shown(made.message(20, 16200, attr(1, u32(3)))) == {"x": 3, "x-name": "veth0"}
    assert shown(made.message(20, 16200, attr(1, u32(3)) + attr(2, u32(0)))) == {"x": 3, "elsewhere": 0}


def test_a_secret_is_masked_and_volatile_is_marked(tmp_path: Path) -> None:
    made = bench(
        tmp_path,
        raw_family(
            "- {name: x, type: binary, display-hint: hex, secret: true}\n- {name: n, type: u32, volatile: true}"
        ),
    )
    payload = attr(1, b"\xde\xad") + attr(2, u32(1))
    assert shown(made.message(20, 16200, payload))["x"] == "<secret>"
    open_message = made.message(20, 16200, payload, show_secrets=True)
    assert shown(open_message)["x"] == "dead"
    node = open_message.root.get("n")
    assert node is not None
    assert node.volatile


@pytest.mark.parametrize(
    ("template", "summary"),
    [
        ("{a} to {b|c}", "7 to red"),
        ("[{b} is not there ]{c#}", "5"),
        ("{b|'nothing'}", "nothing"),
        ("{n.m}", "4"),
        ("{?c==red}yes", "yes"),
        ("[{?c!=red}no]", ""),
        ("[{?!b}{?c}both]", "both"),
        ("[{?a==@n.m}same][{?a!=@n.m}other]", "other"),
        ("{#list} of them", "2 of them"),
        ("{list}", "1, 2"),
        ("{t.row#}", "3"),
    ],
)
def test_summaries(tmp_path: Path, template: str, summary: str) -> None:
    spec = raw_family(
        "- {name: a, type: u32}\n- {name: b, type: u32}\n- {name: c, type: u8, enum: e}\n"
        "- {name: n, type: nest, nested-attributes: inner}\n- {name: list, type: indexed-array, sub-type: u32}\n"
        "- {name: t, type: nest-type-value, type-value: [row], nested-attributes: inner}",
        definitions="- {name: e, type: enum, value-start: 5, entries: [red]}",
        more="- {name: inner, attributes: [{name: m, type: u32}]}", extra=f'summary: "{template}"',
    )  # fmt: skip
    payload = attr(1, u32(7)) + attr(3, u8(5)) + nest(4, attr(1, u32(4))) + nest(5, attr(1, u32(1)), attr(2, u32(2)))
    assert said(tmp_path, spec, payload + nest(6, nest(3, attr(1, u32(8))))).summary == summary


def test_when_chooses_among_operations_of_one_number(tmp_path: Path) -> None:
    text = raw_family(
        "- {name: x, type: u32}", definitions="- {name: s, type: struct, members: [{name: kind, type: u8}]}", header="s"
    )
    text += "    - name: other\n      attribute-set: main\n      fixed-header: s\n      when: {kind: [2, 3]}\n"
    text += "      do: {request: {value: 16200}}\n"
    made = bench(tmp_path, text)
    assert [made.message(20, 16200, u8(kind)).type_name for kind in (1, 2, 3)] == [
        "MADE_CMD_SAY",
        "MADE_CMD_OTHER",
        "MADE_CMD_OTHER",
    ]


def test_a_dump_may_ask_in_another_form(tmp_path: Path) -> None:
    text = raw_family("- {name: x, type: u32}", definitions=HEADS, header="s")
    text += "      dump: {request: {fixed-header: t}}\n"
    made = bench(tmp_path, text)
    assert shown(made.message(20, 16200, u8(4) + bytes(3), flags=0x301)) == {"c": 4}
    assert shown(made.message(20, 16200, u32(1) + u32(2), flags=1)) == {"a": 1, "b": 2}


def test_summary_of_request_and_reply(tmp_path: Path) -> None:
    text = raw_family("- {name: x, type: u32}").replace(
        "do: {request: {value: 16200}}",
        "do: {request: {value: 16200, summary: 'asks {x}'}, reply: {value: 16201, summary: 'says {x}'}}",
    )
    made = bench(tmp_path, text)
    assert made.message(20, 16200, attr(1, u32(1))).summary == "asks 1"
    assert made.message(20, 16201, attr(1, u32(1)), flags=0).summary == "says 1"


def test_a_subset_may_take_back_what_its_set_says(tmp_path: Path) -> None:
    spec = raw_family(
        "- {name: x, type: binary, struct: s, byte-order: big-endian}\n- {name: n, type: u16, byte-order: big-endian}",
        definitions="- {name: s, type: struct, members: [{name: a, type: u8}]}",
        more="- name: part\n  subset-of: main\n  attributes:\n    - {name: x, struct: null, display-hint: hex}\n"
        "    - {name: n, byte-order: host}",
    ).replace("attribute-set: main", "attribute-set: part")
    assert shown(said(tmp_path, spec, attr(1, b"\7") + attr(2, u16(5)))) == {"x": "07", "n": 5}


@pytest.mark.parametrize(
    ("kind", "payload", "value"), [(3, u32(7), 7), (5, b"hi\0", "hi"), (6, b"", True), (9, b"\1", "01")]
)
def test_a_sub_message_may_be_a_single_value(tmp_path: Path, kind: int, payload: bytes, value: Any) -> None:
    spec = raw_family("- {name: k, type: u8}\n- {name: x, type: sub-message, sub-message: m, selector: k}")
    spec += "sub-messages:\n  - name: m\n    formats:\n      - {value: '3', type: u32}\n"
    spec += "      - {value: '5', type: string}\n"
    spec += "      - {value: '6', type: flag}\n      - {value: '*', type: binary, display-hint: hex}\n"
    message = said(tmp_path, spec, attr(1, u8(kind)) + attr(2, payload))
    assert shown(message)["x"] == value
    assert (message.counts.unknown, problems(message)) == (0, [])


def test_a_summary_shows_all_of_an_attribute_that_came_again(tmp_path: Path) -> None:
    spec = raw_family("- {name: x, type: u32, multi-attr: true}", extra='summary: "{#x}: {x}"')
    assert said(tmp_path, spec, attr(1, u32(1)) + attr(1, u32(2))).summary == "2: 1, 2"
