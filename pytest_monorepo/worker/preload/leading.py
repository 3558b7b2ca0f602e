"""What a module imports before it does anything else: who imports the module has imported that first.

Where the module itself must not be imported for several projects, since it warns perhaps, that may be.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from typing import Iterable, List

from . import homes


def leading(name: str, root: str) -> List[str]:
    """Installed modules that ``name`` has begun with here, in their order; ``root`` is the workspace's."""
    module = sys.modules.get(name)
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or not file.endswith(".py"):
        return []
    with open(file, "rb") as stream:
        tree = ast.parse(stream.read())
    found: List[str] = []
    _follow(tree.body, getattr(module, "__package__", None) or "", found)
    return [one for one in dict.fromkeys(found) if one != name and _is_installed(one, homes.installed(root))]


def _is_installed(name: str, folders: Iterable[str]) -> bool:
    file = getattr(sys.modules.get(name), "__file__", None)
    return isinstance(file, str) and file.startswith(tuple(folders))


def _follow(statements: List[ast.stmt], package: str, found: List[str]) -> bool:
    """Note what is imported up to the first statement that does something else; whether there is none."""
    return all(_is_import(one, package, found) for one in statements)


def _is_import(one: ast.stmt, package: str, found: List[str]) -> bool:
    if isinstance(one, ast.Import):
        found += [alias.name for alias in one.names]
        return True
    if isinstance(one, ast.ImportFrom):
        base = importlib.util.resolve_name("." * one.level + (one.module or ""), package)
        found += [base, *(f"{base}.{alias.name}" for alias in one.names)]
        return True
    if isinstance(one, ast.If) and "TYPE_CHECKING" in (
        getattr(one.test, "id", ""),
        getattr(one.test, "attr", ""),
    ):
        return _follow(one.orelse, package, found)
    if isinstance(one, ast.Try):
        return _is_try(one, package, found)
    return isinstance(one, ast.Pass) or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))


def _is_try(one: ast.Try, package: str, found: List[str]) -> bool:
    """One module or another: whether the first of them is there tells what came next."""
    tried = [alias.name for way in one.body if isinstance(way, ast.Import) for alias in way.names]
    if len(one.handlers) != 1 or one.finalbody or not all(isinstance(way, ast.Import) for way in one.body):
        return False
    found += tried
    there = all(name in sys.modules for name in tried)
    return _follow(one.orelse if there else one.handlers[0].body, package, found)
