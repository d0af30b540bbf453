"""On netfilter the verb tells a dump from what replaces something."""

from __future__ import annotations

import pytest

from tests.follow.talk import NETFILTER, Talk, answer, nlmsg


@pytest.mark.parametrize(
    ("message", "flags", "kind"),
    [(1, 0x301, "dump"), (0, 0x305, "request"), (2, 0x305, "request"), (26, 0x305, "request"), (1, 0x001, "request")],
    ids=["GETTABLE", "NEWTABLE with EXCL and REPLACE", "DELTABLE with NONREC and BULK", "DESTROYTABLE", "GET of one"],
)
def test_a_dump_of_nf_tables_is_a_get(message: int, flags: int, kind: str) -> None:
    talk = Talk()
    request = nlmsg(10 << 8 | message, flags, 5, 0, bytes(4))
    talk(request, protocol=NETFILTER)
    assert talk[1].kind == kind
    if flags & 4:
        talk(answer(request, 500), protocol=NETFILTER)
        assert (talk[1].kind, talk[1].status) == (kind, "ok")
