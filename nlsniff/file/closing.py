"""What a `with` block closes when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self


class Closing:
    """Base of what is open until `close`, which the end of a `with` block calls."""

    def close(self) -> None:
        """Let go of what is open; a second call does nothing."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
