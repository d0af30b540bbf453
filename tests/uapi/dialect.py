"""What a dissector claims about C: constants with their numbers, and structs with their layout.

An independent eye: it reads the YAML itself and numbers and lays out by the rules of dissectors/README.md, sharing no
code with nlsniff, so that a mistake in nlsniff's own loader cannot hide one in a dissector.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[2] / "dissectors"

ALWAYS = ("linux/netlink.h", "linux/rtnetlink.h")
"""Headers that are read even where no dissector names them: message types and netlink itself."""

BORROWED = ("linux/if_ether.h", "linux/in.h", "linux/in6.h", "sys/socket.h")
"""Numbers that many families carry a few of (AF_*, IPPROTO_*, ETH_P_*): right wherever they stand, never complete."""

_SIZES = {"u8": 1, "s8": 1, "u16": 2, "s16": 2, "u32": 4, "s32": 4, "u64": 8, "s64": 8}
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class Dissector:
    """One YAML file: its name without `.yaml`, and what is in it."""

    file: str
    data: dict[str, Any]

    @property
    def headers(self) -> list[str]:
        """Return the headers that the file names, for all of it or for one definition or attribute set."""
        # The kernel's own tools fall back on the family's name, for generic netlink.
        generic = str(self.data.get("protocol", "genetlink")).startswith("genetlink")
        top = self.data.get("uapi-header") or (f"linux/{c_upper(self.data['name']).lower()}.h" if generic else [])
        named = [top] if isinstance(top, str) else list(top)
        for part in ("definitions", "attribute-sets"):
            named += [entry["header"] for entry in self.data.get(part) or [] if entry.get("header")]
        return list(dict.fromkeys(named))


@dataclass(frozen=True)
class Claim:
    """The dissector says that this C constant has this value; `c_name` is "" where no rule gives it a name."""

    entry: str
    c_name: str
    value: int


@dataclass
class Group:
    """Claims that belong together: an enum, the attributes of a set, the operations."""

    file: str
    subject: str
    prefix: str
    kind: str  # enum, flags, const, attributes, operations
    complete: bool = True  # False: a part of another group on purpose (subset-of)
    claims: list[Claim] = field(default_factory=list)
    replies: list[Claim] = field(default_factory=list)  # answers whose number must be some message's


@dataclass(frozen=True)
class Slot:
    """One member of a struct: offset and size in bytes; `count` is 0 where the length is only known on the wire."""

    name: str
    c_name: str
    offset: int
    size: int
    count: int
    pad: bool
    big_endian: bool
    scalar: bool

    @property
    def end(self) -> int:
        """Return the offset behind the member."""
        return self.offset + self.size * self.count


@dataclass(frozen=True)
class Layout:
    """A struct as the dissector lays it out; `c_name` is "" where the dissector says that C has no such struct."""

    file: str
    name: str
    c_name: str
    size: int
    align: int
    slots: tuple[Slot, ...]


class DialectError(Exception):
    """The YAML does not say what it must; the text names file and place."""


def read_dissectors(files: list[Path] | None = None) -> list[Dissector]:
    """Read the named files, or every dissector of the project."""
    found = []
    for path in sorted(FOLDER.glob("*.yaml")) if files is None else files:
        data = _mapping(path)
        for name in data.get("include") or []:
            _include(data, _mapping(path.parent / name), path.name)
        found.append(Dissector(path.stem, data))
    return found


def _mapping(path: Path) -> dict[str, Any]:
    data = yaml.load(path.read_text(), Loader=_LOADER)  # noqa: S506 - the C form of SafeLoader
    if not isinstance(data, dict):
        raise DialectError(f"{path.name}: no mapping at the top")
    return data


def _include(data: dict[str, Any], shared: dict[str, Any], file: str) -> None:
    """Put what is shared before what the file has; one of the same name stands in its place, if it is whole."""
    for part in ("definitions", "attribute-sets", "sub-messages"):
        own = {entry["name"]: entry for entry in data.get(part) or []}
        for entry in shared.get(part) or []:
            mine = own.get(entry["name"])
            if mine is not None and [_names(mine)] != [_names(entry)]:
                raise DialectError(f"{file}: {part} {entry['name']} is half here and half in what it includes")
        data[part] = [entry for entry in shared.get(part) or [] if entry["name"] not in own] + list(own.values())


def _names(entry: dict[str, Any]) -> list[str]:
    items = entry.get("members") or entry.get("attributes") or entry.get("entries") or []
    return [item["name"] if isinstance(item, dict) else item for item in items]


def headers_named(dissectors: list[Dissector]) -> list[str]:
    """Return the headers to read for these dissectors, sorted."""
    return sorted({*ALWAYS, *BORROWED, *(name for dissector in dissectors for name in dissector.headers)})


def c_upper(text: str) -> str:
    """Return a dissector's name as a C constant is written."""
    return text.replace("-", "_").upper()


