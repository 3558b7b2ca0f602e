"""Which names of modules an expression of a parsed file may be."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

# a loader finds what no statement can name, too: a migration (0001_first), a script (my-tool)
_DOTTED = re.compile(r"\.*[^\W\d][\w-]*(?:\.\w[\w-]*)*")


def last_name(node: ast.AST) -> str | None:
    kind = node.__class__  # asked a million times: half the time of isinstance()
    if kind is ast.Name:
        return node.id  # type: ignore[attr-defined, no-any-return]
    return node.attr if kind is ast.Attribute else None  # type: ignore[attr-defined]


def dotted(value: object) -> tuple[str, ...]:
    """The module path that a string is, without the ``:attribute`` of an entry point."""
    if not isinstance(value, str):
        return ()
    path = value.partition(":")[0].strip()
    return (path,) if _DOTTED.fullmatch(path) else ()


def literals(node: ast.expr) -> tuple[tuple[str, ...], bool]:
    """The module paths that an expression may be, and whether these are all.

    Of a string put together from known and unknown parts, the packages that its known start names.
    """
    if isinstance(node, ast.Constant):
        return dotted(node.value), True
    if isinstance(node, ast.IfExp):
        return _joined((node.body, node.orelse))
    if isinstance(node, ast.BoolOp):
        return _joined(node.values)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return _joined(node.elts)
    start = node
    while isinstance(start, ast.BinOp):
        start = start.left
    if isinstance(start, ast.JoinedStr) and start.values:
        start = start.values[0] if isinstance(start.values[0], ast.expr) else start
    text = start.value if isinstance(start, ast.Constant) else None
    if isinstance(text, str) and start is not node:
        return dotted(text.partition("%")[0].rpartition(".")[0]), False
    return (), False


def _joined(nodes: Iterable[ast.expr]) -> tuple[tuple[str, ...], bool]:
    found = [literals(node) for node in nodes]
    return tuple(name for names, _ in found for name in names), all(known for _, known in found)


def absolute(name: str, package: str) -> str:
    """``import_module(".x", "a.b")`` names ``a.b.x``; below ``.`` it is relative to the file."""
    if not name.startswith(".") or package == ".":
        return name
    bare = name.lstrip(".")
    above = package.split(".")
    kept = above[: len(above) - (len(name) - len(bare) - 1)]
    return ".".join([*kept, bare]) if bare else ".".join(kept)
