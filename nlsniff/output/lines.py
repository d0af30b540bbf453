"""Printed messages in another dress: lines with other times, messages with their bytes behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.output.text import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nlsniff.decode.message import NetlinkMessage

    Texts = Callable[[Sequence[NetlinkMessage]], list[str]]

_ACROSS = 16
MASKED = "··"  # stands for a byte of a secret


def timed(texts: Texts, clock: str) -> Texts:
    """What gives lines with other times.

    Args:
        texts: gives lines, with seconds since the first message.
        clock: the times instead: `a` is the time of day in UTC, `ad` has the date, too, `d` is the seconds since the
            line before, `e` those since 1970.
    """
    before: int | None = None

    def time_of(time_ns: int) -> str:
        nonlocal before
        if clock == "d":
            since, before = time_ns - (time_ns if before is None else before), time_ns
            return f"{since / 1e9:>11.6f}"
        if clock == "e":
            return f"{time_ns // 10**9}.{time_ns % 10**9:09d}"
        return timestamp(time_ns)[0 if clock == "ad" else 11 :]

    def give(messages: Sequence[NetlinkMessage]) -> list[str]:
        lines = []
        for message, line in zip(messages, texts(messages), strict=True):
            number, _, rest = line.split(None, 2)
            lines.append(f"{number:>5} {time_of(message.time_ns)} {rest}")
        return lines

    return give


def with_bytes(texts: Texts, *, show_secrets: bool) -> Texts:
    """What gives lines or trees with the bytes of each message behind it; those of keys are dots, unless shown."""

    def give(messages: Sequence[NetlinkMessage]) -> list[str]:
        return [
            f"{text.rstrip()}\n{''.join(_rows(message, show_secrets=show_secrets))}\n"
            for message, text in zip(messages, texts(messages), strict=True)
        ]

    return give


def _rows(message: NetlinkMessage, *, show_secrets: bool) -> Iterator[str]:
    shown = digits(message, MASKED, show_secrets=show_secrets)
    signs = [_sign(pair) for pair in shown]
    for at in range(0, len(shown), _ACROSS):
        row = f"{at:04x}  {' '.join(shown[at : at + _ACROSS]):<{3 * _ACROSS}} {''.join(signs[at : at + _ACROSS])}"
        yield f"{row}\n"


def _sign(pair: str) -> str:
    """What stands for a byte beside its digits."""
    if pair == MASKED:
        return MASKED[0]
    return char if (char := chr(int(pair, 16))).isascii() and char.isprintable() else "."


def digits(message: NetlinkMessage, secret: str, *, show_secrets: bool) -> list[str]:
    """Two digits for each byte of a message, or `secret` for one of a secret that is not to be shown."""
    found = [f"{byte:02x}" for byte in message.data[message.start : message.end]]
    if not show_secrets:
        for node in message.root.walk():
            if node.secret:
                start, end = node.payload - message.start, node.end - message.start
                found[start:end] = [secret] * (end - start)
    return found
