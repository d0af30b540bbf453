"""A sample of `python -m tests.model.growth`: what it measures grows as it may."""

from __future__ import annotations

from itertools import islice
from random import Random
from typing import TYPE_CHECKING

from tests.model.growth import cases, crowds, slow
from tests.model.worst import places
from tests.support import REGISTRY

if TYPE_CHECKING:
    from pathlib import Path

_SMALL = 1 << 13
# A pattern whose slots show very many names of their time.
_NAMED = "rt-nexthop.newnexthop.request.group.group in an error"


def test_cpu_time_grows_with_the_bytes(tmp_path: Path) -> None:
    random = Random(3)  # noqa: S311  which cases are tried is no secret
    every = [*cases(places(REGISTRY, seeds=1))]
    chosen = random.sample(every, 3)
    chosen += [case for case in every if case.name == _NAMED]
    chosen += islice(crowds(REGISTRY), random.randrange(500), None, 2000)
    assert not [str(found) for case in chosen for found in slow(REGISTRY, case, tmp_path, _SMALL)]
