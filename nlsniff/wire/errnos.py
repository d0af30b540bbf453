"""Error numbers: their names and words, which are the kernel's whatever machine reads them.

The numbers and names are those of `asm-generic/errno.h`, `linux/errno.h` and `linux/netfilter/ipset/*.h`; the words for
the first are those that users know from strerror(3). Python's `errno` and `os.strerror` would be the reading machine's.

Everywhere here an error is its number without the minus that the kernel sends it with. Negative numbers are those that
came without: some code of the kernel forgets it, and programs take them for errors all the same.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from nlsniff.wire.constants import NETLINK_NETFILTER, NLMSG_DONE
from nlsniff.wire.nlmsg import HEADER_SIZE, holds_error

if TYPE_CHECKING:
    from nlsniff.wire.nlmsg import Order


def _sections(name: str) -> dict[str, str]:
    """The text of a file beside this one, by the section that it is in."""
    path = f"{__file__.rpartition('/')[0]}/{name}"
    with open(path, encoding="utf-8") as file:  # noqa: PTH123  pathlib takes longer to load than this to read
        parts = (part.partition("]") for part in file.read().split("\n[")[1:])
    return {section: text.strip() for section, _, text in parts}


def _table(text: str) -> dict[int, tuple[str, str]]:
    """Names and words by number."""
    rows = (line.split(" ", 2) for line in text.splitlines())
    return {int(number): (name, words) for number, name, words in rows}


_TABLES = {section: _table(text) for section, text in _sections("errnos.txt").items()}
_TABLE, _IPSET = _TABLES["errno"], _TABLES["ipset"]
# Other names of the same numbers.
ALIASES = {"EWOULDBLOCK": 11, "EDEADLOCK": 35, "EFSBADCRC": 74, "ENOTSUP": 95, "EFSCORRUPTED": 117}

IPSET_ERR_PROTOCOL = 4097  # the first of ipset's own
# Of ipset from here on each type of set has its own.
IPSET_BY_TYPE = 4352
_BY_TYPE = [item for section, table in _TABLES.items() if section.startswith("ipset ") for item in table.items()]
BY_TYPE = {name: number for number, (name, _) in _BY_TYPE}
_BY_TYPE_WORDS = dict(known for _, known in _BY_TYPE)

# Every name that an error may be called by, in the order of the numbers.
NUMBERS = {name: number for table in (_TABLE, _IPSET) for number, (name, _) in table.items()}


def errno_number(name: str) -> int | None:
    """The number of an error's constant, other names of the same number included; None for no such constant."""
    return NUMBERS.get(name) or ALIASES.get(name) or BY_TYPE.get(name)


def errno_name(number: int, protocol: int = 0, set_type: str = "") -> str:
    """The constant of an error.

    Args:
        number: of the error.
        protocol: netlink protocol number. Only on NETLINK_NETFILTER do ipset's numbers have a meaning.
        set_type: of the set that the error is about, such as `hash:ip`, where it is known.

    Returns:
        "" for 0, `E135` where nothing is known, `+EIO` for what was sent without its minus.
    """
    if number <= 0:
        return f"+{errno_name(-number, protocol, set_type)}" if number else ""
    known = _known(number, protocol)
    if known is None and set_type and protocol == NETLINK_NETFILTER and number >= IPSET_BY_TYPE:
        known = _TABLES.get(f"ipset {set_type.partition(':')[0]}", {}).get(number)
    return known[0] if known is not None else f"E{number}"


def errno_text(number: int, protocol: int = 0, order: Order = "<", name: str = "") -> str:
    """What an error means in words; "" where nothing is known.

    Args:
        number: of the error.
        protocol: netlink protocol number.
        order: byte order of the message. Some big-endian machines have other numbers, which the words then say.
        name: its constant, where that is known better than the number tells (`errno_name` with a type of set).
    """
    if number < 0:
        return f"{errno_text(-number, protocol, order, name[1:]) or 'an error'}; sent as a positive number"
    known = _known(number, protocol)
    if known is None and protocol == NETLINK_NETFILTER and number >= IPSET_BY_TYPE:
        names = [other for other, own in BY_TYPE.items() if own == number]
        candidates = f"by the type of the set{': ' if names else ''}{' or '.join(names)}"
        return _BY_TYPE_WORDS.get(name, candidates)
    text = known[1] if known is not None else ""
    others = elsewhere(number) if order == ">" else ""
    return f"{text}{'; ' if text and others else ''}{others}"


def elsewhere(number: int) -> str:
    """What an error is on big-endian machines that number errors otherwise: `on MIPS EDQUOT`; "" where all agree."""
    own = errno_name(number)
    found: dict[str, list[str]] = {}
    for machine, names in numbers_elsewhere().items():
        name = names.get(number)
        if name is not None and name != own:
            found.setdefault(name, []).append(machine)
    return ", ".join(f"on {' and '.join(machines)} {name}" for name, machines in found.items())


@cache
def numbers_elsewhere() -> dict[str, dict[int, str]]:
    """Names by number, by machine, where big-endian machines of other tradition number errors otherwise."""
    found: dict[str, dict[int, str]] = {}
    for machine, text in _sections("errnos_elsewhere.txt").items():
        names = found[machine] = {}
        number = 0
        for word in text.split():
            if word.isdigit():
                number = int(word)
            else:
                names[number] = word
                number += 1
    return found


def error_in(protocol: int, type_: int, flags: int, data: bytes, start: int, end: int, order: Order) -> int | None:
    """The error in the message [start, end) of `data`: 0 is success; None where it holds no error number.

    The end of a dump says 0 or a negative number (netlink_dump() goes on while it is positive), so that a positive one
    is no error there.
    """
    at = start + HEADER_SIZE
    if end - at < 4 or not holds_error(protocol, type_, flags):
        return None
    code = int.from_bytes(data[at : at + 4], "little" if order == "<" else "big", signed=True)
    return 0 if code > 0 and type_ == NLMSG_DONE else -code


def _known(number: int, protocol: int) -> tuple[str, str] | None:
    return _TABLE.get(number) or (_IPSET.get(number) if protocol == NETLINK_NETFILTER else None)
