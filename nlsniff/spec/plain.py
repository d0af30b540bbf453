"""Classes of plain data, as `dataclasses` makes them.

Not `dataclasses` itself, which imports `inspect` and compiles every class anew in each run: more time than it takes to
read all dissectors that a capture needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

if TYPE_CHECKING:
    from typing import Self


@dataclass_transform(eq_default=False)
class Plain:
    """What a class annotates is what it is made of: given by position or by name, else as the class says."""

    _names: ClassVar[tuple[str, ...]]
    _defaults: ClassVar[dict[str, Any]]

    def __init_subclass__(cls) -> None:
        cls._names = tuple(cls.__annotations__)
        setattr(cls, "__match_args__", cls._names)  # noqa: B010  type checkers make one of their own
        cls._defaults = {name: vars(cls)[name] for name in cls._names if name in vars(cls)}

    def __init__(self, *given: Any, **named: Any) -> None:
        self.__dict__ = {**self._defaults, **dict(zip(self._names, given, strict=False)), **named}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"

    def but(self, **changes: Any) -> Self:
        """A copy that differs in some of its parts."""
        found = object.__new__(type(self))
        found.__dict__ = {**self.__dict__, **changes}
        return found
