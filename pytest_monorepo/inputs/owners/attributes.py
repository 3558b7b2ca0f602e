"""Which of a package's modules a source can reach as attributes: of ``pkg`` at hand only those it names."""

from __future__ import annotations

import ast
from typing import Any, Dict, Iterator, Optional, Set, Tuple


def named(source: str, package: str) -> Optional[Dict[str, Set[str]]]:
    """For each package that the source binds to a name, what it names below; of a module ``package`` is the
    parent.

    An empty name in the set stands for everything: the package itself is handed on. ``None`` for what cannot
    be parsed, or runs code that is not written in it.
    """
    if any(word in source for word in _RUNS):
        return None
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    bound: Dict[str, Set[str]] = {}
    for node in ast.walk(tree):
        for name, target in _bindings(node, package):
            bound.setdefault(name, set()).add(target)
    found: Dict[str, Set[str]] = {target: set() for targets in bound.values() for target in targets}
    _collect(tree, bound, found)
    return found


_RUNS = ("eval(", "exec(", "globals(", "locals(")


def _bindings(node: Any, package: str) -> Iterator[Tuple[str, str]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            top = alias.name.partition(".")[0]
            yield (alias.asname, alias.name) if alias.asname else (top, top)
    elif isinstance(node, ast.ImportFrom):
        base = _absolute(node.module or "", node.level, package)
        for alias in node.names:
            yield alias.asname or alias.name, f"{base}.{alias.name}" if base else alias.name


def _absolute(name: str, level: int, package: str) -> str:
    if not level:
        return name
    for _ in range(level - 1):
        package = package.rpartition(".")[0]
    return f"{package}.{name}" if name and package else package or name


def _collect(node: Any, bound: Dict[str, Set[str]], found: Dict[str, Set[str]]) -> None:
    waiting = [node]
    while waiting:
        one = waiting.pop()
        chain = _chain(one)
        if chain is not None and chain[0] in bound:
            for target in bound[chain[0]]:
                found[target].add(".".join(chain[1:]))
        elif chain is None or len(chain) == 1:
            waiting.extend(ast.iter_child_nodes(one))


def _chain(node: Any) -> Optional[Tuple[str, ...]]:
    """``a.b.c`` as its parts."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return (node.id, *reversed(names)) if isinstance(node, ast.Name) else None
