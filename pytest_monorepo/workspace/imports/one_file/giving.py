"""What the names of a file are given, wherever that stands: by assignments, loops, calls and fixtures."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Protocol

from .expressions import Function, arguments_of, defaults_of, targets_of
from .literals import last_name
from .naming import PARAM
from .syntax import Syntax

GIVING = frozenset(
    (
        *(ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr, ast.For, ast.AsyncFor, ast.comprehension),
        *(ast.withitem, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.Match, ast.Call),
    )
)
"""What gives names something."""


class File(Protocol):
    """What is known of a file: its functions by their names, and by what names are told apart."""

    syntax: Syntax
    functions: dict[str, list[Function]]
    fields: dict[str, list[str]]

    def key(self, node: ast.AST) -> str | None: ...

    def argument(self, function: Function, name: str) -> str: ...


def given_by(file: File, node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Names, also of attributes, functions and arguments, with what they are given somewhere."""
    pairs: list[tuple[ast.expr | None, ast.expr | None]] = []
    if isinstance(node, ast.Assign):
        pairs = [(target, node.value) for target in node.targets]
    elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr):
        pairs = [(node.target, node.value)]
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        pairs = [(node.target, node.iter)]
    elif isinstance(node, ast.withitem):
        pairs = [(node.optional_vars, node.context_expr)]
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        # what a fixture gives has its name, too
        yield from ((node.name, value) for value in file.syntax.given_back.get(id(node), ()))
        yield from ((file.argument(node, name), value) for name, value in defaults_of(node))
    elif isinstance(node, ast.Lambda):
        yield from ((file.argument(node, name), value) for name, value in defaults_of(node))
    elif isinstance(node, ast.Match):
        yield from ((name, node.subject) for case in node.cases for name in _captured(case.pattern))
    elif isinstance(node, ast.Call):
        yield from _handed(file, node)
    for target, value in pairs:
        if target is not None and value is not None:
            yield from ((file.key(one) or "", value) for one in targets_of(target))


def _captured(pattern: ast.pattern) -> Iterator[str]:
    for one in ast.walk(pattern):
        if isinstance(one, ast.MatchAs | ast.MatchStar) and one.name is not None:
            yield one.name


def _handed(file: File, call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    name = last_name(call.func)
    if isinstance(call.func, ast.Attribute) and name in ("append", "add", "extend", "setdefault"):
        holder = file.key(call.func.value)
        yield from ((holder, value) for value in call.args if holder)
    for function in file.functions.get(name or "", ()):
        arguments = [one for one in arguments_of(function) if one not in ("self", "cls")]
        keys = {one: file.argument(function, one) for one in arguments}
        yield from zip(keys.values(), call.args, strict=False)
        yield from ((keys[word.arg], word.value) for word in call.keywords if word.arg in keys)
    if isinstance(call.func, ast.Lambda):
        yield from zip(arguments_of(call.func), call.args, strict=False)
    # map(check, ROOTS), pool.submit(check, ROOT), Thread(target=check, args=(ROOT,))
    given = [*call.args, *(word.value for word in call.keywords)]
    for one in given:
        called_there = [one] if isinstance(one, ast.Lambda) else file.functions.get(last_name(one) or "", ())
        if not called_there:  # as of nearly all
            continue
        taken = {argument for function in called_there for argument in arguments_of(function)}
        yield from ((each, value) for each in sorted(taken) for value in given if value is not one)
    if (fields := file.fields.get(name or "")) is not None:
        yield from zip(fields, call.args, strict=False)
        yield from ((word.arg, word.value) for word in call.keywords if word.arg in fields)
    if name == "fixture":
        yield from ((PARAM, word.value) for word in call.keywords if word.arg == "params")
    if name == "parametrize" and len(call.args) > 1 and isinstance(call.args[0], ast.Constant):
        names = str(call.args[0].value).replace(",", " ").split()
        yield from ((one, call.args[1]) for one in names)
