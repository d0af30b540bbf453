"""Names for the flags of a message header; what the upper bits mean depends on what the message does."""

from __future__ import annotations

import functools
import re
from typing import Literal

from nlsniff.wire import constants as c

Verb = Literal["get", "new", "del", "answer", ""]

_COMMON = (
    (c.NLM_F_REQUEST, "REQUEST"),
    (c.NLM_F_MULTI, "MULTI"),
    (c.NLM_F_ACK, "ACK"),
    (c.NLM_F_ECHO, "ECHO"),
    (c.NLM_F_DUMP_INTR, "DUMP_INTR"),
    (c.NLM_F_DUMP_FILTERED, "DUMP_FILTERED"),
)
_BY_VERB: dict[Verb, tuple[tuple[int, str], ...]] = {
    "get": ((c.NLM_F_DUMP, "DUMP"), (c.NLM_F_ROOT, "ROOT"), (c.NLM_F_MATCH, "MATCH"), (c.NLM_F_ATOMIC, "ATOMIC")),
    "new": (
        (c.NLM_F_REPLACE, "REPLACE"),
        (c.NLM_F_EXCL, "EXCL"),
        (c.NLM_F_CREATE, "CREATE"),
        (c.NLM_F_APPEND, "APPEND"),
    ),
    "del": ((c.NLM_F_NONREC, "NONREC"), (c.NLM_F_BULK, "BULK")),
    "answer": ((c.NLM_F_CAPPED, "CAPPED"), (c.NLM_F_ACK_TLVS, "ACK_TLVS")),
    "": (),
}


_VERBS: dict[str, Verb] = {
    "GET": "get", "DEL": "del", "FLUSH": "del", "NEW": "new", "ADD": "new", "UPD": "new", "CREATE": "new", "SET": "new",
}  # fmt: skip
_VERB = re.compile(rf"_({'|'.join(_VERBS)})")


@functools.lru_cache(maxsize=512)
def verb_of(constant: str) -> Verb:
    """What a message does, by the kernel's name for its type."""
    if constant in {"NLMSG_ERROR", "NLMSG_DONE"}:
        return "answer"
    found = _VERB.search(constant)
    return _VERBS[found.group(1)] if found is not None else "get"


def flag_names(flags: int, verb: Verb) -> list[str]:
    """Names of the flags that are set; what has no name stands last as one hex number."""
    names = []
    left = flags
    for mask, name in (*_COMMON, *_BY_VERB[verb]):
        if left & mask == mask:
            names.append(name)
            left &= ~mask
    if left:
        names.append(hex(left))
    return names
