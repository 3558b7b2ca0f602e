"""Questions to Python's syntax: the words of an expression, what it is made of, whom it names."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

from .literals import last_name
from .syntax import below

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


_IN_PARTS = frozenset(
    (
        *(ast.IfExp, ast.BoolOp, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Await, ast.Starred),
        *(ast.NamedExpr, ast.YieldFrom, ast.FormattedValue, ast.ListComp, ast.SetComp, ast.GeneratorExp),
        ast.Lambda,
    )
)
_OF_WORDS = frozenset((ast.List, ast.Tuple, ast.JoinedStr, ast.BinOp, ast.Call))


def receiver(call: ast.Call) -> ast.expr | None:
    return call.func.value if isinstance(call.func, ast.Attribute) else None


def called(node: ast.expr | None) -> str | None:
    return None if node is None else last_name(node)


def text_of(node: ast.AST | None) -> str | None:
    if node.__class__ is not ast.Constant:
        return None
    value = node.value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else None


def holder_of(node: ast.expr) -> str:
    """The name that a chain of attributes begins with."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def arguments_of(function: Function) -> list[str]:
    args = function.args
    return [one.arg for one in (*args.posonlyargs, *args.args, *args.kwonlyargs)]


def decorators_of(function: Function) -> list[ast.expr]:
    return [] if isinstance(function, ast.Lambda) else function.decorator_list


def makes_fixture(decorator: ast.expr) -> bool:
    """Whether pytest calls the function, with fixtures: ``@pytest.fixture(…)``, ``@hookimpl``."""
    asked = decorator.func if isinstance(decorator, ast.Call) else decorator
    return re.search(r"fixture|hook(?:impl|wrapper|spec)", last_name(asked) or "") is not None


def defaults_of(function: Function) -> Iterator[tuple[str, ast.expr]]:
    args = function.args
    plain = [one.arg for one in (*args.posonlyargs, *args.args)]
    yield from zip(plain[len(plain) - len(args.defaults) :], args.defaults, strict=True)
    for one, value in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        if value is not None:
            yield one.arg, value


def targets_of(target: ast.expr) -> Iterator[ast.Name | ast.Attribute]:
    """The names and attributes that are given something."""
    if isinstance(target, ast.Name | ast.Attribute):
        yield target
    elif isinstance(target, ast.Subscript | ast.Starred):
        yield from targets_of(target.value)
    elif isinstance(target, ast.Tuple | ast.List):
        for one in target.elts:
            yield from targets_of(one)


def parts_of(node: ast.AST | None) -> list[ast.expr]:
    """The expressions whose value an expression may have, or that it holds."""
    if node.__class__ not in _IN_PARTS:  # most are not, and none of what follows is looked at for them
        return []
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, ast.BoolOp):
        return node.values
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return node.elts
    if isinstance(node, ast.Dict):
        return node.values
    if isinstance(node, ast.Await | ast.Starred | ast.NamedExpr | ast.YieldFrom | ast.FormattedValue):
        return [node.value]
    if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
        return [node.elt]
    return [node.body] if isinstance(node, ast.Lambda) else []


def leaves_of(node: ast.expr) -> list[ast.expr]:
    """The words of a command, also of one that is put together as a text."""
    if node.__class__ not in _OF_WORDS:
        return [node]
    parts = [node]
    if isinstance(node, ast.List | ast.Tuple):
        parts = node.elts
    elif isinstance(node, ast.JoinedStr):
        parts = [one.value for one in node.values if isinstance(one, ast.FormattedValue)]
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        parts = [node.left, node.right]
    elif isinstance(node, ast.Call) and last_name(node.func) in ("split", "join", "format", "quote"):
        parts = [*node.args, *filter(None, (receiver(node),))]
    return [node] if parts == [node] else [leaf for one in parts for leaf in leaves_of(one)]


def ends_of(node: ast.expr) -> list[ast.expr]:
    """What else may say which command a name is: ``BIN / "ruff"``, ``which("ruff")``, one of several."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        # any file may be called so, but beside the interpreter
        return [node.right] if any(last_name(one) == "executable" for one in below(node.left)) else []
    if isinstance(node, ast.Call) and last_name(node.func) == "which":
        return node.args[:1]
    return node.values if isinstance(node, ast.Dict) else []


def holds(node: ast.AST, words: frozenset[str]) -> bool:
    """Whether one of the words stands in a text of the expression."""
    texts = (text_of(one) for one in below(node) if isinstance(one, ast.Constant))
    return any(text is not None and not words.isdisjoint(text.split()) for text in texts)


def is_library(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names
