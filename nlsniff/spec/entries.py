"""What is known of the files of dissectors without reading them whole: by name, with their layers and numbers."""

from __future__ import annotations

from typing import NamedTuple

from nlsniff.spec.plain import Plain


class Part(Plain):
    """One of the files that a dissector is made of; `digest` is of its bytes."""

    path: str
    digest: bytes


class Variant(Plain):
    """A dissector or an overlay as one file has it; the files that it includes stand before it in `parts`."""

    layer: str
    parts: list[Part]

    @property
    def path(self) -> str:
        """The file itself."""
        return self.parts[-1].path


class Entry(Plain):
    """Everything that is known by one name.

    Attributes:
        name: of the family.
        protonum: netlink protocol number; None for generic netlink.
        numbers: message types, of raw protocols.
        variants: dissectors of this name, the one that wins first; the next is used when it is broken.
        overlays: in the order in which they are applied.
    """

    name: str
    protonum: int | None
    numbers: list[int]
    variants: list[Variant]
    overlays: list[Variant]


class Catalog(Plain):
    """All entries by name, and a line for each file that could not be used."""

    entries: dict[str, Entry]
    complaints: list[str]


class File(NamedTuple):
    """A file that may be a dissector, and its layer."""

    path: str
    layer: str
