"""Words that people type for something that the language has under another name."""

from __future__ import annotations

from typing import NamedTuple

RELATIVE = "frame.time-relative"  # Wireshark's; a bare number of it is seconds since the first frame


class Meant(NamedTuple):
    """A filter, and what it finds."""

    filter: str
    doc: str


_FAILED = Meant("errno", "requests that failed, and their errors")
_SLOW = Meant("took > 10ms", "conversations that took longer")
_DELETED = Meant("type contains DEL", "what deletes, and events of it")
_CREATED = Meant("type contains NEW", "what makes or changes, events of it, and answers to dumps")
_LOST = Meant("type == NLMSG_OVERRUN", "the kernel had to drop messages for a reader")
_WRONG = Meant("problem", "messages whose bytes are wrong")
_ASKED = Meant("direction == to-kernel", "what programs asked")
_ANSWERED = Meant("direction == to-user", "what the kernel answered or told")
_DUMPED = Meant("flags.dump", "requests for dumps")
_NAMED = Meant("link.ifname", "messages that name a link")

# By word, in lower case.
WORDS = {
    **dict.fromkeys(("error", "errors", "fail", "failed", "failure", "failures", "refused", "rejected"), _FAILED),
    **dict.fromkeys(("slow", "slowest"), _SLOW),
    **dict.fromkeys(("del", "delete", "deleted", "remove", "removed"), _DELETED),
    **dict.fromkeys(("new", "add", "added", "create", "created"), _CREATED),
    **dict.fromkeys(("lost", "drop", "drops", "dropped", "overrun", "enobufs"), _LOST),
    **dict.fromkeys(("malformed", "broken", "warning", "warnings"), _WRONG),
    **dict.fromkeys(("ask", "asked", "request", "requests"), _ASKED),
    **dict.fromkeys(("answer", "answers", "reply", "replies"), _ANSWERED),
    **dict.fromkeys(("dump", "dumps"), _DUMPED),
    **dict.fromkeys(("dev", "device", "iface", "interface"), _NAMED),
    "ack": Meant("type == NLMSG_ERROR and errno == 0", "ACKs"),
    "nft": Meant("nftables", "what nft says and hears"),
    "pid": Meant("process", "messages whose process is known; process == 412 is one by its pid"),
    "program": Meant("process", "messages whose process is known"),
}
