"""What the names in a parsed file are bound to, as far as the file itself tells."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from .literals import last_name

_PATCHERS = frozenset(("patch", "setattr", "delattr"))


@dataclass
class Bindings:
    """``values`` are what each name may be, without those that something beyond the file binds.

    ``modules`` maps a name to what it is imported from, ``patchers`` the names of functions that patch by
    name to what they are, ``classes`` are the file's own classes and functions. ``renamed`` are the nodes by
    which a patcher got another name, ``mocks`` the names of what has a method ``patch`` of this kind.
    """

    values: dict[str, list[ast.expr]] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    patchers: dict[str, str] = field(default_factory=lambda: {"patch": "patch"})
    classes: set[str] = field(default_factory=set)
    renamed: set[int] = field(default_factory=set)
    mocks: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    def is_mock(self, name: str) -> bool:
        """Whether its ``patch`` takes the name of something; that of a web client takes an address."""
        return "mock" in name.lower() or name in self.mocks

    def imported(self, node: ast.expr) -> str | None:
        """The dotted name of what an import of this file brought."""
        if isinstance(node, ast.Name):
            return self.modules.get(node.id)
        if isinstance(node, ast.Attribute) and (base := self.imported(node.value)) is not None:
            return f"{base}.{node.attr}"
        return None


def bindings(tree: ast.Module) -> Bindings:
    """Read ``tree`` once."""
    found = Bindings()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            _imports(node, found)
        elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.classes.add(node.name)
            found.unknown.update(_arguments(node))
        elif isinstance(node, ast.Lambda):
            found.unknown.update(
                argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)
            )
        elif isinstance(node, ast.Call) and last_name(node.func) == "parametrize":
            for name, value in _parameters(node):
                found.values.setdefault(name, []).append(value)
        for target, assigned in _assigned(node):
            _bind(target, assigned, found)
    parameters = {
        name for node in ast.walk(tree) if isinstance(node, ast.Call) for name, _ in _parameters(node)
    }
    if _is_ones_own("patch", found):
        del found.patchers["patch"]
    for name in (found.unknown - parameters) | found.modules.keys():
        found.values.pop(name, None)
    return found


def _is_ones_own(name: str, found: Bindings) -> bool:
    """Whether a patcher's name is that of something else in this file: a parameter, a value."""
    if name in found.modules or any(id(value) in found.renamed for value in found.values.get(name, ())):
        return False
    return name in found.unknown or name in found.values or name in found.classes


def _imports(node: ast.Import | ast.ImportFrom, found: Bindings) -> None:
    for alias in node.names:
        if isinstance(node, ast.Import):
            name = alias.name if alias.asname else alias.name.partition(".")[0]
        else:
            base = "." * node.level + (node.module or "")
            name = base + alias.name if base.endswith(".") else f"{base}.{alias.name}"
        called = alias.asname or (name if isinstance(node, ast.Import) else alias.name)
        found.modules[called] = name
        if alias.name in _PATCHERS:
            found.patchers[called] = alias.name
        if "mock" in name.lower():
            found.mocks.add(called)


def _arguments(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Iterator[str]:
    if not isinstance(node, ast.ClassDef):
        yield from (argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg))


def _parameters(call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """The arguments that ``pytest.mark.parametrize`` gives, each with what it may be."""
    if last_name(call.func) != "parametrize" or len(call.args) < 2:
        return
    names = call.args[0]
    words = names.elts if isinstance(names, ast.List | ast.Tuple) else (names,)
    for word in words:
        if isinstance(word, ast.Constant) and isinstance(word.value, str):
            yield from ((name.strip(), call.args[1]) for name in word.value.split(","))


def _assigned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    if isinstance(node, ast.Assign):
        yield from ((target, node.value) for target in node.targets)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
        yield node.target, node.value
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield node.target, node.iter
    elif isinstance(node, ast.AugAssign):
        yield node.target, None
    elif isinstance(node, ast.With | ast.AsyncWith):
        yield from ((item.optional_vars, None) for item in node.items if item.optional_vars is not None)


def _bind(target: ast.expr, value: ast.expr | None, found: Bindings) -> None:
    """Of a target with several parts each may be any part of the value."""
    if isinstance(target, ast.Tuple | ast.List):
        for each in target.elts:
            _bind(each, value, found)
        return
    name = last_name(target)
    if name is None:
        return
    if value is None:
        found.unknown.add(name)
        return
    found.values.setdefault(name, []).append(value)
    called = last_name(value)
    if called is not None and (called in found.mocks or "mock" in called.lower()):
        found.mocks.add(name)
    if called is not None and (
        called in found.patchers or (called in _PATCHERS and isinstance(value, ast.Attribute))
    ):
        found.patchers[name] = found.patchers.get(called, called)
        found.renamed.add(id(value))
