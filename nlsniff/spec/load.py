"""From a YAML file to a checked document, by way of a cache.

Reading YAML costs a hundred times what reading JSON costs, so a checked document is kept as JSON under the user's
cache directory. Its name is a hash of the YAML's bytes and of the format, and it begins with a hash of itself: a cache
that is stale is never found, one that is damaged is made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import orjson

from nlsniff.errors import NlsniffError
from nlsniff.spec.check import Complaint, check

Doc = dict[str, Any]
_FORMAT = b"nlsniff dissector cache 1\n"  # a new number when the meaning of the cached JSON changes
_DIGEST = 16


class SpecError(NlsniffError):
    """A dissector that cannot be used: the message has file, line and what was expected."""


def digest(*parts: bytes) -> bytes:
    """A short hash of some bytes, for names of cache files."""
    found = hashlib.blake2b(_FORMAT, digest_size=_DIGEST)
    for part in parts:
        found.update(part)
    return found.digest()


def cache_dir() -> Path:
    """Where compiled dissectors are kept; `NLSNIFF_CACHE` overrides it."""
    own = os.environ.get("NLSNIFF_CACHE")
    if own:
        return Path(own)
    import platformdirs  # noqa: PLC0415  not needed when the variable is set

    return Path(platformdirs.user_cache_dir("nlsniff"))


def cached(key: bytes) -> Any | None:
    """What was stored under a key, or None when there is nothing or it is damaged."""
    try:
        data = (cache_dir() / key.hex()).read_bytes()
        return orjson.loads(data[_DIGEST:]) if data[:_DIGEST] == digest(data[_DIGEST:]) else None
    except (OSError, orjson.JSONDecodeError):
        return None


def store(key: bytes, value: Any) -> Any:
    """Keep a value under a key, where the disk allows it, and return it as it will be read back."""
    data = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    # A cache that cannot be written costs time, never an answer.
    with contextlib.suppress(OSError):
        folder = cache_dir()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(digest(data) + data)
        Path(name).replace(folder / key.hex())
    return orjson.loads(data)


def load_document(text: bytes, name: str) -> Doc:
    """The checked document of a dissector, from the cache if it is there.

    Raises:
        SpecError: the file is no YAML, or what it says cannot be used.
    """
    key = digest(b"document", text)
    doc = cached(key)
    if doc is None:
        parsed = parse_yaml(text, name)
        fatal = [complaint for complaint in check(parsed) if complaint.fatal]
        if fatal:
            raise SpecError(describe(fatal[0], text, name) + (f" (and {len(fatal) - 1} more)" if fatal[1:] else ""))
        doc = store(key, parsed)
    return doc  # type: ignore[no-any-return]  # what was stored was a checked mapping


def yaml_loader() -> Any:
    """PyYAML's safe loader, the one written in C where it was built."""
    import yaml  # noqa: PLC0415  only a file that is not in the cache needs it

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_yaml(text: bytes, name: str) -> Any:
    """YAML to plain objects; a syntax error becomes a SpecError with its line."""
    import yaml  # noqa: PLC0415

    try:
        return yaml.load(text, Loader=yaml_loader())  # noqa: S506  the loader is a safe one
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{name}:{mark.line + 1}" if mark else name
        raise SpecError(f"{where}: not YAML: {getattr(error, 'problem', None) or error}") from None
    except (ValueError, RecursionError) as error:
        raise SpecError(f"{name}: not YAML: {error}") from None


_TOP_KEY = re.compile(rb"^([A-Za-z][\w-]*):", re.MULTILINE)
_HEAD_KEYS = {b"name", b"protocol", b"protonum", b"operations", b"overlay"}


def parse_head(text: bytes, name: str) -> Doc:
    """Name, protocol and operations only: enough to know what a file is for, in a tenth of the time.

    Cuts the text at its top-level keys. Where the cut does not parse (flow style, an anchor set elsewhere), the whole
    file is parsed.
    """
    marks = [*((match.start(), match.group(1)) for match in _TOP_KEY.finditer(text)), (len(text), b"")]
    parts = [text[start:end] for (start, key), (end, _) in itertools.pairwise(marks) if key in _HEAD_KEYS]
    try:
        doc = parse_yaml(b"".join(parts), name)
    except SpecError:
        doc = None
    return doc if isinstance(doc, dict) and "name" in doc else parse_yaml(text, name)


def describe(complaint: Complaint, text: bytes, name: str) -> str:
    """A complaint as `file:line: what`."""
    line = _line(text, complaint.path)
    return f"{name}:{line}: {complaint.text}"


def _line(text: bytes, path: tuple[str | int, ...]) -> int:
    """The line of the deepest part of a path that is in the file."""
    import yaml  # noqa: PLC0415

    try:
        node = yaml.compose(text, Loader=yaml_loader())
    except yaml.YAMLError:
        return 1
    line = 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            pair = next((pair for pair in node.value if pair[0].value == step), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line
