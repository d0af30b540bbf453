"""Shapes that no table can hold, by the name that a dissector's `hook:` gives. Keep them few and small.

Here is only where each of them is: a module is loaded when its first hook is met, and most captures meet few. A hook
fills a node as the functions of `nlsniff.decode.fields.values` do, and never raises; some are made for a field first.
`nlsniff.spec.check` has the same names, for it may not import this; a test compares them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nlsniff.decode.fields.registry import Maker

# Module of `nlsniff.decode`, and function.
HOOKS: dict[str, tuple[str, str]] = {
    "audit-address": ("hooks.audit", "audit_address"),
    "audit-strings": ("hooks.audit", "audit_strings"),
    "audit-text": ("hooks.audit", "audit_text"),
    "flag-or-value": ("hooks.shapes", "flag_or_value"),
    "genl-command": ("hooks.command", "genl_command"),
    "inet-diag-bytecode": ("hooks.bytecode", "inet_diag_bytecode"),
    "inet-diag-info": ("hooks.diag", "inet_diag_info"),
    "ipv6-rpl-sr-hdr": ("hooks.srh", "rpl_header"),
    "ipv6-sr-hdr": ("hooks.srh", "segment_routing_header"),
    "mdb-address": ("hooks.shapes", "mdb_address"),
    "mpls-labels": ("fields.addresses", "mpls_labels"),
    "nd-options": ("hooks.nd", "nd_options"),
    "sockaddr": ("hooks.diag", "sockaddr"),
    "struct-or-nest": ("hooks.shapes", "struct_or_nest"),
    "unix-name": ("hooks.diag", "unix_name"),
}
# Those that take a field and return what fills a node.
OF_FIELDS = frozenset({"flag-or-value", "genl-command", "inet-diag-bytecode", "inet-diag-info", "struct-or-nest"})


def maker(name: str) -> Maker | None:
    """What makes the decoder of a field with this hook; None where there is none of this name."""
    if name not in HOOKS:
        return None
    module, function = HOOKS[name]
    found = getattr(import_module(f"nlsniff.decode.{module}"), function)
    return found if name in OF_FIELDS else lambda _field: found
