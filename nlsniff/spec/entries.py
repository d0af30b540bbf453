"""What is known of the files of dissectors without reading them whole: by name, with their layers and numbers."""

from __future__ import annotations

from typing import NamedTuple

# Plain classes, because making named tuples takes longer than reading the catalogue.


class Part:
    """One of the files that a dissector is made of; `digest` is of its bytes."""

    __slots__ = ("digest", "path")

    def __init__(self, path: str, digest: bytes) -> None:
        self.path = path
        self.digest = digest


class Variant:
    """A dissector or an overlay as one file has it, with what it includes before it."""

    __slots__ = ("layer", "parts")

    def __init__(self, layer: str, parts: list[Part]) -> None:
        self.layer = layer
        self.parts = parts

    @property
    def path(self) -> str:
        """The file itself."""
        return self.parts[-1].path


class Entry:
    """Everything that is known by one name.

    Attributes:
        name: of the family.
        protonum: netlink protocol number; None for generic netlink.
        numbers: message types, of raw protocols.
        variants: dissectors of this name, the one that wins first; the next is used when it is broken.
        overlays: in the order in which they are applied.
    """

    __slots__ = ("name", "numbers", "overlays", "protonum", "variants")

    def __init__(
        self, name: str, protonum: int | None, numbers: list[int], variants: list[Variant], overlays: list[Variant]
    ) -> None:
        self.name = name
        self.protonum = protonum
        self.numbers = numbers
        self.variants = variants
        self.overlays = overlays


class Catalog:
    """All entries by name, and a line for each file that could not be used."""

    __slots__ = ("complaints", "entries")

    def __init__(self, entries: dict[str, Entry], complaints: list[str]) -> None:
        self.entries = entries
        self.complaints = complaints


class File(NamedTuple):
    """A file that may be a dissector, and its layer."""

    path: str
    layer: str
