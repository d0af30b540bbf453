"""Damaged messages show no key; a sample of what `python -m tests.leaks` tries."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from tests.leaks.damage import damaged
from tests.leaks.look import leaks
from tests.leaks.seeds import seeds

if TYPE_CHECKING:
    from pathlib import Path

TRIES = 400


def test_there_are_keys_of_every_kind() -> None:
    families = {seed.family[0] if seed.family else str(seed.protocol) for seed in seeds()}
    assert families >= {"wireguard", "macsec", "l2tp", "ovpn", "nl80211", "6"}


def test_damage_shows_no_key(tmp_path: Path) -> None:
    found: list[str] = []
    for number in range(TRIES):
        random = Random(number)  # noqa: S311  a test is no secret
        seed = random.choice(seeds())
        capture = damaged(seed, random)
        found += [f"{number}: {capture.what}: {leak}" for leak in leaks(seed, capture, tmp_path)]
    assert found == []
