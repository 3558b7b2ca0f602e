"""Which modules a source looks for by name among all that are loaded, where that is all that it does."""

from __future__ import annotations

import ast
import sys
from typing import Any, FrozenSet, Iterator, Optional, Set, Tuple

from .loaded import LOADED, from_sys, is_text, key_of, looks_at_all


def looked_at(source: str) -> Optional[FrozenSet[str]]:
    """The modules of which a source asks ``sys.modules`` whether, and as what, others have loaded them.

    ``None`` where it may see any: by other names, of the library, or as subclasses and in ``gc``'s lists.
    """
    if not looks_at_all(source):
        return frozenset()
    if any(word in source for word in LOADED):
        return None
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    names: Set[str] = set()
    known: Set[int] = set()
    for node in ast.walk(tree):  # which meets what asks before what is asked
        for table, name in _asked(node):
            known.add(id(table))
            names.add(name)
        if _may_be_table(node) and id(node) not in known:
            return None
    names.discard("__name__")
    return None if any(map(_is_librarys, names)) else frozenset(names)


def _may_be_table(node: Any) -> bool:
    """Whether it may be ``sys.modules``, by whatever way one comes to it."""
    if isinstance(node, ast.Attribute):
        own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
        return node.attr == "modules" and not own
    return from_sys(node) or is_text(node)


def _asked(node: Any) -> Iterator[Tuple[Any, str]]:
    """(table, name) where an expression asks it for one name that is written there."""
    if isinstance(node, ast.Subscript):
        pairs = [(node.value, key_of(node.slice))]
    elif isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
        pairs = [(node.comparators[0], node.left)] if len(node.ops) == 1 else []
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        patches = node.func.attr in ("setitem", "delitem") and len(node.args) > 1
        pairs = [(node.args[0], node.args[1])] if patches else []
        pairs += [(node.func.value, node.args[0])] if node.func.attr in ("get", "pop", "setdefault") else []
    else:
        pairs = []
    for table, key in pairs:
        name = key.value if isinstance(key, ast.Constant) else getattr(key, "id", "")
        if (
            _may_be_table(table)
            and isinstance(name, str)
            and (isinstance(key, ast.Constant) or name == "__name__")
        ):
            yield table, name


def _is_librarys(name: str) -> bool:
    """Of these it is not kept who has loaded them; before Python 3.10 nobody knows which they are."""
    known = getattr(sys, "stdlib_module_names", None)
    return known is None or name.partition(".")[0] in known
