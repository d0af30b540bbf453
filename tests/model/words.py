"""What protocols that speak in text say: values that end with a mark, and NAME=VALUE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.spec.model import SCALARS
from tests.model.hooks import HOOKS

if TYPE_CHECKING:
    from nlsniff.spec.model import Field
    from tests.model.build import Builder


def text_until(make: Builder, field: Field) -> bytes:
    """A value and the text that ends it."""
    mark = field.until.encode()
    if make.chance(make.knobs.length):
        mark = b""
    return _word(make, field) + mark


def _word(make: Builder, field: Field) -> bytes:
    """A value as text has it."""
    said = make.said(field.name)
    if field.type in SCALARS:
        number = said if isinstance(said, int) else make.values.number(field, SCALARS[field.type])
        return (f"{number:x}" if field.hint == "hex" else str(number)).encode()
    return make.values.text(said)


def pairs(make: Builder, field: Field) -> bytes:
    """NAME=VALUE again and again."""
    known = list(field.nested.by_number.values()) if field.nested is not None else []
    chosen = make.shape.sample(known, min(make.shape.randint(0, 8), len(known)))
    words = []
    for item in chosen:
        name = b"other" if item.name == "*" else item.name.replace("-", "_").encode()
        if item.type == "pairs" and make.depth < make.deepest:
            make.depth += 1
            value = b"'" + pairs(make, item) + b"'"
            make.depth -= 1
        elif item.hook in HOOKS:
            value = HOOKS[item.hook](make, item)
        else:
            value = _word(make, item)
        words.append(name + b"=" + value)
    between = (field.between or " ").encode()
    return between.join(words)
