"""The corpus' XFRM messages say what the commands that made them say."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from nlsniff.decode.decoder import Decoder
from nlsniff.decode.message import NetlinkMessage
from nlsniff.output.json import message_line
from nlsniff.wire.nlmsg import walk_messages
from tests.support import REGISTRY, check_tree, vectors

if TYPE_CHECKING:
    from pathlib import Path

XFRM = 6

# Where a word of `ip xfrm state` and `ip xfrm policy` goes; a list holds the places in the forms of the message.
STATE = {
    "src": ["saddr", "srcaddr"], "dst": ["id.daddr", "daddr"], "proto": ["id.proto", "proto"], "spi": ["id.spi", "spi"],
}  # fmt: skip
POLICY = {
    "proto": ["sel.proto"], "sport": ["sel.sport"], "dport": ["sel.dport"], "index": ["index"], "dir": ["dir"],
    "if_id": ["if-id"], "ptype": ["policy-type.type"],
}  # fmt: skip
TYPES = {
    ("state", "add"): "XFRM_MSG_NEWSA", ("state", "update"): "XFRM_MSG_UPDSA", ("state", "get"): "XFRM_MSG_GETSA",
    ("policy", "add"): "XFRM_MSG_NEWPOLICY", ("policy", "update"): "XFRM_MSG_UPDPOLICY",
    ("policy", "get"): "XFRM_MSG_GETPOLICY", ("policy", "count"): "XFRM_MSG_GETSPDINFO",
}  # fmt: skip


def decoded(corpus: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Every whole XFRM message of the corpus with its JSON."""
    decoder = Decoder(REGISTRY, show_secrets=True)
    found = []
    for vector in vectors(corpus):
        if vector["family"] == "xfrm" and vector["framing"] == "nlmsg":
            data = bytes.fromhex(vector["hex"])
            (span,) = walk_messages(data, 0, "<")
            message = NetlinkMessage(decoder, 1, 1, 0, XFRM, data, "<", span)
            check_tree(message)
            found.append((vector, json.loads(message_line(message))))
    return found


def at(body: Any, path: str) -> Any:
    for name in path.split("."):
        body = body.get(name) if isinstance(body, dict) else None
    return body


def expected(words: list[str]) -> list[tuple[list[str], Any]]:
    """What a command says: places in the message and the value there."""
    told: list[tuple[list[str], Any]] = []
    table = STATE if words[0] == "state" else POLICY
    rest = iter(words[2:])
    for word in rest:
        if word == "aead":
            name, key, bits = next(rest), next(rest), int(next(rest))
            told += [(["alg-aead.alg-name"], name), (["alg-aead.alg-key"], key.removeprefix("0x"))]
            told += [(["alg-aead.alg-icv-len"], bits), (["alg-aead.alg-key-len"], 4 * len(key.removeprefix("0x")))]
        elif word in {"src", "dst"} and words[0] == "policy":
            address, length = next(rest).split("/")
            told += [([f"sel.{word[0]}addr"], address), ([f"sel.prefixlen-{word[0]}"], int(length))]
        elif word == "dev":
            # The number that the name had on that machine is not known here, but that there is one is.
            next(rest)
        else:
            value = next(rest)
            told.append((table[word], int(value, 0) if value[0].isdigit() and "." not in value else value))
    return told


def test_commands(corpus: Path) -> None:
    checked = 0
    for vector, message in decoded(corpus):
        words = [word for word in shlex.split(vector.get("command") or "")[2:] if not word.startswith("-")]
        words = words[1:] if words[:1] == ["xfrm"] else words
        if not words:
            continue
        assert message["type"] == TYPES[words[0], words[1]]
        for places, value in expected(words):
            seen = [found for place in places if (found := at(message["body"], place)) is not None]
            assert seen == [value], f"{vector['id']}: {vector['command']}: {places}"
            checked += 1
    assert checked >= 30


def test_nothing_is_unknown(corpus: Path) -> None:
    every = decoded(corpus)
    assert len(every) >= 15
    for vector, message in every:
        assert message["bytes"]["unknown"] == 0, vector["id"]
        assert [item for item in message["problems"] if item["severity"] != "note"] == [], vector["id"]
