"""The keys that a dissector may use, by where they stand, and what kind of value each has.

What several places have in common comes first, then the keys of the kernel's specs, and behind them those that nlsniff
adds; dissectors/README.md says what they mean.
"""

from __future__ import annotations

from nlsniff.spec.model import NESTS, SCALARS

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
_NUMBER = {"byte-order", "enum", "enum-as-flags", "display-hint", "special", "unit"}
_VALUE = _NUMBER | {
    "name", "type", "doc", "len", "struct", "array-of", "element-length", "element-attributes", "family-from",
    "refers-to", "refers-unless", "secret", "volatile", "handle", "hook", "pad-to", "c-name",
}  # fmt: skip
MEMBER = _VALUE | {
    "count", "count-from", "used-from", "length-from", "length-unit", "rest", "until", "between", "bits", "c-bits",
    "nested-attributes", "sub-message", "selector",
}  # fmt: skip
BITS = _NUMBER | {"name", "bits", "doc"}
ATTRIBUTE = _VALUE | {
    "value", "type-value", "multi-attr", "nested-attributes", "checks", "sub-type", "name-prefix", "sub-message",
    "selector",
    "fixed-header", "between", "unordered",
}  # fmt: skip
CHECKS = {"flags-mask", "min", "max", "min-len", "max-len", "exact-len", "unterminated-ok", "sparse"}
SET = {
    "name", "name-prefix", "enum-name", "doc", "subset-of", "attr-cnt-name", "attr-max-name", "header", "attributes",
    "summary",
}  # fmt: skip
SUB_MESSAGE = {"name", "formats", "doc"}
FORMAT = _NUMBER | {"value", "fixed-header", "attribute-set", "struct", "type", "sub-type", "refers-to", "handle"}
_LAYOUT = {"fixed-header", "short-header", "short-attributes", "payload"}
OPERATIONS = _LAYOUT | {"identity", "enum-model", "name-prefix", "enum-name", "async-prefix", "async-enum", "list"}
OPERATION = _LAYOUT | {
    "name", "doc", "value", "attribute-set", "flags", "dont-validate", "do", "dump", "notify", "event", "mcgrp",
    "config-cond",
    "summary", "replies", "hook", "c-name", "when", "errors", "identity", "unordered",
}  # fmt: skip
MODE = {"request", "reply", "pre", "post"}
FORM = _LAYOUT | {"attributes", "value", "summary", "attribute-set", "hook", "identity"}
GROUP = {"name", "value", "flags", "c-define-name", "doc"}

MEMBER_TYPES = SCALARS.keys() | {"string", "binary", "pad", "bitfield32", "sub-message", "pairs"}
ATTRIBUTE_TYPES = MEMBER_TYPES | NESTS | {"array-nest", "unused", "flag", "uint", "sint"}
VALUE_TYPES = ATTRIBUTE_TYPES - NESTS - {"array-nest", "pad", "unused", "pairs"}
PROTOCOLS = {"netlink-raw", "genetlink", "genetlink-legacy", "genetlink-c"}
REFERENCES = {"link", "genl", "netns", "nexthop", "table"}
# Beside those that `refers-to` and `display-hint` tell: link, genl, netns, nexthop; mac, tc.
HANDLES = {
    "acquire", "action", "bpf", "cgroup", "connection", "cookie", "expectation", "fd", "group", "inode", "ipset",
    "link", "netns", "nexthop", "nft", "packet", "pid", "policy", "port", "portid", "sci", "socket", "spi", "switch",
    "token", "wdev", "wiphy",
}  # fmt: skip
HINTS = {
    "hex", "mac", "fddi", "ipv4", "ipv6", "ipv4-or-v6", "uuid",
    "text", "date", "date-ns", "packet", "dotted", "base64", "bitmap", "rate", "ticks", "fraction", "tc-handle",
    "tc-u32-handle", "tc-action", "errno", "mbm", "oui",
}  # fmt: skip
HOOKS = {
    "audit-address", "audit-strings", "audit-text", "flag-or-value", "genl-command", "inet-diag-bytecode",
    "inet-diag-info",
    "ipv6-rpl-sr-hdr", "ipv6-sr-hdr", "mdb-address",
    "mpls-labels", "nd-options", "nft-rule-value", "nft-set-data", "nft-set-key", "nft-set-type", "nft-userdata",
    "sockaddr", "struct-or-nest", "unix-name",
}  # fmt: skip
BYTE_ORDERS = {"big-endian", "little-endian", "host"}

# What a value must be. A key that is in none of these may hold anything: `enum-name` may be null, limits have names.
TEXTS = {
    "header", "name-prefix", "struct", "array-of", "element-length", "element-attributes", "family-from", "unit",
    "nested-attributes", "sub-message", "selector", "subset-of", "attribute-set", "hook", "summary",
    "count-from", "used-from", "length-from", "until", "between", "refers-to", "refers-unless", "enum", "display-hint",
    "handle", "byte-order", "async-prefix", "notify", "mcgrp", "sub-type", "c-name", "enum-model", "length-unit",
    "layout", "compat",
}  # fmt: skip
NUMBERS = {"value-start", "protonum"}
LENGTHS = {"len", "count", "pad-to"}  # a number, or a const's name, or that less a number
SWITCHES = {
    "overlay", "multi-attr", "enum-as-flags", "rest", "secret", "volatile", "unordered", "render-max", "c-bits",
}  # fmt: skip
LISTS = {
    "definitions", "attribute-sets", "sub-messages", "type-value", "replies", "entries", "members", "attributes",
    "formats", "list",
}  # fmt: skip
NAME_LISTS = {"type-value", "replies"}
MAPPINGS = {"special", "when", "errors", "do", "dump", "request", "reply", "checks"}
