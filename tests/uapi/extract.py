"""Facts of Linux UAPI headers: every constant, every struct with size and members, as the C compiler sees them.

    python -m tests.uapi.extract --headers DIR --release 7.2 -o tests/uapi/facts-7.2.json

DIR is an include folder (`/usr/include`, or `usr/include` of an unpacked `linux-libc-dev`). Which headers are read is
what the dissectors name in `uapi-header:` and `header:`. Each header is compiled on its own, so that two that cannot be
included together do not disturb each other.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.uapi import dialect, dwarf
from tests.uapi.facts import Facts, Header, Member, dump

_MARKER = re.compile(r'^# \d+ "([^"]+)"')
_DEFINE = re.compile(r"^#define (\w+) +(\S.*)$")
_BAD_DEFINE = re.compile(r"defines:(\d+):")
_BIG_ENDIAN = re.compile(r"^__be(16|32|64)$")
_UNSIGNED = 7  # DW_ATE_unsigned
# Some headers use types that they do not include. Each prelude is tried in turn, the empty one first.
_PRELUDES = ("", "#include <linux/types.h>\n", "#include <sys/socket.h>\n#include <netinet/in.h>\n")

# A few headers write constants with a macro that only the kernel has.
_KERNEL_MACROS = "#ifndef BIT\n#define BIT(n) (1UL << (n))\n#endif\n"


class ExtractError(Exception):
    """The headers or the compiler cannot be used; the text says why in one line."""


def extract(folder: Path, names: list[str], compiler: str = "gcc") -> Facts:
    """Return the facts of the named headers of an include folder.

    A header that the folder lacks is left out. Structs of other headers come along where a member needs them.

    Raises:
        ExtractError: there is no compiler, or it refuses a header.

    """
    folder = folder.resolve()
    facts: Facts = {}
    seen: Facts = {}
    with tempfile.TemporaryDirectory(prefix="nlsniff-uapi-") as scratch:
        unit = _Compiler(compiler, folder, Path(scratch))
        for name in names:
            if (folder / name).exists() or not name.startswith(("linux/", "asm/", "drm/")):
                facts[name] = _one_header(unit, name, seen)
    _add_needed_structs(facts, seen)
    return facts


class _Compiler:
    """Runs gcc on small files that include headers of one folder."""

    def __init__(self, program: str, folder: Path, scratch: Path) -> None:
        self.program = program
        self.folder = folder
        self.scratch = scratch
        self.source = scratch / "unit.c"
        triplet = self._run("-print-multiarch").stdout.strip()
        self.includes = [f"-I{folder}", f"-I{folder / triplet}"] if triplet else [f"-I{folder}"]
        if folder == Path("/usr/include"):
            self.includes = []  # gcc drops -I of a system folder anyway; order stays the system's own

    def _run(self, *options: str) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run([self.program, *options], capture_output=True, text=True, check=False)
        except OSError as error:
            raise ExtractError(f"cannot run {self.program}: {error.strerror}; install gcc") from error

    def preprocess(self, text: str) -> str | None:
        """Return the preprocessed text with its #define lines kept, None where an include fails."""
        self.source.write_text(text)
        result = self._run("-E", "-dD", *self.includes, str(self.source))
        return None if result.returncode else result.stdout

    def compile(self, text: str) -> tuple[dwarf.DebugInfo | None, str]:
        """Return the debug information, or None and what the compiler said."""
        self.source.write_text(text)
        out = self.scratch / "unit.o"
        options = ["-g", "-gdwarf-5", "-fno-eliminate-unused-debug-types", "-w", "-fmax-errors=0", "-c"]
        result = self._run(*options, *self.includes, str(self.source), "-o", str(out))
        return (None, result.stderr) if result.returncode else (dwarf.read(out), "")


def _one_header(unit: _Compiler, name: str, seen: Facts) -> Header:
    refusals = []
    for prelude in _PRELUDES:
        base = f"{prelude}#include <{name}>\n"
        info, said = unit.compile(base)
        if info is not None:
            break
        refusals.append(next((line for line in said.splitlines() if "error:" in line), "no reason given"))
    else:
        raise ExtractError(f"{name} does not compile: {refusals[0]}")
    header = Header()
    for die in info.top:
        owner = _header_name(info.file_of(die), unit.folder, name)
        if owner is None:
            continue
        target = header if owner == name else seen.setdefault(owner, Header())
        if die.tag == "enumeration_type":
            constants = {child.name: _value(die, child) for child in die.children}
            if target is header and all(_worth_keeping(constant, name) for constant in constants):
                header.enums.append(constants)
        elif die.tag in {"structure_type", "union_type", "typedef"} and not name.startswith("sys/"):
            _note_struct(info, die, target)
    known = {constant for enum in header.enums for constant in enum}
    header.defines = _defines(unit, base, name, known)
    return header


def _header_name(path: Path | None, folder: Path, including: str) -> str | None:
    """Return the name to file an entry under; what a header of the C library pulls in counts as its own."""
    if path is None or including.startswith("sys/"):
        return including if path else None
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else None


def _note_struct(info: dwarf.DebugInfo, die: dwarf.Die, header: Header) -> None:
    """Record a named struct or union, or a typedef of an unnamed one."""
    name, body = die.name, die
    if die.tag == "typedef":
        target = info.type_of(die)
        if target is None or target.name or target.tag not in {"structure_type", "union_type"}:
            return
        body = target
    if not name or "byte_size" not in body.attributes:
        return
    members: dict[str, Member] = {}
    _members(info, body, 0, members)
    header.structs[name] = {"size": body.number("byte_size"), "members": members}


