"""Dissectors that ask for too much: each is small, and was or would be read without end."""

from __future__ import annotations

HEAD = "name: evil\nprotocol: genetlink-legacy\ndoc: For a test.\n"


def _operation(attributes: str) -> str:
    operation = f"{{name: go, value: 1, attribute-set: {attributes}, summary: '{{x}}', do: {{request: {{}}}}}}"
    return f"operations:\n  list:\n    - {operation}\n"


def _doubling(depth: int, first: str, line: str) -> str:
    """Lines of which each names the one before twice."""
    return "".join([first.format(n=0), *(line.format(n=n, below=n - 1) for n in range(1, depth + 1))])


_SETS = "attribute-sets:\n  - {name: a0, attributes: [{name: x, type: u8}]}\n"
_STRUCT0 = "definitions:\n  - {{name: s{n}, type: struct, members: [{{name: x, type: u32}}]}}\n"

# Text, and what is said of it.
REFUSED = {
    "aliases that double": (
        HEAD + _doubling(30, "x: &a{n} [1]\n", "x{n}: &a{n} [*a{below}, *a{below}]\n"),
        "more than 200000 values, aliases counted as what they stand for",
    ),
    "long texts that aliases repeat": (
        HEAD + f"x: &a {'y' * 100_000}\nz: [{', '.join(['*a'] * 300)}]\n",
        "more than 200000 values, aliases counted as what they stand for",
    ),
    "aliases that deepen": (
        HEAD + _doubling(100, "x: &a{n} [1]\n", "x{n}: &a{n} [*a{below}]\n"),
        "mappings and lists inside each other, more than 64 levels",
    ),
    "lists in lists": (HEAD + "x: " + "[" * 200, "mappings and lists inside each other, more than 64 levels"),
    "a list that holds itself": (HEAD + "x: &a [*a]\n", "*a is set nowhere above"),
    "many values": (HEAD + "x: [" + "1," * 250_000 + "]\n", "more than 200000 values"),
    "a number of many digits": (HEAD + f"version: 0x{'f' * 100_000}\n", "a number of more than 64 bits"),
    "more than a file": (HEAD + "#" * (3 << 20), "longer than 2 MiB, which no dissector is"),
    "a negative length": (
        HEAD + "definitions: [{name: s, type: struct, members: [{name: m, type: binary, len: -5}]}]\n",
        "-5 is no length: expected 0 to 65535 bytes or elements",
    ),
    "a negative count": (
        HEAD + "definitions: [{name: s, type: struct, members: [{name: m, type: u32, count: -3}]}]\n",
        "-3 is no length: expected 0 to 65535 bytes or elements",
    ),
    "a huge length": (
        HEAD + "definitions: [{name: s, type: struct, members: [{name: m, type: binary, len: 99999999999}]}]\n",
        "99999999999 is no length: expected 0 to 65535 bytes or elements",
    ),
    "a const less than what is taken from it": (
        HEAD + "definitions: [{name: c, type: const, value: 2},"
        " {name: s, type: struct, members: [{name: m, type: binary, len: c - 3}]}]\n",
        "'c - 3' is no length: expected 0 to 65535 bytes or elements",
    ),
    "structs that double": (
        HEAD
        + _doubling(
            14,
            _STRUCT0,
            "  - {{name: s{n}, type: struct, members: [{{name: x, struct: s{below}}},"
            " {{name: y, struct: s{below}}}]}}\n",
        ),
        "has more than 4096 members, those of the structs in it included",
    ),
    "structs that deepen": (
        HEAD
        + _doubling(2000, _STRUCT0, "  - {{name: s{n}, type: struct, members: [{{name: x, struct: s{below}}}]}}\n"),
        "holds structs inside each other, more than 16 levels",
    ),
    "a struct that holds itself by a sub-message": (
        HEAD + "definitions: [{name: s, type: struct, members: [{name: k, type: u8},"
        " {name: m, type: sub-message, sub-message: f, selector: k, rest: true}]}]\n"
        "sub-messages: [{name: f, formats: [{value: 1, struct: s}]}]\n",
        "s holds itself",
    ),
    "sets that are parts of parts": (
        HEAD + _SETS + "".join(f"  - {{name: a{n}, subset-of: a{n - 1}, attributes: []}}\n" for n in range(1, 2000)),
        "is a part of more than 8 sets",
    ),
    "a flag beyond the widest number": (
        HEAD + f"definitions: [{{name: f, type: flags, entries: [{', '.join(f'f{n}' for n in range(5000))}]}}]\n",
        "is bit 64: expected the number of a bit, from 0 to 63",
    ),
    "a summary that shows itself": (
        HEAD + "attribute-sets:\n"
        "  - {name: a, summary: '{x}{x}', attributes: [{name: x, type: nest, nested-attributes: b}]}\n"
        "  - {name: b, summary: '{y}{y}', attributes: [{name: y, type: nest, nested-attributes: a}]}\n"
        + _operation("a"),
        "the summary of a shows itself",
    ),
    "a summary of what is no name": (
        HEAD + "attribute-sets:\n"
        "  - {name: a, summary: '{x}', attributes: [{name: x, type: nest, nested-attributes: [b]}]}\n"
        + _operation("a"),
        "nested-attributes is a list: expected text",
    ),
    "a long summary": (
        HEAD + f"attribute-sets:\n  - {{name: a, summary: '{'{x}' * 1000}', attributes: [{{name: x, type: u8}}]}}\n",
        "a summary of 3000 characters: expected 2000 at the most",
    ),
    "deep brackets": (
        HEAD + f"attribute-sets:\n  - {{name: a, summary: '{'[' * 500}', attributes: [{{name: x, type: u8}}]}}\n",
        "brackets inside each other, more than 16 levels",
    ),
    "a file above": (HEAD + "include: [../secret.yaml]\n", "'../secret.yaml' is no file to include"),
    "a file by its whole path": (HEAD + "include: [/etc/passwd]\n", "'/etc/passwd' is no file to include"),
    "too many files": (HEAD + f"include: [{', '.join(['x.yaml'] * 99)}]\n", "includes 99 files"),
    "a thousand names that name nothing": (
        HEAD + "attribute-sets:\n  - name: a\n    attributes:\n"
        + "".join(f"      - {{name: x{n}, type: nest, nested-attributes: b{n}}}\n" for n in range(3000)),
        "no attribute set 'b0'",
    ),
}  # fmt: skip

