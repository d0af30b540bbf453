"""Passing over a capture once: what is not kept is not needed for what comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from nlsniff.decode.decoder import Decoder
from nlsniff.follow.passing import NoStore
from nlsniff.follow.store import Store
from nlsniff.reader import IndexedCapture, Stream
from tests.conftest import CAPTURES
from tests.support import REGISTRY

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_conversations_and_directions_are_the_same_without_keeping_any(path: Path) -> None:
    kept = [(item.conversation, item.direction) for item in Stream(path, Decoder(REGISTRY), store=Store())]
    assert [(item.conversation, item.direction) for item in Stream(path, Decoder(REGISTRY))] == kept
    with IndexedCapture(path, Decoder(REGISTRY)) as capture:
        assert [(item.conversation, item.direction) for item in capture.load()] == kept


def test_what_was_not_kept_is_refused() -> None:
    with pytest.raises(LookupError, match="conversation 1 was not kept"):
        NoStore().get(1)
