"""conda's environment files and pixi's manifests: what they install of the workspace.

No YAML is parsed: the items of an ``environment.yml`` stand on lines of their own, each a requirement, or an
option of pip's below ``pip:``. pixi's tables are TOML, wherever features and targets put them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pytest_monorepo.workspace.files.tree import Table, Tree, UnreadableError, child, table_at

_ENVIRONMENT = re.compile(r"(?:.*[-_.])?(?:environment|conda|env)(?:[-_.].*)?\.ya?ml", re.I)
_FOLDERS = (".", "conda", ".conda", "ci", ".ci", "env", "envs", "environments", "requirements")
# in a pyproject.toml pixi's tables are the same below [tool.pixi] (pixi.sh: reference/pixi_manifest)
_PIXI = ("pixi.toml", "mojoproject.toml")


def environment_files(tree: Tree, folder: str) -> Iterator[str]:
    """The environment files of the project in ``folder``: at its top, or in a folder called like them."""
    for name in _FOLDERS:
        place = folder if name == "." else child(folder, name)
        for file in tree.folders.get(place, ()):
            if _ENVIRONMENT.fullmatch(file):
                yield child(place, file)


def environment_lines(text: str) -> Iterator[str]:
    """The items of an environment file as lines of a requirements file."""
    for line in text.splitlines():
        line = re.sub(r"\s#.*$", "", line)
        if flow := re.match(r"\s*(?:-\s*)?(?:dependencies|pip)\s*:\s*\[(.*)", line):
            items = (re.sub(r"^\s*\{?\s*pip\s*:\s*\[", "", item) for item in flow[1].split(","))
            yield from (item.strip(" ]}\"'").rpartition("::")[2] for item in items)
            continue
        item = line.strip()
        if item.startswith("- ") and not item.endswith(":"):
            item = item[2:].strip().strip("\"'")
            # channel::package is conda's way to say where a package comes from (conda's models/match_spec.py)
            yield item.rpartition("::")[2]


def pixi_tables(tree: Tree, folder: str, pyproject: Table | None) -> Iterator[tuple[str, object, bool]]:
    """``(name, options, for tests alone)`` of everything that a pixi manifest installs."""
    for table in manifests(tree, folder, pyproject):
        yield from _dependencies(table, tests=False)


def manifests(tree: Tree, folder: str, pyproject: Table | None) -> Iterator[Table]:
    """What pixi reads in ``folder``, each as one table."""
    yield table_at(pyproject, "tool", "pixi")
    for name in _PIXI:
        try:
            yield tree.toml(child(folder, name)) or {}
        except UnreadableError:
            continue


def pixi_paths(table: Table) -> Iterator[str]:
    """Paths of other files and folders that a manifest names: scripts of activation, inputs of tasks, …"""
    for key, value in table.items():
        if key in ("scripts", "inputs", "find-links", "source"):
            yield from _texts(value)
        elif isinstance(value, dict):
            yield from pixi_paths(value)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def pixi_name(tree: Tree, folder: str) -> str | None:
    """The name of the package that a pixi manifest describes."""
    for file in _PIXI:
        try:
            table = tree.toml(child(folder, file))
        except UnreadableError:
            continue
        name = table_at(table, "package").get("name")
        if isinstance(name, str) and name:
            return name
    return None


def _dependencies(table: Mapping[str, object], *, tests: bool) -> Iterator[tuple[str, object, bool]]:
    for key, value in table.items():
        if not isinstance(value, dict):
            continue
        # https://pixi.sh/latest/reference/pixi_manifest/: host-, build-, run- and pypi-, of each target
        if key.endswith("dependencies") or key in ("dev", "dependency-overrides", "constraints"):
            yield from ((name, options, tests) for name, options in value.items())
        else:
            # a feature serves an environment, and nobody who depends on the project gets it
            yield from _dependencies(value, tests=tests or key == "feature")
