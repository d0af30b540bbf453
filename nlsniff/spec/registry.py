"""All dissectors of a run: which file describes a message, loaded when the first such message comes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.spec import cache
from nlsniff.spec.catalog import catalog_of, files_of
from nlsniff.spec.folders import shipped_folder, user_dir

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlsniff.spec.entries import Entry, Part, Variant
    from nlsniff.spec.family import Family
    from nlsniff.spec.model import Operation


def open_registry(specs: Iterable[str | os.PathLike[str]] = ()) -> Registry:
    """The shipped dissectors, the user's, and those of `specs` (folders or files), which win.

    Raises:
        NlsniffError: one of `specs` does not exist.
    """
    folders = [os.fspath(spec) for spec in specs]
    for folder in folders:
        if not os.path.exists(folder):
            raise NlsniffError(f"{folder}: no such file or folder of dissectors (--spec)")
    return Registry(folders)


class Registry:
    """Finds the family of a message.

    Args:
        folders: more dissectors, folders or files; a later one wins over an earlier one, and all over the shipped ones
            but the folder of a kernel's own specs, over which the shipped ones win. See `nlsniff.spec.catalog`.
        shipped: the folder of the shipped ones, where it is another.

    Attributes:
        complaints: one line for each file that could not be used; the others still work.
    """

    def __init__(
        self, folders: Iterable[str | os.PathLike[str]] = (), *, shipped: str | os.PathLike[str] | None = None
    ) -> None:
        given = [
            (shipped or shipped_folder(), "shipped"),
            (user_dir(), "user"),
            *((folder, "user") for folder in folders),
        ]
        files, self.complaints = files_of(given)
        catalog = catalog_of(files)
        self.complaints += catalog.complaints
        self._entries = catalog.entries
        self._families: dict[str, Family | None] = {}
        self._used: dict[str, Variant] = {}
        self._raw: dict[tuple[int, int], list[str]] = {}
        for entry in catalog.entries.values():
            if entry.protonum is not None:
                for number in entry.numbers:
                    self._raw.setdefault((entry.protonum, number), []).append(entry.name)

    def __contains__(self, name: str) -> bool:
        """Whether a dissector has that name, even if it cannot be used."""
        return name in self._entries

    @property
    def names(self) -> list[str]:
        """The families that are known, sorted."""
        return sorted(self._entries)

    @property
    def numbers(self) -> list[tuple[int, int]]:
        """The (protocol, type) that somebody describes, of classic protocols."""
        return sorted(self._raw)

    def entry(self, name: str) -> Entry:
        """The files that are known by a name."""
        return self._entries[name]

    def path(self, name: str) -> str:
        """The file that a family comes from."""
        return (self._used.get(name) or self._entries[name].variants[0]).path

    def family(self, name: str) -> Family | None:
        """A family by its dissector's name; None when there is none or no file of it can be used."""
        if name not in self._families:
            entry = self._entries.get(name)
            self._families[name] = self._load(entry) if entry is not None else None
        return self._families[name]

    def _load(self, entry: Entry) -> Family | None:
        from nlsniff.spec.family import Family
        from nlsniff.spec.load import SpecError

        for variant in entry.variants:
            try:
                found = Family(_document(variant, entry.overlays), variant.path)
                if variant.layer != "shipped":
                    self._keep_masks(entry, found)
            except SpecError as error:
                complaint = str(error)
            except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
                complaint = f"{variant.path}: cannot be used: {type(error).__name__}: {error}"
            else:
                self._used[entry.name] = variant
                return found
            if complaint not in self.complaints:
                self.complaints.append(complaint)
        return None

    def _keep_masks(self, entry: Entry, family: Family) -> None:
        """Let a family that takes the place of shipped ones keep their masks; see `nlsniff.spec.masks`."""
        from nlsniff.spec.family import Family
        from nlsniff.spec.load import HOLDS_SECRET
        from nlsniff.spec.masks import keep_masks

        names = {entry.name}
        if entry.protonum is not None:  # another name may describe the same messages
            names.update(name for number in entry.numbers for name in self._raw[entry.protonum, number])
        for name in sorted(names):
            for variant in self._entries[name].variants:
                document = _document(variant, []) if variant.layer == "shipped" else {}
                if document.get(HOLDS_SECRET):
                    keep_masks(Family(document, variant.path), family)

    def is_shipped(self, name: str) -> bool:
        """Whether the dissector in use is a shipped one, which lists all that the newest kernel has of its family."""
        used = self._used.get(name)
        return used is not None and used.layer == "shipped"

    def generic(self, name: str) -> Family | None:
        """A generic netlink family by the name that the kernel registered."""
        entry = self._entries.get(name)
        return self.family(name) if entry is not None and entry.protonum is None else None

    def raw(self, protocol: int, number: int) -> list[tuple[Family, Operation, bool]]:
        """Who describes a message of a classic protocol: (family, operation, the number is the operation's own).

        An operation's own number is that of its request or notification; a number that is only its reply's comes
        after, so that 24 is RTM_NEWROUTE and not the answer to RTM_GETROUTE.
        """
        found: list[tuple[Family, Operation, bool]] = []
        for name in self._raw.get((protocol, number), ()):
            family = self.family(name)
            if family is None:
                continue
            for operation in family.operations:
                own = operation.request or (operation.reply if operation.notification else None)
                if own is not None and own.number == number:
                    found.append((family, operation, True))
                elif operation.reply is not None and operation.reply.number == number:
                    found.append((family, operation, False))
        found.sort(key=lambda item: not item[2])
        return found


def _document(variant: Variant, overlays: list[Variant]) -> dict[str, object]:
    """The document of a dissector with its overlays; no file is read where the cache has it."""
    from nlsniff.spec.load import SpecText, document_key, load_document, read_file

    parts: list[Part] = [part for item in (variant, *overlays) for part in item.parts]
    kept = cache.cached(document_key([part.digest for part in parts]))
    if kept is not None:
        return kept
    return load_document([SpecText(part.path, read_file(part.path)) for part in parts])
