"""The columns of `show -e`: which fields are meant, and who reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.output.columns import OWN, Columns
from nlsniff.wire.names import normal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nlsniff.decode.message import NetlinkMessage
    from nlsniff.filter.cells import Cell, Read
    from nlsniff.reader import IndexedCapture
    from nlsniff.spec.registry import Registry


class ChosenFields:
    """Fields that were chosen.

    Args:
        fields: names as filters take them.
        registry: the dissectors.

    Attributes:
        names: of the fields, as `Columns` takes them.
        conversation: whether some of them are asked of conversations.

    Raises:
        NlsniffError: there is no such field.
    """

    def __init__(self, fields: Sequence[str], registry: Registry) -> None:
        self._cells: list[Cell] = []
        self.names = [normal(field) for field in fields]
        for at, name in enumerate(self.names):
            if name not in OWN:
                from nlsniff.filter.cells import cell_of  # knows all fields, which columns of headers do without

                cell = cell_of(fields[at], registry)
                self._cells.append(cell)
                self.names[at] = cell.name
        self.conversation = any(cell.conversation for cell in self._cells)

    def columns(self, capture: IndexedCapture | None, separator: str) -> Columns:
        """The columns; `capture` knows the conversations, where some are asked."""

        def reader(read: Read) -> Callable[[NetlinkMessage], str]:
            if capture is None:
                return lambda message: read(message, None)
            return lambda message: read(message, capture.conversation(message.number))

        readers = {cell.name: reader(cell.read) for cell in self._cells if cell.read is not None}
        return Columns(self.names, readers, separator)
