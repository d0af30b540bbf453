"""How a message was delivered, where its file says it: in words, and as an object of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nlsniff.terminal import escape

if TYPE_CHECKING:
    from nlsniff.decode.message import NetlinkMessage


def delivery_words(message: NetlinkMessage) -> str:
    """`port 412 to the kernel, ip[412], socket 84211, descriptor 3`, safe for a terminal; "" where nothing is said."""
    delivery = message.delivery
    if delivery is None:
        return ""
    sender = "the kernel" if delivery.way == "to-user" else _port(delivery.sender)
    if delivery.group:
        name = message.group_name
        to = f"group {delivery.group}{f' ({name})' if name else ''}"
    else:
        to = "the kernel" if delivery.way == "to-kernel" else _port(delivery.destination)
    words = [f"{sender} to {to}", escape(delivery.process)]
    words += [f"socket {delivery.socket}"] if delivery.socket is not None else []
    words += [f"descriptor {delivery.descriptor}"] if delivery.descriptor is not None else []
    return ", ".join(filter(None, words))


def _port(number: int | None) -> str:
    return f"port {number}" if number else "a program"


def delivery_object(message: NetlinkMessage) -> dict[str, Any]:
    """What is known of it by the names of the contract; empty where nothing is."""
    delivery = message.delivery
    if delivery is None:
        return {}
    found: dict[str, Any] = {name: value for name, value in delivery._asdict().items() if value not in {None, ""}}
    name = message.group_name
    if name:
        found["group_name"] = name
    return found
