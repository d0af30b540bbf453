"""The dissectors agree with the UAPI headers: recorded ones of the newest kernel, and those that are installed."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from tests.uapi import audit, dialect, extract, findings, whole
from tests.uapi import facts as recorded
from tests.uapi.compiler import INSTALLED, need_compiler

if TYPE_CHECKING:
    from collections.abc import Callable
pytestmark = pytest.mark.xdist_group("headers")
GONE: set[str] = set()  # headers of netfilter that kernels before 7.2 had


@pytest.fixture(scope="module")
def dissectors() -> list[dialect.Dissector]:
    return dialect.read_dissectors()


@pytest.fixture(scope="module")
def newest() -> recorded.Facts:
    return recorded.load(audit.FACTS)[1]


def told(differences: list[findings.Difference]) -> list[str]:
    return [str(difference) for difference in differences]


def test_agree_with_the_newest_kernel(dissectors: list[dialect.Dissector], newest: recorded.Facts) -> None:
    comparison = audit.Audit(newest, findings.read_exceptions())
    assert told(comparison.run(dissectors, whole=True)) == []
    assert comparison.compared > 500


def test_agree_with_the_installed_headers(dissectors: list[dialect.Dissector]) -> None:
    need_compiler()
    facts = extract.extract(INSTALLED, dialect.headers_named(dissectors))
    comparison = audit.Audit(facts, findings.read_exceptions(), newest=False)
    assert told(comparison.run(dissectors, whole=True)) == []
    assert comparison.compared > 500


@pytest.mark.parametrize(
    ("header", "first", "prefix"),
    [("linux/rtnetlink.h", "RTM_NEWLINK", "RTM_"), ("linux/xfrm.h", "XFRM_MSG_NEWSA", "XFRM_MSG_")],
)
def test_every_message_type_has_an_operation(
    dissectors: list[dialect.Dissector], newest: recorded.Facts, header: str, first: str, prefix: str
) -> None:
    named = {
        claim.c_name: claim.value
        for dissector in dissectors
        for group in dialect.groups(dissector)
        if group.kind == "operations"
        for claim in group.claims
        if claim.c_name.startswith(prefix)
    }
    (enum,) = (enum for enum in newest[header].enums if first in enum)
    wanted = {name: value for name, value in enum.items() if not name.startswith("__") and not name.endswith("_BASE")}
    assert len(wanted) > 20
    assert {name: named.get(name) for name in wanted} == wanted


def test_all_netfilter_headers_are_in_the_facts(newest: recorded.Facts) -> None:
    """So that what the audit asks for as a whole is all that there is, but for what is older than the facts."""
    folder = INSTALLED / "linux"
    installed = {str(path.relative_to(INSTALLED)) for path in folder.glob("netfilter*/**/*.h")}
    installed |= {str(path.relative_to(INSTALLED)) for path in folder.glob("netfilter*.h")}
    assert len({name for name in newest if whole.whole(name)}) == 140
    assert installed - newest.keys() <= GONE


def test_a_part_of_netfilter_that_no_dissector_has_is_found_out(
    dissectors: list[dialect.Dissector], newest: recorded.Facts
) -> None:
    without = [dissector for dissector in dissectors if dissector.file not in {"nfhook", "nfosf"}]
    found = told(audit.Audit(newest, findings.read_exceptions()).run(without, whole=True))
    assert "linux/netfilter/nfnetlink_hook.h: header: no dissector names it" in found
    assert "linux/netfilter/nfnetlink_osf.h: header: no dissector names it" in found


def test_an_enum_struct_and_define_that_no_dissector_has_are_found_out(newest: recorded.Facts) -> None:
    name = "linux/netfilter/nfnetlink_log.h"
    dissector = dialect.Dissector("one", {"name": "one", "protocol": "netlink-raw", "uapi-header": name})
    found = told(list(whole.unread([dissector], {name: newest[name]}, findings.Exceptions())))
    assert f"{name}: enum NFULNL_MSG_PACKET: no dissector has it" in found
    assert f"{name}: struct nfulnl_msg_packet_hdr: no dissector has it" in found
    assert f"{name}: #define NFULNL_CFG_F_SEQ: no dissector has it" in found


# ---- the audit is seen to fail -------------------------------------------------------------------------------------


def _find(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(item for item in items if item["name"] == name)


def _definition(data: dict[str, Any], name: str) -> dict[str, Any]:
    return _find(data["definitions"], name)


def _attributes(data: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _find(data["attribute-sets"], name)["attributes"]
    return found


def change_message_number(data: dict[str, Any]) -> None:
    _find(data["operations"]["list"], "delsa")["do"]["request"]["value"] = 0x1A


def change_enum_value(data: dict[str, Any]) -> None:
    entries = _definition(data, "mode")["entries"]
    entries[-1] = {"name": entries[-1] if isinstance(entries[-1], str) else entries[-1]["name"], "value": 77}


def change_member_type(data: dict[str, Any]) -> None:
    _find(_definition(data, "xfrm-userpolicy-info")["members"], "priority")["type"] = "u16"


def change_byte_order(data: dict[str, Any]) -> None:
    del _find(_definition(data, "xfrm-id")["members"], "spi")["byte-order"]


def rename_member(data: dict[str, Any]) -> None:
    _find(_definition(data, "xfrm-mark")["members"], "v")["name"] = "w"


def drop_member(data: dict[str, Any]) -> None:
    _definition(data, "xfrm-userpolicy-default")["members"].pop()


def drop_layout(data: dict[str, Any]) -> None:
    del _definition(data, "xfrm-userpolicy-id")["layout"]


def drop_attribute(data: dict[str, Any]) -> None:
    attributes = _attributes(data, "xfrm-attrs")
    place = next(index for index, item in enumerate(attributes) if item["name"] == "mark")
    attributes[place + 1]["value"] = place + 2  # so that the ones behind keep their numbers
    del attributes[place]


def drop_prefix(data: dict[str, Any]) -> None:
    del _definition(data, "share")["name-prefix"]


def drop_operation(data: dict[str, Any]) -> None:
    operations = data["operations"]["list"]
    operations.remove(_find(operations, "migrate"))


def name_unknown_header(data: dict[str, Any]) -> None:
    data["uapi-header"] = [data["uapi-header"], "linux/nlsniff.h"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (change_message_number, ["operations/delsa: is 26, but XFRM_MSG_DELSA is 17"]),
        (change_enum_value, ["definition mode/iptfs: is 77, but XFRM_MODE_IPTFS is 5"]),
        (change_member_type, ["struct xfrm-userpolicy-info/priority: has 2 bytes, in C 4"]),
        (change_byte_order, ["struct xfrm-id/spi: is not byte-order: big-endian, in C it is __be32"]),
        (rename_member, ["struct xfrm-mark/w: struct xfrm_mark has no member w"]),
        (
            drop_member,
            [
                "struct xfrm-userpolicy-default: has 2 bytes, in C 3",
                "struct xfrm-userpolicy-default/out: is missing, in C it is at 2",
            ],
        ),
        (drop_layout, ["struct xfrm-userpolicy-id: has 61 bytes, in C 64"]),
        (drop_attribute, ["attribute-set xfrm-attrs/XFRMA_MARK: is missing, the header has XFRMA_MARK = 21"]),
        (drop_prefix, ["definition share: has neither name-prefix nor c-name: nothing to compare with"]),
        (drop_operation, ["operations/XFRM_MSG_MIGRATE: is missing, the header has XFRM_MSG_MIGRATE = 33"]),
        (name_unknown_header, ["uapi-header: linux/nlsniff.h is not in the facts; see tests/uapi/README.md"]),
    ],
)
def test_a_changed_dissector_is_found_out(
    dissectors: list[dialect.Dissector],
    newest: recorded.Facts,
    change: Callable[[dict[str, Any]], None],
    expected: list[str],
) -> None:
    xfrm = [dissector for dissector in dissectors if dissector.file == "xfrm"]
    before = told(audit.Audit(newest, findings.read_exceptions()).run(xfrm, whole=True))
    changed = copy.deepcopy(xfrm)
    change(changed[0].data)
    after = told(audit.Audit(newest, findings.read_exceptions()).run(changed, whole=True))
    assert [text for text in after if text not in before] == [f"xfrm: {text}" for text in expected]
