"""Shapes that no table can hold, by the name that a dissector's `hook:` gives. Keep them few and small.

A hook takes the field and returns what `nlsniff.decode.values` returns: a function that fills a node and never raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode import values

if TYPE_CHECKING:
    from collections.abc import Callable

    from nlsniff.decode.fields import Fill
    from nlsniff.spec.model import Field

HOOKS: dict[str, Callable[[Field], Fill]] = {
    "mpls-labels": lambda _field: values.mpls_labels,
}
