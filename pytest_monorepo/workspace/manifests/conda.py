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
        item = re.sub(r"\s#.*$", "", line).strip()
        if item.startswith("- ") and not item.endswith(":"):
            item = item[2:].strip().strip("\"'")
            # channel::package is conda's way to say where a package comes from (conda's models/match_spec.py)
            yield item.rpartition("::")[2]


def pixi_tables(tree: Tree, folder: str, pyproject: Table | None) -> Iterator[tuple[str, object, bool]]:
    """``(name, options, for tests alone)`` of everything that a pixi manifest installs."""
    yield from _dependencies(table_at(pyproject, "tool", "pixi"), tests=False)
    for name in _PIXI:
        try:
            table = tree.toml(child(folder, name))
        except UnreadableError:
            continue
        yield from _dependencies(table or {}, tests=False)


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
