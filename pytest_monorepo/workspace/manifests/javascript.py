"""What ``package.json`` and Nx's ``project.json`` say of Python projects: npm's task runners have graphs.

Turborepo follows the dependencies among npm's packages, so a Python project has a ``package.json`` there that
names others. https://turborepo.com/docs/guides/multi-language, https://nx.dev/reference/project-configuration
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from pytest_monorepo.workspace.files.tree import Table, Tree, child, strings, table_at
from pytest_monorepo.workspace.model import MARKERS, Dependency, Scope

from .requirements import local_path

_NPM, _NX = "package.json", "project.json"
_TABLES = {
    "dependencies": Scope.RUNTIME,
    "optionalDependencies": Scope.RUNTIME,
    "peerDependencies": Scope.RUNTIME,
    "devDependencies": Scope.TEST,
}
# docs.npmjs.com: package.json, "Local Paths"; pnpm's and Yarn's link: and portal:
_LOCAL = ("file:", "link:", "portal:", "../")


def dependencies(tree: Tree, folder: str) -> Iterator[Dependency]:
    """The folders that the project in ``folder`` names there, also by the names that they have there."""
    npm, nx = _read(tree, folder, _NPM), _read(tree, folder, _NX)
    for table, scope in _TABLES.items():
        for name, value in table_at(npm, table).items():
            if isinstance(value, str):
                is_path = value.startswith(_LOCAL)
                place = local_path(value.partition(":")[2] or value, folder, tree) if is_path else None
                place = place or _places(tree, _NPM).get(name)
                if place is not None:
                    yield Dependency("", place, scope, f"{_NPM} {table}")
    # Nx 24 takes patterns, and "!name" for what is not to count
    for pattern in strings(nx.get("implicitDependencies")):
        for name, place in {**_places(tree, _NPM), **_places(tree, _NX)}.items():
            if place != folder and fnmatchcase(name, pattern):
                yield Dependency("", place, Scope.RUNTIME, f"{_NX} implicitDependencies")


def _places(tree: Tree, file: str) -> Mapping[str, str]:
    """The folders of Python projects by the names that such files give them."""
    if file not in tree.facts:
        found: dict[str, str] = {}
        for folder, names in tree.folders.items():
            if file in names and not MARKERS.isdisjoint(names):
                name = _read(tree, folder, file).get("name")
                # without one it is the folder's in Nx
                found[name if isinstance(name, str) else folder.rpartition("/")[2]] = folder
        tree.facts[file] = found
    return tree.facts[file]


def _read(tree: Tree, folder: str, file: str) -> Table:
    path = child(folder, file)
    text = tree.read(path) if tree.has(path) else None
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