def groups(dissector: Dissector) -> list[Group]:
    """Return every constant that the dissector numbers."""
    out = [_enum(dissector, entry) for entry in dissector.data.get("definitions") or [] if entry["type"] != "struct"]
    sets = {entry["name"]: entry for entry in dissector.data.get("attribute-sets") or []}
    out += [_attributes(dissector, entry, sets) for entry in sets.values()]
    if (dissector.data.get("operations") or {}).get("list"):
        out.append(_operations(dissector))
    return [group for group in out if group.claims]


def _claim(prefix: str | None, entry: dict[str, Any], value: int) -> Claim:
    name = str(entry["name"])
    if "c-name" in entry:  # "" says that C has no such constant
        return Claim(name, entry["c-name"] or "", value)
    return Claim(name, "" if prefix is None else c_upper(prefix + name), value)


def _prefix(dissector: Dissector, holder: dict[str, Any], default: str) -> str | None:
    """Return the name prefix; YNL derives one from the family's name in generic netlink only."""
    if "name-prefix" in holder:
        return str(holder["name-prefix"])
    if str(dissector.data.get("protocol", "genetlink")).startswith("genetlink"):
        return default
    return None


def _enum(dissector: Dissector, entry: dict[str, Any]) -> Group:
    subject = f"definition {entry['name']}"
    if entry["type"] == "const":
        name = entry.get("c-name") or c_upper(str(entry.get("name-prefix", "")) + entry["name"])
        value = entry["value"]
        claims = [Claim(entry["name"], name, value)] if isinstance(value, int) else []
        return Group(dissector.file, subject, name, "const", complete=False, claims=claims)
    prefix = _prefix(dissector, entry, f"{dissector.data['name']}-{entry['name']}-")
    group = Group(dissector.file, subject, c_upper(prefix or ""), entry["type"])
    number = int(entry.get("value-start", 0))
    for item in entry.get("entries") or []:
        named = item if isinstance(item, dict) else {"name": item}
        number = int(named.get("value", number))
        group.claims.append(_claim(prefix, named, 1 << number if entry["type"] == "flags" else number))
        number += 1
    return group


def _attributes(dissector: Dissector, entry: dict[str, Any], sets: dict[str, dict[str, Any]]) -> Group:
    family, name = dissector.data["name"], entry["name"]
    parent = sets.get(entry.get("subset-of", ""))
    default = f"{family}-a-" if name == family else f"{family}-a-{name}-"
    prefix = _prefix(dissector, entry, default)
    if parent is not None and "name-prefix" not in entry:
        prefix = _prefix(dissector, parent, f"{family}-a-{parent['name']}-")
    group = Group(dissector.file, f"attribute-set {name}", c_upper(prefix or ""), "attributes", complete=parent is None)
    given = {item["name"]: number for item, number in _numbered(parent)} if parent else {}
    for item, number in _numbered(entry):
        if parent is not None and item["name"] not in given and "value" not in item:
            raise DialectError(f"{dissector.file}: {name}/{item['name']} is not in {entry['subset-of']}")
        group.claims.append(_claim(prefix, item, given.get(item["name"], number)))
    return group


def _numbered(entry: dict[str, Any]) -> list[tuple[dict[str, Any], int]]:
    """Return the attributes of a set with their types."""
    out = []
    number = 1
    for item in entry.get("attributes") or []:
        number = int(item.get("value", number))
        out.append((item, number))
        number += 1
    return out


