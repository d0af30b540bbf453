"""The keys that a dissector may use, by where they stand, and what kind of value each has.

Those of the kernel's specs come first, those that nlsniff adds behind them; dissectors/README.md says what they mean.
"""

from __future__ import annotations

TOP = {
    "name", "protocol", "protonum", "doc", "uapi-header", "definitions", "attribute-sets", "sub-messages", "operations",
    "mcast-groups", "version", "c-family-name", "c-version-name", "max-by-define", "cmd-max-name", "cmd-cnt-name",
    "kernel-policy", "kernel-family",
    "overlay", "include",
}  # fmt: skip
DEFINITION = {
    "name", "type", "doc", "header", "scope", "value", "value-start", "entries", "render-max", "enum-name",
    "enum-cnt-name", "name-prefix", "members",
    "layout", "compat", "volatile", "summary", "c-name",
}  # fmt: skip
ENTRY = {"name", "value", "doc", "c-name"}
_VALUE = {
    "name", "type", "doc", "len", "byte-order", "enum", "enum-as-flags", "display-hint", "struct",
    "array-of", "element-length", "element-attributes", "family-from", "refers-to", "refers-unless", "special", "unit",
    "secret", "volatile", "hook", "c-name",
}  # fmt: skip
MEMBER = _VALUE | {
    "count", "count-from", "used-from", "length-from", "length-unit", "rest", "until", "between", "bits", "c-bits",
    "nested-attributes", "sub-message", "selector",
}  # fmt: skip
BITS = {"name", "bits", "byte-order", "doc", "enum", "enum-as-flags", "display-hint", "special", "unit"}
ATTRIBUTE = _VALUE | {
    "value", "type-value", "multi-attr", "nested-attributes", "checks", "sub-type", "name-prefix", "sub-message",
    "selector",
    "fixed-header", "between",
}  # fmt: skip
CHECKS = {"flags-mask", "min", "max", "min-len", "max-len", "exact-len", "unterminated-ok", "sparse"}
SET = {
    "name", "name-prefix", "enum-name", "doc", "subset-of", "attr-cnt-name", "attr-max-name", "header", "attributes",
    "summary",
}  # fmt: skip
SUB_MESSAGE = {"name", "formats", "doc"}
FORMAT = {
    "value", "fixed-header", "attribute-set",
    "struct", "type", "sub-type", "byte-order", "enum", "enum-as-flags", "display-hint", "special", "unit", "refers-to",
}  # fmt: skip
OPERATIONS = {
    "enum-model", "name-prefix", "enum-name", "async-prefix", "async-enum", "fixed-header", "list",
    "short-header", "short-attributes", "payload",
}  # fmt: skip
OPERATION = {
    "name", "doc", "value", "attribute-set", "flags", "dont-validate", "fixed-header", "do", "dump", "notify", "event",
    "mcgrp", "config-cond",
    "short-header", "short-attributes", "payload", "summary", "replies", "hook", "c-name", "when", "errors",
}  # fmt: skip
MODE = {"request", "reply", "pre", "post"}
FORM = {
    "attributes",
    "value",
    "fixed-header",
    "short-header",
    "short-attributes",
    "payload",
    "summary",
    "attribute-set",
    "hook",
}
GROUP = {"name", "value", "flags", "c-define-name", "doc"}

MEMBER_TYPES = {"u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "string", "binary", "pad", "bitfield32",
                "sub-message", "pairs"}  # fmt: skip
ATTRIBUTE_TYPES = MEMBER_TYPES | {
    "unused", "flag", "uint", "sint", "nest", "indexed-array", "array-nest", "nest-type-value",
}  # fmt: skip
VALUE_TYPES = ATTRIBUTE_TYPES - {
    "pad",
    "unused",
    "nest",
    "indexed-array",
    "array-nest",
    "nest-type-value",
    "sub-message",
    "pairs",
}
PROTOCOLS = {"netlink-raw", "genetlink", "genetlink-legacy", "genetlink-c"}
REFERENCES = {"link", "genl", "netns", "nexthop", "table"}
HINTS = {
    "hex", "mac", "fddi", "ipv4", "ipv6", "ipv4-or-v6", "uuid",
    "text", "date", "packet", "dotted", "base64", "bitmap", "rate", "ticks", "fraction", "tc-handle", "tc-u32-handle",
    "tc-action", "errno", "mbm", "oui",
}  # fmt: skip
HOOKS = {
    "audit-address", "audit-strings", "audit-text", "flag-or-value", "genl-command", "inet-diag-bytecode",
    "inet-diag-info",
    "ipv6-rpl-sr-hdr", "ipv6-sr-hdr", "mdb-address",
    "mpls-labels", "nd-options", "sockaddr", "struct-or-nest", "unix-name",
}  # fmt: skip
BYTE_ORDERS = {"big-endian", "little-endian", "host"}

# What a value must be. A key that is in none of these may hold anything: `enum-name` may be null, limits have names.
TEXTS = {
    "header", "name-prefix", "struct", "array-of", "element-length", "element-attributes", "family-from", "unit",
    "nested-attributes", "sub-message", "selector", "subset-of", "attribute-set", "hook", "summary",
    "count-from", "used-from", "length-from", "until", "between", "refers-to", "refers-unless", "enum", "display-hint",
    "byte-order", "async-prefix", "notify", "mcgrp", "sub-type", "c-name", "enum-model", "length-unit", "layout",
    "compat",
}  # fmt: skip
NUMBERS = {"value-start", "protonum"}
LENGTHS = {"len", "count"}  # a number, or a const's name, or that less a number
SWITCHES = {"overlay", "multi-attr", "enum-as-flags", "rest", "secret", "volatile", "render-max", "c-bits"}
LISTS = {
    "definitions", "attribute-sets", "sub-messages", "type-value", "replies", "entries", "members", "attributes",
    "formats", "list",
}  # fmt: skip
NAME_LISTS = {"type-value", "replies"}
MAPPINGS = {"special", "when", "errors", "do", "dump", "request", "reply", "checks"}
