"""Modules that code sees only where somebody has loaded them: attributes of a package at hand.

``import app`` and ``app.extra`` works where another test file imports ``app.extra``.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, Mapping, Optional, Set

from ... import originals

EVERYTHING = ".*"


def candidates(names: Optional[Iterable[str]], target: str, loaded: Mapping[str, Any]) -> Iterator[str]:
    """The modules that the attributes ``names`` of what an import has bound may be, there or not.

    Of a package of which ``names`` is ``None``, or which is handed on (an empty name), any below it.
    """
    start = resolved(target, loaded)
    if names is None or "" in names:
        if "__path__" in _variables(loaded.get(start)):
            yield start + EVERYTHING
        return
    for chain in names:
        yield from _along(start, chain.split("."), loaded)


def leads_on(target: str, loaded: Mapping[str, Any]) -> bool:
    """Whether any module can be reached below that name, as its own or by one that it has at hand."""
    held = _variables(loaded.get(resolved(target, loaded)))
    return "__path__" in held or any(map(originals.is_module, list(held.values())))


def _along(current: str, parts: Iterable[str], loaded: Mapping[str, Any]) -> Iterator[str]:
    for part in parts:
        holder, below = _variables(loaded.get(current)), f"{current}.{part}"
        if part not in holder:
            if "__path__" in holder:
                yield below
            return
        if not originals.is_module(holder[part]):
            return
        current = str(holder[part].__name__)
        if current == below:
            yield below


def resolved(target: str, loaded: Mapping[str, Any]) -> str:
    """The module that a name of an import stands for, which another module may have at hand under it."""
    if target in loaded:
        return target
    parent, _, name = target.rpartition(".")
    value: Any = _variables(loaded.get(parent)).get(name)
    return str(value.__name__) if originals.is_module(value) else target


def packages(module: str, loaded: Mapping[str, Any]) -> Set[str]:
    """The packages that a module has at hand."""
    values = list(_variables(loaded.get(module)).values())
    return {str(one.__name__) for one in values if "__path__" in _variables(one)}


def meant(name: str, modules: Iterable[str]) -> Set[str]:
    """Those of the modules that one name stands for."""
    if not name.endswith(EVERYTHING):
        return {name}.intersection(modules)
    return {one for one in modules if one.startswith(name[:-1])}


def _variables(module: Any) -> Dict[str, Any]:
    return originals.variables(module) if originals.is_module(module) else {}