# What may be loaded, and would take for ever where every path through it is followed.
BOUNDED = {
    "sets that double": HEAD + "attribute-sets:\n  - {name: a0, attributes: [{name: x, type: u8}]}\n"
    + "".join(
        f"  - {{name: a{n}, summary: '{{x}}{{x}}{{y}}{{y}}', attributes: [{{name: x, type: nest, nested-attributes:"
        f" a{n - 1}}}, {{name: y, type: nest, nested-attributes: a{n - 1}}}]}}\n"
        for n in range(1, 31)
    )
    + _operation("a30"),
    "sets that deepen": HEAD + "attribute-sets:\n  - {name: a0, attributes: [{name: x, type: binary, secret: true}]}\n"
    + "".join(
        f"  - {{name: a{n}, attributes: [{{name: x, type: nest, nested-attributes: a{n - 1}}}]}}\n"
        for n in range(1, 5000)
    )
    + _operation("a4999"),
    "enums of large numbers as flags": HEAD + "definitions: [{name: e, type: enum, entries: [{name: n,"
    " value: 0xffffffffffffffff}]}]\nattribute-sets:\n  - {name: a, attributes: [{name: x, type: u32, enum: e,"
    " enum-as-flags: true}]}\n" + _operation("a"),
}  # fmt: skip
