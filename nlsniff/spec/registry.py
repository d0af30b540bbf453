"""All dissectors of a run: which file describes a message, loaded when the first such message comes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlsniff.spec.family import Family
from nlsniff.spec.load import SpecError, cached, digest, load_document, parse_head, store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nlsniff.spec.model import Operation


def shipped_dir() -> Path:
    """The dissectors that came with nlsniff: inside the installed package, else beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "_dissectors"
    return inside if inside.is_dir() else package.parent / "dissectors"


def user_dir() -> Path:
    """The user's own dissectors: ~/.config/nlsniff/dissectors, or as XDG_CONFIG_HOME says."""
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")  # noqa: PTH111,PTH118
    return Path(base) / "nlsniff" / "dissectors"


class Registry:
    """Finds the family of a message. A file given later in `folders` wins over one of the same name before it.

    Attributes:
        complaints: one line for each file that could not be used; the others still work.
    """

    def __init__(self, folders: Iterable[Path] = ()) -> None:
        self.complaints: list[str] = []
        self._texts: dict[str, tuple[str, bytes]] = {}
        self._families: dict[str, Family | None] = {}
        self._raw: dict[tuple[int, int], list[str]] = {}
        self._protocols: dict[int, list[str]] = {}
        self._generic: set[str] = set()
        files: list[tuple[str, bytes]] = []
        for folder in (shipped_dir(), user_dir(), *folders):
            files += self._read(folder)
        self._index(files)

    def _read(self, folder: Path) -> list[tuple[str, bytes]]:
        paths = [folder] if folder.is_file() else sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])
        files = []
        for path in paths:
            try:
                files.append((str(path), path.read_bytes()))
            except OSError as error:
                self.complaints.append(f"{path}: {error.strerror}")
        return files

    def _index(self, files: list[tuple[str, bytes]]) -> None:
        """Note which file describes which numbers, without resolving any file."""
        key = digest(b"catalog", *(name.encode() + b"\0" + digest(text) for name, text in files))
        catalog = cached(key)
        if catalog is None:
            catalog = store(key, [self._summarise(name, text) for name, text in files])
        for (path, text), entry in zip(files, catalog, strict=True):
            if isinstance(entry, str):
                self.complaints.append(entry)
                continue
            name = entry["name"]
            if name in self._texts:  # a file of the same name, given later, replaces the earlier one
                for names in (*self._raw.values(), *self._protocols.values()):
                    if name in names:
                        names.remove(name)
            self._texts[name] = (path, text)
            if entry["protonum"] is None:
                self._generic.add(name)
                continue
            self._protocols.setdefault(entry["protonum"], []).append(name)
            for number in entry["numbers"]:
                self._raw.setdefault((entry["protonum"], number), []).append(name)

    @staticmethod
    def _summarise(path: str, text: bytes) -> dict[str, Any] | str:
        try:
            head = parse_head(text, path)
            family = Family({"name": head["name"], "protocol": head.get("protocol", "genetlink"),
                             "protonum": head.get("protonum", 0), "operations": _numbers_only(head)})  # fmt: skip
        except SpecError as error:
            return str(error)
        except (KeyError, TypeError, ValueError, AttributeError):
            # Whatever is wrong with it, the full check says so in words and with a line.
            return _full_complaint(path, text)
        numbers = {
            form.number
            for operation in family.operations
            for form in (operation.request, operation.reply)
            if form is not None
        }
        return {
            "name": family.name,
            "protonum": None if family.generic else family.protonum,
            "numbers": sorted(numbers),
        }

    @property
    def names(self) -> list[str]:
        """The families that are known, sorted."""
        return sorted(self._texts)

    def path(self, name: str) -> str:
        """The file that a family comes from."""
        return self._texts[name][0]

    def family(self, name: str) -> Family | None:
        """A family by its dissector's name; None when there is none or its file is broken."""
        if name not in self._families:
            found = None
            if name in self._texts:
                path, text = self._texts[name]
                try:
                    found = Family(load_document(text, path), path)
                except SpecError as error:
                    self.complaints.append(str(error))
                except (KeyError, TypeError, ValueError, RecursionError) as error:
                    self.complaints.append(f"{path}: cannot be used: {type(error).__name__}: {error}")
            self._families[name] = found
        return self._families[name]

    def generic(self, name: str) -> Family | None:
        """A generic netlink family by the name that the kernel registered."""
        return self.family(name) if name in self._generic else None

    def raw(self, protocol: int, number: int) -> list[tuple[Family, Operation, bool]]:
        """Who describes a message of a classic protocol: (family, operation, the number is the operation's own).

        An operation's own number is that of its request or notification; a number that is only its reply's comes
        after, so that 24 is RTM_NEWROUTE and not the answer to RTM_GETROUTE.
        """
        found = []
        for name in self._raw.get((protocol, number), ()):
            family = self.family(name)
            for operation in family.operations if family else ():
                own = operation.request or (operation.reply if operation.notification else None)
                if own is not None and own.number == number:
                    found.append((family, operation, True))
                elif operation.reply is not None and operation.reply.number == number:
                    found.append((family, operation, False))
        found.sort(key=lambda item: not item[2])
        return found  # type: ignore[return-value]  # family is not None where it had operations


def _numbers_only(head: dict[str, Any]) -> dict[str, Any]:
    """The operations without their layouts, which are not needed to know their numbers."""
    dropped = {"fixed-header", "attribute-set", "short-header", "payload"}

    def strip(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: strip(value) for key, value in item.items() if key not in dropped}
        return [strip(value) for value in item] if isinstance(item, list) else item

    found = strip(head.get("operations") or {})
    return found if isinstance(found, dict) else {}


def _full_complaint(path: str, text: bytes) -> str:
    try:
        load_document(text, path)
    except SpecError as error:
        return str(error)
    return f"{path}: cannot be used"
