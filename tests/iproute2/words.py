"""How iproute2 writes values that nlsniff writes otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def upper(value: str) -> str:
    """Capital letters."""
    return value.upper()


def yes(value: Any) -> bool:
    """A number, or an attribute that is there, as true or false."""
    return bool(value)


def there(_value: Any) -> None:
    """The tool prints null for something that is just there."""
    return


def text(value: Any) -> str:
    """A number in quotes."""
    return str(value)


def hexadecimal(value: int) -> str:
    """With 0x, as short as may be."""
    return hex(value)


def seconds(value: int) -> float:
    """Hundredths of a second as seconds."""
    return value / 100


def whole_seconds(value: int) -> int:
    """Hundredths of a second as seconds, without the rest."""
    return value // 100


def constants(prefix: str = "", **others: str) -> Callable[[list[str]], list[str]]:
    """Flags as C writes them, some under other names."""

    def change(names: list[str]) -> list[str]:
        return [others.get(name.replace("-", "_"), prefix + name.replace("-", "_").upper()) for name in names]

    return change


def instead(**words: Any) -> Callable[[Any], Any]:
    """Another word for some values; the names of the arguments have _ for -."""

    def change(value: Any) -> Any:
        return words.get(str(value).replace("-", "_"), value)

    return change
