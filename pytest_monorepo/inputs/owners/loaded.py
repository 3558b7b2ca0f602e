"""Whether a source may see what others have loaded: in ``sys.modules``, among subclasses, in ``gc``'s lists.

What cannot be told from the text counts as looking. A module that is asked for by its own name, or by that of
something at hand which it has defined, is there in any case; so is ``__main__``. What is only put there is
no look.
"""

from __future__ import annotations

import ast
import re
from typing import Any, Dict, Iterator, Set, Tuple

LOADED = ("__subclasses__", "get_objects", "get_referrers", "loggerDict", "_handlerList")
_WORDS = re.compile(r"\bsys\b.*\bmodules\b|\bmodules\b.*\bsys\b|\A\s*modules\s*\Z", re.DOTALL)
"""In a text: code to be run, or the name of what a mock takes the place of."""


def looks_at_all(source: str) -> bool:
    if any(word in source for word in LOADED):
        return True
    if not ("sys" in source and "modules" in source):
        return False
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return _Looks(tree).any


class _Looks:
    """``imported`` are names that an import binds, each of which may be ``sys``; ``own`` are ``sys``."""

    def __init__(self, tree: ast.AST) -> None:
        self.nodes = list(ast.walk(tree))
        self.parents: Dict[Any, Any] = {
            child: node for node in self.nodes for child in ast.iter_child_nodes(node)
        }
        bound = list(self._imported())
        self.imported: Set[str] = {"sys", *(name for name, _ in bound)}
        self.own: Set[str] = {"sys", *(name for name, what in bound if what == "sys")}

    @property
    def any(self) -> bool:
        asked = [node for node in self.nodes if isinstance(node, ast.Attribute) and node.attr == "modules"]
        return (
            any(map(from_sys, self.nodes))
            or any(map(is_text, self.nodes))
            or any(self._may_be_sys(node.value) and not self._is_harmless(node) for node in asked)
            or (bool(asked) and any(map(self._hands_on, self.nodes)) and not all(map(self._is_plain, asked)))
        )

    def _imported(self) -> Iterator[Tuple[str, str]]:
        for node in self.nodes:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                yield from ((one.asname or one.name.partition(".")[0], one.name) for one in node.names)

    def _may_be_sys(self, base: Any) -> bool:
        if isinstance(base, ast.Name):
            return base.id in self.imported
        return not isinstance(base, ast.Attribute) or base.attr == "sys"

    def _hands_on(self, node: Any) -> bool:
        """``s = sys``: another name may come to be it."""
        bare = isinstance(node, ast.Name) and node.id in self.own and isinstance(node.ctx, ast.Load)
        return bare and not isinstance(self.parents[node], ast.Attribute)

    def _is_plain(self, node: Any) -> bool:
        """``sys.modules``, of which everything has been said."""
        return isinstance(node.value, ast.Name) and node.value.id in self.own

    def _is_harmless(self, node: Any) -> bool:
        parent = self.parents[node]
        if isinstance(parent, ast.Subscript) and parent.value is node:
            return isinstance(parent.ctx, ast.Store) or _is_there(key_of(parent.slice))
        call = self.parents.get(parent)
        if isinstance(parent, ast.Attribute) and parent.attr in ("get", "pop") and isinstance(call, ast.Call):
            return call.func is parent and bool(call.args) and _is_there(call.args[0])
        return False


def from_sys(node: Any) -> bool:
    """Whether an import takes ``sys.modules`` itself."""
    if not isinstance(node, ast.ImportFrom):
        return False
    names = [alias.name for alias in node.names]
    return "modules" in names or (node.module == "sys" and "*" in names)


def is_text(node: Any) -> bool:
    """Whether a string may be code, or a name, that comes to ``sys.modules``."""
    value = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
    value = value.decode("latin-1") if isinstance(value, bytes) else value
    return isinstance(value, str) and bool(_WORDS.search(value))


def key_of(index: Any) -> Any:
    """Before Python 3.9 something stands between the two."""
    return index.value if type(index).__name__ == "Index" else index


def _is_there(key: Any) -> bool:
    """Whether a module of that name is loaded whoever else has run."""
    if isinstance(key, ast.Constant):
        return bool(key.value == "__main__")
    if isinstance(key, ast.Attribute):
        return key.attr == "__module__"
    return isinstance(key, ast.Name) and key.id == "__name__"