def _members(info: dwarf.DebugInfo, body: dwarf.Die, base: int, out: dict[str, Member]) -> None:
    """Collect members; those of an unnamed struct or union inside count as members of the outer one, as in C."""
    for die in body.children:
        if die.tag != "member":
            continue
        kind = info.type_of(die)
        if "bit_size" in die.attributes:
            first = die.number("data_bit_offset")
            out[die.name] = [base + first // 8, 0, 1, f"bits {first % 8} {die.number('bit_size')}"]
            continue
        offset = base + die.number("data_member_location")
        if not die.name and kind is not None:
            _members(info, kind, offset, out)
            continue
        size, count, shown = _measure(info, kind)
        out[die.name] = [offset, size, count, shown]


def _measure(info: dwarf.DebugInfo, kind: dwarf.Die | None) -> tuple[int, int, str]:
    """Return size of one element, number of elements (0: as many as follow) and the kind of the type."""
    count, shown = 1, ""
    while kind is not None:
        if kind.tag == "array_type":
            for bound in kind.children:
                if "count" in bound.attributes:
                    count *= bound.number("count")
                else:
                    count *= bound.number("upper_bound", -1) + 1
        elif kind.tag == "typedef" and not shown:
            big = _BIG_ENDIAN.match(kind.name)
            shown = f"be{big[1]}" if big else ""
            target = info.type_of(kind)
            if target is not None and target.tag in {"structure_type", "union_type"}:
                shown = f"struct {target.name or kind.name}"
        elif kind.tag in {"structure_type", "union_type"} and kind.name:
            shown = f"struct {kind.name}"
        if "byte_size" in kind.attributes:
            return kind.number("byte_size"), count, shown
        kind = info.type_of(kind)
    return 0, count, shown


def _defines(unit: _Compiler, base: str, name: str, known: set[str]) -> dict[str, int]:
    """Return the #defines of a header that the compiler accepts as integer constants."""
    names = [macro for macro in _define_names(unit, base, name) if macro not in known]
    while names:
        # One enum per macro; `#line` makes an error say which macro it is about.
        lines = [
            f'#line {index + 1} "defines"\nenum {{ nl_{macro} = ({macro}) }};' for index, macro in enumerate(names)
        ]
        info, said = unit.compile(base + _KERNEL_MACROS + "\n".join(lines) + "\n")
        if info is not None:
            break
        bad = {int(number) for number in _BAD_DEFINE.findall(said)}
        if not bad:
            raise ExtractError(f"{name}: the compiler refuses a macro: {said.splitlines()[0] if said else ''}")
        names = [macro for index, macro in enumerate(names) if index + 1 not in bad]
    else:
        return {}
    values = {}
    for die in info.top:
        if die.tag == "enumeration_type" and not die.name:
            for child in die.children:
                if child.name.startswith("nl_"):
                    values[child.name.removeprefix("nl_")] = _value(die, child)
    return {macro: values[macro] for macro in names if macro in values}


def _define_names(unit: _Compiler, base: str, name: str) -> list[str]:
    """Return the object-like macros with a body that the header itself defines, in its order."""
    text = unit.preprocess(base) or ""
    owner: str | None = None
    found: dict[str, None] = {}
    for line in text.splitlines():
        marker = _MARKER.match(line)
        if marker:
            owner = _header_name(Path(marker[1]).absolute(), unit.folder, name) if marker[1][0] == "/" else None
            continue
        define = _DEFINE.match(line)
        if define and owner == name and not define[2].startswith('"') and _worth_keeping(define[1], name):
            found[define[1]] = None
    return list(found)


def _worth_keeping(constant: str, header: str) -> bool:
    """Leave out include guards, and of the C library's headers all but what sockets are made of."""
    if header.startswith("sys/"):
        return constant.startswith(("AF_", "SOCK_"))
    return not constant.startswith(("_LINUX", "_UAPI"))


def _value(enum: dwarf.Die, constant: dwarf.Die) -> int:
    """Return an enumerator with the sign that C gives it; how readelf shows the sign depends on how it is stored."""
    value = constant.number("const_value")
    if enum.number("encoding") == _UNSIGNED:
        return value % (1 << 8 * enum.number("byte_size", 4))
    return value - (1 << 64) if value >= 1 << 63 else value


def _add_needed_structs(facts: Facts, seen: Facts) -> None:
    """Add the structs of other headers that members of the named ones are made of."""
    where = {struct: (owner, body) for owner, header in seen.items() for struct, body in header.structs.items()}
    have = {struct for header in facts.values() for struct in header.structs}
    queue = [body for header in facts.values() for body in header.structs.values()]
    while queue:
        for member in queue.pop()["members"].values():
            struct = member[3].removeprefix("struct ")
            if member[3].startswith("struct ") and struct not in have and struct in where:
                owner, body = where[struct]
                facts.setdefault(owner, Header()).structs[struct] = body
                have.add(struct)
                queue.append(body)


def main() -> int:
    """Write the facts of a folder of headers."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--headers", type=Path, default=Path("/usr/include"), help="include folder")
    parser.add_argument("--release", required=True, help="kernel release of the headers, such as 7.2")
    parser.add_argument("--compiler", default="gcc")
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    names = dialect.headers_named(dialect.read_dissectors())
    try:
        facts = extract(arguments.headers, names, arguments.compiler)
    except ExtractError as error:
        print(f"extract: {error}", file=sys.stderr)
        return 2
    arguments.output.write_text(dump(facts, arguments.release))
    return 0


if __name__ == "__main__":
    sys.exit(main())
