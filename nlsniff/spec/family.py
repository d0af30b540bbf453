"""One family: turns a dissector's YAML document into the model, part by part, as parts are asked for."""

from __future__ import annotations

import sys
from typing import Any

from nlsniff.spec.model import (
    ADDRESS_SIZE,
    SCALARS,
    AttrSet,
    Enum,
    Field,
    Form,
    Format,
    Operation,
    Struct,
    SubMessage,
)

Doc = dict[str, Any]


def _as_int(value: Any) -> int:
    return value if isinstance(value, int) else int(str(value), 0)


class Family:
    """A dissector, resolved lazily. The document has passed `nlsniff.spec.check`, so a reference cannot dangle."""

    def __init__(self, doc: Doc, source: str = "") -> None:
        self.source = source
        self.name: str = doc["name"]
        self.doc: str = doc.get("doc", "")
        self.protocol: str = doc.get("protocol", "genetlink")
        self.protonum: int = 16 if self.protocol.startswith("genetlink") else doc.get("protonum", 0)
        self.generic = self.protocol.startswith("genetlink")
        self._doc = doc
        self._definitions: dict[str, Doc] = {item["name"]: item for item in doc.get("definitions") or []}
        self._set_docs: dict[str, Doc] = {item["name"]: item for item in doc.get("attribute-sets") or []}
        self._sub_docs: dict[str, Doc] = {item["name"]: item for item in doc.get("sub-messages") or []}
        self._enums: dict[str, Enum] = {}
        self._structs: dict[str, Struct] = {}
        self._sets: dict[str, AttrSet] = {}
        self._subs: dict[str, SubMessage] = {}
        self.operations: list[Operation] = self._read_operations(doc.get("operations") or {})

    @property
    def prefix(self) -> str:
        """What its filter fields begin with: `route` for rt-route, `genl.wireguard` for a generic family."""
        return f"genl.{self.name}" if self.generic else self.name.removeprefix("rt-")

    # -- definitions ---------------------------------------------------------------------------------------------

    def enum(self, name: str) -> Enum:
        """An enum or flags definition by name."""
        found = self._enums.get(name)
        if found is None:
            doc = self._definitions[name]
            flags = doc["type"] == "flags"
            by_value: dict[int, str] = {}
            docs: dict[str, str] = {}
            number = _as_int(doc.get("value-start", 0))
            for entry in doc.get("entries") or []:
                item: Doc = entry if isinstance(entry, dict) else {"name": str(entry)}
                number = _as_int(item.get("value", number))
                by_value.setdefault(1 << number if flags else number, sys.intern(str(item["name"])))
                docs[str(item["name"])] = item.get("doc", "")
                number += 1
            found = self._enums[name] = Enum(name, flags, by_value, docs)
        return found

    def constant(self, value: Any) -> int:
        """A length given as a number or as the name of a const definition."""
        if isinstance(value, int):
            return value
        text = str(value)
        if text in self._definitions:
            return _as_int(self._definitions[text].get("value", 0))
        if " - " in text:
            left, right = text.split(" - ", 1)
            return self.constant(left) - int(right)
        return int(text, 0)

    def struct(self, name: str) -> Struct:
        """A struct definition by name, with the offset of each member."""
        found = self._structs.get(name)
        if found is None:
            found = self._structs[name] = self._read_struct(self._definitions[name])
        return found

    def _read_struct(self, doc: Doc) -> Struct:
        natural = doc.get("layout") == "c"
        members: list[Field] = []
        gaps: list[tuple[int, int]] = []
        offset, widest, variable = 0, 1, False
        for item in doc.get("members") or []:
            member = self.read_field(item)
            if doc.get("volatile"):
                member.volatile = True
            size, alignment = self._member_size(member)
            if natural and not variable:
                gap = -offset % alignment
                if gap:
                    gaps.append((offset, gap))
                offset += gap
                widest = max(widest, alignment)
            member.offset = None if variable else offset
            member.size = size
            members.append(member)
            if size is None:
                variable = True
            else:
                offset += size
        tail = -offset % widest if natural else 0
        if tail and not variable:
            gaps.append((offset, tail))
            offset += tail
        by_name = {member.name: member for member in members if member.type != "pad"}
        return Struct(doc["name"], members, offset, gaps, by_name, variable, doc.get("summary", ""), doc.get("doc", ""))

    def _member_size(self, member: Field) -> tuple[int | None, int]:
        """Size (None when only the bytes tell) and alignment of a struct member."""
        if member.struct is not None:
            size: int | None = None if member.struct.variable else member.struct.size
            alignment = _alignment(member.struct)
        elif member.type in SCALARS:
            size = alignment = SCALARS[member.type]
        elif member.type == "bitfield32":
            size, alignment = 8, 4
        else:
            size, alignment = member.size, 4 if member.family_from else 1
            if size is None and member.family_from:
                size = ADDRESS_SIZE
        if member.array_of is not None:
            alignment = _alignment(member.array_of)
            size = member.array_of.size
        if member.rest or member.count_from or member.length_from or size is None:
            return None, alignment
        return size * (member.count or 1), alignment

    # -- attributes ----------------------------------------------------------------------------------------------

    def attribute_set(self, name: str) -> AttrSet:
        """An attribute set by name; a subset takes types and numbers from the set it is a part of."""
        found = self._sets.get(name)
        if found is None:
            doc = self._set_docs[name]

            def fill() -> dict[int, Field]:
                numbers = {}
                for number, item in self._numbered(doc):
                    attribute = numbers[number] = self.read_field(item)
                    attribute.number = number
                return numbers

            found = self._sets[name] = AttrSet(name, fill, doc.get("summary", ""), doc.get("doc", ""))
        return found

    def _numbered(self, doc: Doc) -> list[tuple[int, Doc]]:
        parent = doc.get("subset-of")
        if parent:
            whole = {item["name"]: (number, item) for number, item in self._numbered(self._set_docs[parent])}
            return [
                (whole[item["name"]][0], {**whole[item["name"]][1], **item}) for item in doc.get("attributes") or []
            ]
        numbered = []
        number = 1
        for item in doc.get("attributes") or []:
            number = _as_int(item.get("value", number))
            numbered.append((number, item))
            number += 1
        return numbered

    def sub_message(self, name: str) -> SubMessage:
        """A sub-message by name."""
        found = self._subs.get(name)
        if found is None:
            found = self._subs[name] = SubMessage(name, {})
            for item in self._sub_docs[name].get("formats") or []:
                found.formats[str(item["value"])] = Format(
                    self._struct_or_none(item.get("fixed-header")),
                    self._set_or_none(item.get("attribute-set")),
                    self._struct_or_none(item.get("struct")),
                )
        return found

    def read_field(self, doc: Doc) -> Field:
        """A member or attribute from its document."""
        get = doc.get
        return Field(
            name=sys.intern(str(doc["name"])),
            type=get("type", "unused"),
            doc=get("doc", ""),
            size=None if get("len") is None else self.constant(doc["len"]),
            byte_order={"big-endian": ">", "little-endian": "<"}.get(get("byte-order", ""), ""),
            enum=self.enum(doc["enum"]) if get("enum") in self._definitions else None,
            as_flags=bool(get("enum-as-flags")),
            hint=get("display-hint", ""),
            struct=self._struct_or_none(get("struct")),
            array_of=self._struct_or_none(get("array-of")),
            element_length=get("element-length", ""),
            element_attributes=self._set_or_none(get("element-attributes")),
            count=self.constant(get("count", 0)),
            count_from=get("count-from", ""),
            length_from=get("length-from", ""),
            length_unit=get("length-unit", "bytes"),
            rest=bool(get("rest")),
            family_from=get("family-from", ""),
            header=self._struct_or_none(get("fixed-header")),
            nested=self._set_or_none(get("nested-attributes")),
            multi=bool(get("multi-attr")),
            sub_type=get("sub-type", ""),
            sub_message=self.sub_message(doc["sub-message"]) if get("sub-message") else None,
            selector=get("selector", ""),
            type_value=tuple(get("type-value") or ()),
            refers_to=get("refers-to", ""),
            special={int(number): str(text) for number, text in (get("special") or {}).items()},
            unit=get("unit", ""),
            secret=bool(get("secret")),
            volatile=bool(get("volatile")),
            hook=get("hook", ""),
        )

    def _struct_or_none(self, name: str | None) -> Struct | None:
        return self.struct(name) if name and name != "none" else None

    def _set_or_none(self, name: str | None) -> AttrSet | None:
        return self.attribute_set(name) if name else None

    # -- operations ----------------------------------------------------------------------------------------------

    def _read_operations(self, doc: Doc) -> list[Operation]:
        """Number the operations as YNL does: unified ids, or one sequence a direction."""
        directional = doc.get("enum-model") == "directional"
        items: list[Doc] = doc.get("list") or []
        numbered: list[tuple[Doc, int | None, int | None]] = []
        request = reply = value = 1
        for item in items:
            if not directional:
                value = _as_int(item.get("value", value))
                asks = "do" in item or "dump" in item
                numbered.append((item, value if asks or not _is_event(item) else None, value))
                value += 1
            elif _is_event(item):
                reply = _as_int(item.get("value", reply))
                numbered.append((item, None, reply))
                reply += 1
            else:
                mode = item.get("do") or item.get("dump") or {}
                request = _as_int((mode.get("request") or {}).get("value", item.get("value", request)))
                has_reply = "reply" in mode
                if has_reply:
                    reply = _as_int((mode["reply"] or {}).get("value", reply))
                numbered.append((item, request, reply if has_reply else None))
                request += 1
                reply += has_reply
        by_name = {item["name"]: item for item in items}
        numbers = {item["name"]: asked if asked is not None else told for item, asked, told in numbered}
        return [self._read_operation(doc, entry, by_name, numbers) for entry in numbered]

    def _read_operation(
        self,
        doc: Doc,
        entry: tuple[Doc, int | None, int | None],
        by_name: dict[str, Doc],
        numbers: dict[str, int | None],
    ) -> Operation:
        item, request, reply = entry
        told = by_name.get(item.get("notify", ""), {})
        prefix = doc.get("name-prefix") or f"{self.name}-cmd-"
        if _is_event(item) and doc.get("async-prefix"):
            prefix = doc["async-prefix"]
        constant = item.get("c-name") or (prefix + item["name"]).upper().replace("-", "_")
        answered: Doc = {}
        dumped = (item.get("dump") or {}).get("request") or {}
        apart = "do" in item and bool(dumped.keys() & {"fixed-header", "attribute-set", "payload"})
        for mode in (item.get("dump") or {}, item.get("do") or {}):
            answered = {**answered, **(mode.get("reply") or {})}
        asked = {**({} if apart else dumped), **((item.get("do") or {}).get("request") or {})}
        replies = [number for name in item.get("replies") or () if (number := numbers.get(name)) is not None]
        replies += [
            _as_int(found["reply"]["value"])
            for found in (item.get("do") or {}, item.get("dump") or {})
            if (found.get("reply") or {}).get("value") is not None
        ]
        if reply is not None and request is not None and ("reply" in (item.get("do") or item.get("dump") or {})):
            replies.append(reply)

        def form(number: int | None, own: Doc) -> Form | None:
            if number is None:
                return None
            answers = own is answered and not self.generic and request is not None and number != request
            merged = {**doc, **told, **item, **own}
            short = merged.get("short-header") or []
            return Form(
                number,
                self._struct_or_none(merged.get("fixed-header")),
                tuple(self.struct(name) for name in ([short] if isinstance(short, str) else short)),
                self._set_or_none(merged.get("attribute-set")),
                self._struct_or_none(merged.get("payload")),
                # An answer with a number of its own is another message (RTM_GETROUTE is answered by RTM_NEWROUTE).
                own.get("summary") or ("" if answers else item.get("summary") or told.get("summary", "")),
                merged.get("hook", ""),
            )

        when = {
            name: tuple(str(value) for value in (values if isinstance(values, list) else [values]))
            for name, values in (item.get("when") or {}).items()
        }
        return Operation(
            item["name"],
            constant,
            item.get("doc", ""),
            form(request, asked),
            form(reply, answered),
            tuple(dict.fromkeys(replies)),
            _is_event(item),
            when,
            form(request, dumped) if apart else None,
        )


def _is_event(item: Doc) -> bool:
    return "notify" in item or "event" in item


def _alignment(struct: Struct) -> int:
    """What C aligns a struct to: the widest scalar inside it."""
    widest = 1
    for member in struct.members:
        inner = member.struct or member.array_of
        if inner is not None:
            widest = max(widest, _alignment(inner))
        elif member.type in SCALARS:
            widest = max(widest, SCALARS[member.type])
        elif member.family_from or member.type == "bitfield32":
            widest = max(widest, 4)
    return widest
