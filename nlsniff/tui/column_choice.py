"""The columns that the user chose: as texts of `config.toml`, `NAME` or `NAME:WIDTH`, and kept there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.errors import NlsniffError
from nlsniff.output.columns import OWN, cell
from nlsniff.tui.columns import READERS, STANDARD, Column
from nlsniff.wire.names import normal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.decode.node import Node
    from nlsniff.follow.conversation import ConversationView
    from nlsniff.spec.registry import Registry
    from nlsniff.tui.columns import Reader
    from nlsniff.tui.config import Config

WIDEST, _MOST = 200, 40  # cells of one column, and columns
_WIDTH = 16  # of a field that has none of its own
_TABLE, _KEY = "list", "columns"
_BY_NAME = {column.name: column for column in STANDARD}


def reader_of(name: str, registry: Registry) -> Reader:
    """What gives the text of a column in a message: the list's own, or of a field.

    Raises:
        NlsniffError: there is no such field.
    """
    if name in READERS:
        return READERS[name]
    if name not in OWN:
        from nlsniff.filter.cells import cell_of  # knows all fields

        read = cell_of(name, registry).read
        if read is not None:
            return read
    return lambda message, _: cell(message, name)


def column_of(text: str, registry: Registry) -> Column:
    """A column by its text.

    Raises:
        NlsniffError: it is no field, or has no such width.
    """
    name, _, width = text.partition(":")
    if not name.isprintable():
        raise NlsniffError(f"no column {text!r}")
    if name not in _BY_NAME:
        name = normal(name)
        reader_of(name, registry)
    known = _BY_NAME.get(name) or Column(name, name.rpartition(".")[2], _WIDTH, 0)
    if not width:
        return known._replace(needs=0)
    if not (width.isascii() and width.isdecimal() and 1 <= int(width[:9]) <= WIDEST):
        raise NlsniffError(f"column {text!r}: a width is a number from 1 to {WIDEST}")
    return known._replace(needs=0, width=int(width), sized=True)


def text_of(column: Column) -> str:
    """The text of a column."""
    return f"{column.name}:{column.width}" if column.sized else column.name


def kept_columns(config: Config, registry: Registry) -> Sequence[Column]:
    """The columns that were kept; without any those that every width has by itself.

    Raises:
        NlsniffError: what stands there cannot be used.
    """
    found = config.get(_TABLE, _KEY)
    if found is None:
        return STANDARD
    if not isinstance(found, list) or not found or not all(isinstance(text, str) for text in found):
        raise NlsniffError(f"{config.path}: columns are a list of texts")
    columns = {column.name: column for column in (column_of(text, registry) for text in found[:_MOST])}
    return list(columns.values())


def keep(config: Config, columns: Sequence[Column]) -> bool:
    """Keep columns for the next run; False where the disk does not allow it.

    Raises:
        NlsniffError: the file holds what would be lost.
    """
    return config.set(_TABLE, _KEY, None if columns is STANDARD else [text_of(column) for column in columns])


def with_field(
    columns: Sequence[Column], message: NetlinkMessage, conversation: ConversationView, node: Node, registry: Registry
) -> tuple[Sequence[Column], str]:
    """Columns with one more for what a node of a message says, before the summary; and the name of its field.

    Raises:
        NlsniffError: no column can show it.
    """
    from nlsniff.filter.about import names_of  # takes milliseconds to load

    for name, _ in names_of(message, node):
        try:
            column = column_of(name, registry)
        except NlsniffError:
            continue
        if column.name in {shown.name for shown in columns}:
            raise NlsniffError(f"there is a column of {column.name}")
        if reader_of(column.name, registry)(message, conversation) and len(columns) < _MOST:
            at = len(columns) - (columns[-1].name == "summary")
            return [*columns[:at], column, *columns[at:]], column.name
    raise NlsniffError("this is no field that a column can show; go to a value in the tree")
