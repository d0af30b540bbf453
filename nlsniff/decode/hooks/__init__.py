"""Shapes that no table can hold, by the name that a dissector's `hook:` gives. Keep them few and small.

A hook takes the field and returns what `nlsniff.decode.values` returns: a function that fills a node and never raises.
`nlsniff.spec.check` has the same names, for it may not import this; a test compares them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nlsniff.decode.addresses import mpls_labels
from nlsniff.decode.hooks.bytecode import inet_diag_bytecode
from nlsniff.decode.hooks.command import genl_command
from nlsniff.decode.hooks.diag import inet_diag_info, sockaddr, unix_name
from nlsniff.decode.hooks.nd import nd_options
from nlsniff.decode.hooks.shapes import flag_or_value, mdb_address, struct_or_nest
from nlsniff.decode.hooks.srh import rpl_header, segment_routing_header

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from nlsniff.decode.fields import Fill
    from nlsniff.spec.model import Field


def _audit() -> ModuleType:
    from nlsniff.decode.hooks import audit  # noqa: PLC0415  few captures hold any

    return audit


HOOKS: dict[str, Callable[[Field], Fill]] = {
    "audit-address": lambda _field: _audit().audit_address,
    "audit-strings": lambda _field: _audit().audit_strings,
    "audit-text": lambda _field: _audit().audit_text,
    "flag-or-value": flag_or_value,
    "genl-command": genl_command,
    "inet-diag-bytecode": inet_diag_bytecode,
    "inet-diag-info": inet_diag_info,
    "ipv6-rpl-sr-hdr": lambda _field: rpl_header,
    "ipv6-sr-hdr": lambda _field: segment_routing_header,
    "mdb-address": lambda _field: mdb_address,
    "mpls-labels": lambda _field: mpls_labels,
    "nd-options": lambda _field: nd_options,
    "sockaddr": lambda _field: sockaddr,
    "struct-or-nest": struct_or_nest,
    "unix-name": lambda _field: unix_name,
}
