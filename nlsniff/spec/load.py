"""From YAML files to a checked document, by way of a cache.

Reading YAML costs a hundred times what reading its objects costs, so a checked document is kept under the user's cache
directory, see `nlsniff.spec.cache`.
"""

from __future__ import annotations

import functools
import itertools
import os
import re
import stat
from typing import TYPE_CHECKING, Any, NamedTuple

from nlsniff.errors import NlsniffError
from nlsniff.spec import cache

if TYPE_CHECKING:
    from nlsniff.spec.complaint import Complaint

Doc = dict[str, Any]

# The key under which a loaded document says what `has_secret` says of it.
HOLDS_SECRET = "holds-secret"  # noqa: S105
FILE_BYTES = 2 << 20  # of a dissector; the longest that is known has 130 KB


class SpecError(NlsniffError):
    """A dissector that cannot be used: the message has file, line and what was expected."""


class SpecText(NamedTuple):
    """One of the files that a document is made of: its name for people, and its bytes."""

    name: str
    text: bytes


def read_file(path: str) -> bytes:
    """The bytes of one of the files.

    Raises:
        SpecError: it cannot be read, is no regular file (it may be read again), or is longer than any dissector.
    """
    try:
        with open(path, "rb", opener=_open) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise SpecError(f"{path}: is no regular file: expected a dissector")
            data = file.read(FILE_BYTES + 1)
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror}") from None
    if len(data) > FILE_BYTES:
        raise SpecError(f"{path}: longer than {FILE_BYTES >> 20} MiB, which no dissector is")
    return data


