"""What an error number means for one operation, in nlsniff's own words where the kernel has none."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from nlsniff.output import ladder
from nlsniff.reader import IndexedCapture, make_decoder
from nlsniff.spec.check import check
from nlsniff.tui.rejection import judge
from tests.conftest import CAPTURES, ROOT
from tests.follow.talk import (
    ACK,
    CAPPED,
    DUMP,
    IFADDR,
    NEWADDR,
    REQUEST,
    XFRM,
    Talk,
    answer,
    attr,
    done,
    nlmsg,
)

if TYPE_CHECKING:
    from pathlib import Path

EEXIST, ESRCH, SOCK_DIAG = 17, 3, 4
SAME = "the link has this address already"


def refused(**how: Any) -> Talk:
    talk = Talk()
    request = nlmsg(NEWADDR, REQUEST | ACK, 77, 0, IFADDR + attr(2, b"\xc0\0\2\1"))
    talk(request)
    talk(answer(request, 500, EEXIST, **how))
    return talk


def test_the_meaning_of_an_error_without_words() -> None:
    talk = refused(whole=True)
    found = talk[1]
    assert (found.errno, found.extack, found.meaning) == ("EEXIST", None, SAME)
    assert found.to_json()["meaning"] == SAME
    assert talk.message(2).summary == f"EEXIST: nlsniff: {SAME} (for RTM_NEWADDR)"
    notes = [row.text for row in ladder.rows(found, talk.follower, talk.message) if row.role == "note"]
    assert notes == [f"nlsniff explains: {SAME}"]


def test_the_kernels_words_come_alone() -> None:
    talk = refused(whole=True, tlvs=attr(1, b"Address already assigned\0"))
    found = talk[1]
    assert found.extack is not None
    assert (found.extack.text, found.meaning) == ("Address already assigned", None)
    assert "nlsniff" not in talk.message(2).summary
    assert "nlsniff" not in "".join(ladder.text(found, talk.follower, talk.message))


def test_a_header_alone_may_not_tell_which_operation_it_is() -> None:
    talk = Talk()
    request = nlmsg(20, REQUEST, 77, 0, bytes([2, 6]) + bytes(54))  # a socket; all families share the type
    talk(request, protocol=SOCK_DIAG)
    talk(answer(request, 500, 2), protocol=SOCK_DIAG)
    assert talk.message(2).flags & CAPPED
    assert talk.message(2).meaning == ""
    assert talk[1].meaning == "there is no such socket, or the kernel cannot show sockets of this protocol"


def test_errors_without_one_reading_have_no_meaning() -> None:
    talk = Talk()
    request = nlmsg(NEWADDR, REQUEST | ACK, 77, 0, IFADDR)
    talk(request)
    talk(answer(request, 500, 22, whole=True))
    assert (talk[1].errno, talk[1].meaning) == ("EINVAL", None)


def test_the_end_of_a_dump_means_what_its_request_says() -> None:
    talk = Talk()
    talk(nlmsg(18, REQUEST | DUMP, 9, 0, bytes(24)), protocol=XFRM)
    talk(done(9, 500, ESRCH), protocol=XFRM)
    assert (talk[1].kind, talk[1].meaning) == ("dump", "there is no such state")


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_recorded_errors_mean_what_their_operation_says(path: Path) -> None:
    with IndexedCapture(path, make_decoder()) as capture:
        capture.load()
        for found in capture.follower.conversations:
            own = found.meaning
            if own is None or found.request is None or found.kind == "batch":
                continue
            operation = capture.message(found.request).layout.operation
            assert operation is not None
            assert own in operation.errors[found.errno_value].values()
            assert found.extack is None or found.extack.text is None
            _, marked = judge(capture, capture.message(found.request))
            assert marked is not None
            exact = found.extack is not None and found.extack.range is not None  # an entry of a set
            assert (marked.text, marked.exact) == (f"{'rejected; ' * exact}nlsniff: {own}", exact)


def test_what_users_see() -> None:
    path = str(ROOT / "captures" / "xfrm.pcapng")
    command = [sys.executable, "-m", "nlsniff", "follow", "--json", "-Y", "errno == ESRCH", path]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    means = {json.loads(line)["meaning"] for line in printed.splitlines()}
    assert means == {"there is no such state", "there is no such state; it may have expired or been deleted before"}


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        ({"EEXISTS": "words"}, "constant of an error"),
        ({17: "words"}, "constant of an error"),
        ({"EEXIST": 17}, "meaning in words"),
        ({"EEXIST": {}}, "meaning in words"),
        ({"EEXIST": {"name": ""}}, "meaning in words"),
        ({"EEXIST": {"name": "words", "*": 1}}, "meaning in words"),
        ("EEXIST", "mapping"),
    ],
)
def test_a_wrong_key_is_complained_about(errors: object, words: str) -> None:
    doc = {
        "name": "moon", "protocol": "netlink-raw", "attribute-sets": [],
        "operations": {"list": [{"name": "look", "do": {"request": {"value": 20}}, "errors": errors}]},
    }  # fmt: skip
    assert [item for item in check(doc) if words in item.text], check(doc)