def _operations(dissector: Dissector) -> Group:
    operations = dissector.data["operations"]
    prefix = _prefix(dissector, operations, f"{dissector.data['name']}-cmd-")
    group = Group(dissector.file, "operations", c_upper(prefix or ""), "operations")
    directional = operations.get("enum-model") == "directional"
    request = reply = 1
    for item in operations["list"]:
        if not directional:
            request = int(item.get("value", request))
            group.claims.append(_claim(prefix, item, request))
            request += 1
            continue
        if "notify" in item or "event" in item:
            reply = int(item.get("value", reply))
            group.claims.append(_claim(prefix, item, reply))
            reply += 1
            continue
        mode = item.get("do") or item.get("dump") or {}
        request = int((mode.get("request") or {}).get("value", request))
        group.claims.append(_claim(prefix, item, request))
        request += 1
        if "reply" in mode:
            reply = int((mode["reply"] or {}).get("value", reply))
            group.replies.append(_claim(prefix, item, reply))
            reply += 1
    return group


def layouts(dissector: Dissector) -> list[Layout]:
    """Return every struct of the dissector, laid out."""
    definitions = {entry["name"]: entry for entry in dissector.data.get("definitions") or []}
    done: dict[str, Layout] = {}
    for name, entry in definitions.items():
        if entry["type"] == "struct":
            _lay_out(dissector.file, name, definitions, done, ())
    return [done[name] for name in definitions if name in done]


def as_array(layout: Layout, prefix: str, first: int) -> Group:
    """Return the members as claims, for a struct that is an array in C: an enum that begins at `first` numbers them."""
    places = [(slot.name, slot.offset // slot.size + first) for slot in layout.slots if slot.size]
    claims = [Claim(name, c_upper(prefix + name), place) for name, place in places]
    return Group(layout.file, f"struct {layout.name}", prefix, "enum", claims=claims)


def _lay_out(
    file: str, name: str, definitions: dict[str, dict[str, Any]], done: dict[str, Layout], above: tuple[str, ...]
) -> Layout:
    if name in done:
        return done[name]
    entry = definitions.get(name)
    if entry is None or entry["type"] != "struct" or name in above:
        raise DialectError(
            f"{file}: struct {name}, used in {above[-1] if above else 'the file'}, is not defined before"
        )
    natural = entry.get("layout") == "c"
    slots: list[Slot] = []
    offset, widest = 0, 1
    for member in entry.get("members") or []:
        size, align, count = _measure(file, member, definitions, done, (*above, name))
        widest = max(widest, align)
        if natural and align:
            offset = -(-offset // align) * align
        slots.append(
            Slot(
                name=member["name"],
                c_name=member.get("c-name", member["name"].replace("-", "_")) or "",
                offset=offset,
                size=size,
                count=count,
                pad=member.get("type") == "pad",
                big_endian=member.get("byte-order") == "big-endian",
                scalar=member.get("type") in _SIZES,
            )
        )
        offset += size * count
    size = -(-offset // widest) * widest if natural else offset
    c_name = entry.get("c-name", name.replace("-", "_"))
    done[name] = Layout(file, name, c_name or "", size, widest, tuple(slots))
    return done[name]


def _measure(
    file: str,
    member: dict[str, Any],
    definitions: dict[str, dict[str, Any]],
    done: dict[str, Layout],
    above: tuple[str, ...],
) -> tuple[int, int, int]:
    """Return size and alignment of one element, and how many elements; 0 of them where only the wire says it."""
    kind = member.get("type", "binary")
    open_ended = any(key in member for key in ("rest", "length-from", "count-from", "until"))
    open_ended = open_ended or ("array-of" in member and "count" not in member)
    count = 0 if open_ended else _constant(member.get("count", 1), definitions)
    nested = member.get("struct") or member.get("array-of")
    if nested:
        inner = _lay_out(file, nested, definitions, done, above)
        return inner.size, inner.align, count
    if kind in _SIZES:
        return _SIZES[kind], _SIZES[kind], count
    if kind == "bitfield32":
        return 8, 4, count
    length = _constant(member.get("len", 16 if "family-from" in member else 0), definitions)
    if not length and not open_ended:
        raise DialectError(f"{file}: {above[-1]}/{member['name']}: {kind} without len")
    return length, 4 if "family-from" in member else 1, count  # an address is made of 32-bit numbers


def _constant(value: Any, definitions: dict[str, dict[str, Any]]) -> int:
    """Return a number that may be given by the name of a `const`."""
    while isinstance(value, str) and value in definitions:
        value = definitions[value].get("value")
    return int(value)
