"""The changes that are tried: each is one node of a module's syntax tree, replaced by another."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
}  # fmt: skip
_ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_REMOVED = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Raise, ast.Continue, ast.Break, ast.Delete)
# In the text of a program that is generated.
_WORDS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+", "+=": "-=", "-=": "+=",
    "and": "or", "or": "and", "True": "False", "False": "True", "break": "pass", "&": "|",
}  # fmt: skip
_WORD = re.compile(r"(?<=[ (])(?:[<>=!+-]=|[<>+&-]|\d+|and|or|True|False|break)(?=[ :),\n])")
_PROGRAM = re.compile(r"^ *(if|for|while|def) .*:", re.MULTILINE)
_ANNOTATIONS = {"annotation", "returns", "type_params"}


class Change(NamedTuple):
    """One change that can be made to a tree."""

    function: str  # its qualified name, `<module>` outside of functions
    kind: str
    lines: range  # where the changed code stands
    parent: ast.AST
    field: str
    position: int | None  # in a list of nodes
    old: ast.AST
    new: ast.AST

    def __str__(self) -> str:
        """The code before and after, each in one line."""
        if self.kind == "program":  # far too long: the line that differs
            texts = [str(node.value).splitlines() for node in (self.old, self.new)]  # type: ignore[attr-defined]
            old, new = next((a.strip(), b.strip()) for a, b in zip(*texts, strict=True) if a != b)
        else:
            old, new = (" ".join(_source(node).split()) for node in (self.old, self.new))
        return f"{old} -> {new}"

    def make(self) -> None:
        """Make the change, in the tree that it was found in."""
        if self.position is None:
            setattr(self.parent, self.field, self.new)
        else:
            getattr(self.parent, self.field)[self.position] = self.new


def changes(tree: ast.Module) -> list[Change]:
    """All changes of a module, in the order of its code; one tree takes one of them."""
    return list(_below(tree, "<module>", range(0)))


def changed(source: str, index: int) -> ast.Module:
    """The tree of a module with one of its changes made."""
    tree = ast.parse(source)
    changes(tree)[index].make()
    return ast.fix_missing_locations(tree)


def _source(node: ast.AST) -> str:
    return ast.unparse(node) if not isinstance(node, ast.comprehension) else ast.unparse(node.iter)


def _below(node: ast.AST, function: str, lines: range) -> Iterator[Change]:
    for field, value in ast.iter_fields(node):
        if field in _ANNOTATIONS:
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or _spared(child, node, field, index):
                continue
            at = _lines(child) or lines
            inside = function
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inside = child.name if function == "<module>" else f"{function}.{child.name}"
            yield from (
                Change(function, kind, at, node, field, index, child, ast.copy_location(new, child))
                for kind, new in _instead(child, node, field)
            )
            yield from _below(child, inside, at)


def _lines(node: ast.AST) -> range | None:
    first = getattr(node, "lineno", None)
    return None if first is None else range(first, (getattr(node, "end_lineno", None) or first) + 1)


def _spared(node: ast.AST, parent: ast.AST, field: str, index: int | None) -> bool:
    """True for what does nothing: prose, types, names for the reader of a traceback."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom() | ast.AnnAssign(value=None):
            return True
        case ast.FunctionDef(name="__repr__") | ast.FunctionDef(decorator_list=[ast.Name(id="overload")]):
            return True
        case ast.Assign(targets=[ast.Name(id="__slots__" | "__all__" | "__match_args__"), *_]):
            return True
        case ast.Assign(value=ast.Subscript(value=ast.Name(id="Callable" | "Literal" | "dict" | "tuple" | "list"))):
            return True
        case ast.Raise(exc=ast.Name(id="NotImplementedError")) | ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
    match parent:
        case ast.Call(func=ast.Name(id="cast" | "TypeVar" | "NewType")):
            return field == "args" and index == 0
        case ast.While(test=ast.Constant()):
            return field == "test"
    return False


def _instead(node: ast.AST, parent: ast.AST, field: str) -> Iterator[tuple[str, ast.AST]]:
    """What stands instead of a node, with the kind of the change."""
    if isinstance(node, ast.expr) and _is_condition(parent, field) and not _turned(node):
        yield "negated", ast.UnaryOp(ast.Not(), node)
    match node:
        case ast.Compare():
            for index, op in enumerate(node.ops):
                ops = [*node.ops[:index], _COMPARED[type(op)](), *node.ops[index + 1 :]]
                yield "compared", ast.Compare(node.left, ops, node.comparators)
        case ast.BoolOp():
            yield "and/or", ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        case ast.UnaryOp(op=ast.Not()):
            yield "negated", node.operand
        case ast.BinOp() if type(node.op) in _ARITHMETIC:
            yield "arithmetic", ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right)
        case ast.AugAssign() if type(node.op) in _ARITHMETIC:
            yield "arithmetic", ast.AugAssign(node.target, _ARITHMETIC[type(node.op)](), node.value)
        case ast.Constant():
            # Of one item, as `unpack` often gives, the last is the first.
            yield from (
                item for item in _constants(node.value) if not isinstance(parent, ast.Subscript) or item[1].value != -1
            )
    match node:
        case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant) or node.value.value is not None:
            yield "removed", ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom() | ast.Await()):
            yield "removed", ast.Pass()
        case _ if isinstance(node, _REMOVED):
            yield "removed", ast.Pass()


def _is_condition(parent: ast.AST, field: str) -> bool:
    return (field == "test" and isinstance(parent, ast.If | ast.While | ast.IfExp)) or field == "ifs"


def _turned(node: ast.expr) -> bool:
    """Is the negation of this made already, by turning its operator?"""
    match node:
        case ast.Compare(ops=[op]):
            return not isinstance(op, _ORDERED)
        case ast.UnaryOp(op=ast.Not()):
            return True
    return False


def _constants(value: object) -> Iterator[tuple[str, ast.Constant]]:
    if isinstance(value, bool):
        yield "true/false", ast.Constant(not value)
    elif isinstance(value, int | float):
        yield "number", ast.Constant(value + 1)
        yield "number", ast.Constant(value - 1)
    elif isinstance(value, bytes):
        yield "text", ast.Constant(value + b"~")
    elif isinstance(value, str):
        if value.count("\n") > 1 and _PROGRAM.search(value):
            for found in _WORD.finditer(value):
                word = found.group()
                other = _WORDS.get(word) or str(int(word) + 1)
                yield "program", ast.Constant(value[: found.start()] + other + value[found.end() :])
        else:
            yield "text", ast.Constant(value + "~")
