"""Which of a package's modules a source can reach as attributes: of ``pkg`` at hand only those it names."""

from __future__ import annotations

import ast
from typing import Any, Dict, Iterator, Optional, Set, Tuple

from .loaded import key_of


def named(source: str, package: str, *, at_import: bool = False) -> Optional[Dict[str, Set[str]]]:
    """For each package that the source binds to a name, what it names below; of a module ``package`` is the
    parent.

    An empty name in the set stands for everything: the package itself is handed on. ``None`` for what cannot
    be parsed, or runs code, or comes to modules, that are not written in it. ``at_import``: only what it
    names outside of functions.
    """
    if any(word in source for word in _RUNS):
        return None
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    bound: Dict[str, Set[str]] = {}
    for node in ast.walk(tree):
        if type(node) not in _BINDING:
            continue
        if _imports_by_call(node) and not _literal(node):
            return None
        for name, target in _bindings(node, package):
            bound.setdefault(name, set()).add(target)
    found: Dict[str, Set[str]] = {target: set() for targets in bound.values() for target in targets}
    for target in bound.get("*", ()):
        found.setdefault(target, set()).add("")  # by names that are not written here
    _collect(tree, bound, found, at_import)
    return found


_BINDING = {ast.Import, ast.ImportFrom, ast.Call, ast.Subscript}
"""What gives a package a name; of all other nodes, which are many, nothing is asked."""

_RUNS = (
    "eval(",
    "exec(",
    "globals(",
    "locals(",
    "resolve_name",
    "locate(",
    "getmodule(",
    "__globals__",
    "__dict__",
)


def _bindings(node: Any, package: str) -> Iterator[Tuple[str, str]]:
    literal = _literal(node)
    if literal:
        yield f"{literal}()", literal
    elif isinstance(node, ast.Import):
        for alias in node.names:
            top = alias.name.partition(".")[0]
            yield (alias.asname, alias.name) if alias.asname else (top, top)
    elif isinstance(node, ast.ImportFrom):
        base = _absolute(node.module or "", node.level, package)
        for alias in node.names:
            inside = f"{base}.{alias.name}" if base else alias.name
            yield alias.asname or alias.name, base if alias.name == "*" else inside


def _absolute(name: str, level: int, package: str) -> str:
    if not level:
        return name
    for _ in range(level - 1):
        package = package.rpartition(".")[0]
    return f"{package}.{name}" if name and package else package or name


def _collect(node: Any, bound: Dict[str, Set[str]], found: Dict[str, Set[str]], at_import: bool) -> None:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if at_import and isinstance(one, _FUNCTIONS):
            waiting += [*getattr(one, "decorator_list", ()), one.args]
            continue
        if type(one) not in _NAMING:
            waiting.extend(ast.iter_child_nodes(one))
            continue
        chain = _by_text(one)
        if chain is not None:
            waiting += [*one.args[2:], *one.keywords]
        elif _called(one) == "files" and len(one.args) == 1 and _chain(one.args[0]):
            continue  # importlib.resources looks for the package's folder
        else:
            chain = _chain(one)
        if chain is not None and chain[0] in bound:
            for target in bound[chain[0]]:
                found[target].add(".".join(chain[1:]))
        elif chain is None or len(chain) == 1:
            waiting.extend(ast.iter_child_nodes(one))


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_NAMING = {ast.Attribute, ast.Name, ast.Call, ast.Subscript}
_BY_TEXT = ("hasattr", "getattr", "setattr", "delattr", "object")


def _by_text(node: Any) -> Optional[Tuple[str, ...]]:
    """``hasattr(a.b, "c")`` and its like, also of ``monkeypatch`` and ``mock.patch.object``."""
    if _called(node) not in _BY_TEXT or len(node.args) < 2:
        return None
    chain, name = _chain(node.args[0]), getattr(node.args[1], "value", None)
    return (*chain, name) if chain is not None and isinstance(name, str) else None


def _chain(node: Any) -> Optional[Tuple[str, ...]]:
    """``a.b.c`` as its parts."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if _literal(node):
        return (f"{_literal(node)}()", *reversed(names))
    return (node.id, *reversed(names)) if isinstance(node, ast.Name) else None


def _called(node: Any) -> str:
    function = getattr(node, "func", None) if isinstance(node, ast.Call) else None
    return str(getattr(function, "id", getattr(function, "attr", "")))


def _imports_by_call(node: Any) -> bool:
    """``__import__(…)`` or ``import_module(…)``: a package comes to hand without a name."""
    return _called(node) in ("__import__", "import_module")


def _literal(node: Any) -> str:
    """The module that a call, or a look into ``sys.modules``, gives where its name stands there."""
    called, key = _called(node), None
    if isinstance(node, ast.Subscript) and _is_called_modules(node.value):
        key = key_of(node.slice)
    elif (
        called in ("get", "pop", "setdefault")
        and _is_called_modules(getattr(node.func, "value", None))
        and node.args
    ) or (_imports_by_call(node) and len(node.args) == 1 and not node.keywords):
        key = node.args[0]
    name = key.value if isinstance(key, ast.Constant) else None
    if not isinstance(name, str) or name.startswith("."):
        return ""
    return name.partition(".")[0] if called == "__import__" else name


def _is_called_modules(node: Any) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "modules"
