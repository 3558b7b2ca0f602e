"""A source without what never runs: docstrings, what type checkers alone read, annotations kept as texts."""

from __future__ import annotations

import ast
from typing import Any, Iterator, List


def said_in(text: str, *, installed: bool) -> str:
    """``text`` with blanks in place of all that; as it is where it cannot be parsed.

    ``installed``: nor are its texts code, unless one is a name, as ``getattr`` is given. Comments stay: they
    are few, and cost a run in vain at most.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text
    # Python counts no other ends of lines once a file is read as text (splitlines does)
    lines = [bytearray(line, "utf-8") for line in text.split("\n")]
    for node in (*_unrun(tree), *(_texts(tree) if installed else ())):
        _blank(lines, node)
    return b"\n".join(lines).decode("utf-8", "replace")


def _unrun(tree: ast.Module) -> Iterator[Any]:
    texts = any(
        isinstance(one, ast.ImportFrom)
        and one.module == "__future__"
        and any(name.name == "annotations" for name in one.names)
        for one in tree.body
    )
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node  # a docstring, or a text of which nothing is made
        elif isinstance(node, ast.If) and _is_checking(node.test):
            yield from node.body
        elif texts and isinstance(node, ast.arg) and node.annotation is not None:
            yield node.annotation
        elif texts and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns is not None:
            yield node.returns


def _texts(tree: ast.Module) -> Iterator[Any]:
    # before 3.12 a part of an f-string has the place of the whole
    parts = {id(part) for one in ast.walk(tree) if isinstance(one, ast.JoinedStr) for part in one.values}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in parts else None
        if isinstance(text, str) and not text.isidentifier():
            yield node


def _is_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def _blank(lines: List[bytearray], node: Any) -> None:
    """Columns are bytes (ast: ``col_offset``); blanks of the same length move nothing."""
    for number in range(node.lineno - 1, node.end_lineno):
        line = lines[number]
        end = node.end_col_offset if number == node.end_lineno - 1 else len(line)
        begin = node.col_offset if number == node.lineno - 1 else 0
        line[begin:end] = b" " * (end - begin)