def _open(path: str, flags: int) -> int:
    """Open a file without waiting for the other end of a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def load_document(sources: list[SpecText]) -> Doc:
    """The checked document of a dissector, from the cache if it is there; it says whether it holds a secret, too.

    Args:
        sources: what the dissector includes, the dissector, and its overlays, in that order.

    Raises:
        SpecError: a file is no YAML, or what they say together cannot be used.
    """
    key = document_key([cache.digest(source.text) for source in sources])
    doc = cache.cached(key)
    if doc is None:
        parsed, complaints = check_document(sources)
        fatal = [complaint for complaint in complaints if complaint.fatal]
        if fatal:
            more = f" (and {len(fatal) - 1} more)" if fatal[1:] else ""
            raise SpecError(describe(fatal[0], parsed, sources) + more)
        try:
            doc = cache.store(key, {**parsed, HOLDS_SECRET: has_secret(parsed)})
        except TypeError as error:  # a date with a zone, bytes, a number of 80 bits
            raise SpecError(f"{sources[-1].name}: holds a value that no key can have: {error}") from None
    return doc


def has_secret(doc: object) -> bool:
    """Whether a document, or a part of it, calls anything secret."""
    if isinstance(doc, dict):
        return bool(doc.get("secret")) or any(has_secret(value) for value in doc.values())
    return isinstance(doc, list) and any(has_secret(value) for value in doc)


def document_key(digests: list[bytes]) -> bytes:
    """What the cache knows a document by, from the digests of its files."""
    return cache.digest(b"document", *digests)


def check_document(sources: list[SpecText]) -> tuple[Any, list[Complaint]]:
    """The document that some files make together, without keys that do not belong there, and what is wrong with it.

    Raises:
        SpecError: a file is no YAML, or no mapping where there are several.
    """
    from nlsniff.spec.check import check
    from nlsniff.spec.overlay import merge

    parsed = [parse_yaml(source.text, source.name) for source in sources]
    whole = parsed[0]
    for source, doc in zip(sources[1:], parsed[1:], strict=True):
        if not isinstance(doc, dict) or not isinstance(whole, dict):
            raise SpecError(f"{source.name}:1: expected a mapping")
        whole = merge(whole, {key: value for key, value in doc.items() if key != "overlay"})
    complaints = check(whole)
    _leave_out(whole, complaints)
    return whole, complaints


def _leave_out(doc: Any, complaints: list[Complaint]) -> None:
    """Take keys that do not belong where they stand out of a document."""
    for complaint in complaints:
        if complaint.ignored:
            place = doc
            for step in complaint.path[:-1]:
                place = place[step]
            for key in [key for key in place if str(key) == complaint.path[-1]]:
                del place[key]


def parse_yaml(text: bytes, name: str) -> Any:
    """YAML to plain objects; a syntax error becomes a SpecError with its line."""
    import yaml

    from nlsniff.spec import yaml12

    try:
        return yaml12.load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{name}:{mark.line + 1}" if mark else name
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        if mark and _after_tab(text, mark.line):
            problem = "a tab before the first word, where YAML wants blanks"
        raise SpecError(f"{where}: not YAML: {problem}") from None
    except (ValueError, TypeError, RecursionError) as error:
        raise SpecError(f"{name}: not YAML: {error}") from None


def _after_tab(text: bytes, line: int) -> bool:
    """Whether a line, counted from 0, is indented by tabs."""
    found = text.split(b"\n", line + 1)[line : line + 1]
    return b"\t" in b"".join(found)[: -len(b"".join(found).lstrip()) or None]


_TOP_KEY = re.compile(rb"^([A-Za-z][\w-]*):", re.MULTILINE)
_HEAD_KEYS = {b"name", b"protocol", b"protonum", b"operations", b"overlay", b"include"}


def parse_head(text: bytes, name: str) -> Doc:
    """What says what a file is for: name, protocol, operations, and what it includes, in a tenth of the time.

    Cuts the text at its top-level keys. Where the cut does not parse (flow style, an anchor set elsewhere), the whole
    file is parsed.

    Raises:
        SpecError: it is no YAML, no mapping, or has no name.
    """
    marks = [*((match.start(), match.group(1)) for match in _TOP_KEY.finditer(text)), (len(text), b"")]
    parts = [text[start:end] for (start, key), (end, _) in itertools.pairwise(marks) if key in _HEAD_KEYS]
    try:
        doc = parse_yaml(b"".join(parts), name)
    except SpecError:
        doc = None
    if not isinstance(doc, dict) or not isinstance(doc.get("name"), str):
        doc = parse_yaml(text, name)
    if not isinstance(doc, dict):
        raise SpecError(f"{name}:1: expected a mapping with name, protocol, attribute-sets and operations")
    if not isinstance(doc.get("name"), str):
        from nlsniff.spec.complaint import no_family_name

        raise SpecError(f"{name}:1: {no_family_name(doc).text}")
    return {key: value for key, value in doc.items() if key.encode() in _HEAD_KEYS}


def describe(complaint: Complaint, doc: Any, sources: list[SpecText]) -> str:
    """A complaint about a document as `file:line: what`."""
    file, line = locate(complaint, doc, sources)
    return f"{file}:{line}: {complaint.text}"


def locate(complaint: Complaint, doc: Any, sources: list[SpecText]) -> tuple[str, int]:
    """File and line that a complaint is about: the last file that says the deepest part of its path."""
    steps = _named_steps(doc, complaint.path)
    best, where = (-1, 1), sources[-1].name
    for source in sources:
        depth, line = _find(_composed(source.text), steps)
        if depth >= best[0]:
            best, where = (depth, line), source.name
    return where, best[1]


def _named_steps(doc: Any, path: tuple[str | int, ...]) -> list[tuple[str | int, str | None]]:
    """A path in which each list position also has the name of what is there, for positions differ between files."""
    steps: list[tuple[str | int, str | None]] = []
    for step in path:
        try:
            doc = doc[step]
        except (KeyError, IndexError, TypeError):
            doc = None
        name = (doc.get("name") or doc.get("value")) if isinstance(doc, dict) else doc
        steps.append((step, name if isinstance(step, int) and isinstance(name, str) else None))
    return steps


@functools.lru_cache(maxsize=20)
def _composed(text: bytes) -> Any:
    """The nodes of a file, which know their lines; None where it is no YAML."""
    import yaml

    try:
        return yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        return None


def _find(node: Any, steps: list[tuple[str | int, str | None]]) -> tuple[int, int]:
    """How many steps of a path are in a file, and the line of the last of them."""
    import yaml

    if node is None:
        return 0, 1
    line = 1
    for depth, (step, name) in enumerate(steps):
        found = None
        if isinstance(node, yaml.MappingNode):
            pair = next((pair for pair in node.value if pair[0].value == step), None)
            if pair is not None:
                line, found = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode):
            found = _element(node, step, name)
            line = found.start_mark.line + 1 if found is not None else line
        if found is None:
            return depth, line
        node = found
    return len(steps), line


def _element(node: Any, step: str | int, name: str | None) -> Any:
    """The element at a position, or that of a name where files differ in positions."""
    at = node.value[step] if isinstance(step, int) and step < len(node.value) else None
    if name is None or (at is not None and name in _names(at)):
        return at
    return next((child for child in node.value if name in _names(child)), None)


def _names(node: Any) -> list[str]:
    """What an element may be known by: its text, its name, or its value."""
    if isinstance(node.value, str):
        return [node.value]
    pairs = [pair for pair in node.value if isinstance(pair, tuple)]
    return [value.value for key, value in pairs if key.value in {"name", "value"} and isinstance(value.value, str)]
