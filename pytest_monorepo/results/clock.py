"""Whether a source calls the clock or chance itself: then running it again may not give the same.

What it calls only through other packages is not seen; ``cached-max-age`` bounds that.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator

_CLOCK = frozenset({"time", "time_ns", "localtime", "gmtime", "ctime", "strftime", "asctime"})
_NOW = frozenset({"now", "utcnow", "today"})
_CHANCE = frozenset({"random", "secrets", "uuid"})
_HARMLESS = frozenset(
    {"Random", "UUID", "uuid3", "uuid5", "NAMESPACE_DNS", "NAMESPACE_URL", "compare_digest"}
)


@functools.cache
def reads_clock(path: str) -> str | None:
    """The first call of the clock or of chance in a Python source, as ``time.time``; ``None`` without."""
    try:
        with open(path, "rb") as stream:
            source = stream.read()
    except OSError:
        return None
    if not any(word in source for word in _WORDS):
        return None
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return "what cannot be parsed"
    return next(_calls(tree), None)


_WORDS = (b"time", b"today", b"now", b"random", b"secrets", b"uuid", b"urandom")


def _calls(tree: ast.Module) -> Iterator[str]:
    modules = dict(_modules(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module is not None and not node.level:
            for alias in node.names:
                if _is_read(node.module, alias.name):
                    yield f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Attribute):
            name = _name(node.value)
            module = modules.get(name or "", name or "")
            if (
                node.attr in _NOW
                and module.rpartition(".")[2] in ("datetime", "date", "timezone", "pendulum")
            ) or (name is not None and _is_read(module, node.attr)):
                yield f"{name}.{node.attr}"


def _is_read(module: str, name: str) -> bool:
    if module == "time":
        return name in _CLOCK or name == "*"
    if module == "os":
        return name == "urandom"
    if module in ("numpy.random", "numpy") and (module, name) != ("numpy", "ndarray"):
        return module == "numpy.random" and name not in ("default_rng", "Generator", "RandomState", "seed")
    return module in _CHANCE and name not in _HARMLESS


def _modules(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(local name, module or class) of what is imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (alias.asname or alias.name.partition(".")[0], alias.name if alias.asname else "")
                yield (alias.asname or alias.name, alias.name)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _name(node: ast.expr) -> str | None:
    """``a.b`` for such an expression."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = _name(node.value)
        return None if inner is None else f"{inner}.{node.attr}"
    return None
