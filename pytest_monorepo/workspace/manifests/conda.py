"""conda's environment files and pixi's manifests: what they install of the workspace.

No YAML is parsed: each item of a list in an ``environment.yml`` is a requirement, or an option of pip's below
``pip:``. pixi's tables are TOML, wherever features and targets put them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pytest_monorepo.workspace.files.tree import Table, Tree, UnreadableError, child, table_at
from pytest_monorepo.workspace.model import parents

from .commands import installed_by

_ENVIRONMENT = re.compile(r"(?:.*[-_.])?(?:environment|conda|env)(?:[-_.].*)?\.ya?ml", re.I)
_RECIPES = ("meta.yaml", "recipe.yaml")
_RECIPE_FOLDERS = (".", "conda.recipe", "recipe", "conda-recipe", "conda", ".conda", "recipe/local")
_COMMENT = re.compile(r"(?m)(?:^|(?<=\s))#.*$")
# conda-build's templates: of {{ pin_subpackage("core") }} the name counts
_JINJA = re.compile(r"\{%.{0,500}?%\}|\{\{[^{}\"'\n]*(?:[\"'](?P<name>[\w.-]+)[\"'][^{}\n]*)?\}\}")
# a list or table in brackets, where a value can begin
_FLOW = re.compile(r"(?m)^[ \t]*(?:- +)*(?:[\w\"'-]+[ \t]*:[ \t]*)?[\[{]")
_TOKEN = re.compile(r"\"[^\"]*\"|'[^']*'|[\[\]{},\n]|[^\[\]{},\n\"'][^\[\]{},\n]*|.")
_FOLDERS = (".", "conda", ".conda", "ci", ".ci", "env", "envs", "environments", "requirements")
# in a pyproject.toml pixi's tables are the same below [tool.pixi] (pixi.sh: reference/pixi_manifest)
_PIXI = ("pixi.toml", "mojoproject.toml")
_PATHS = frozenset(
    (
        *("scripts", "inputs", "find-links", "source", "build-variants-files", "conda-pypi-map"),
        "extra-input-globs",
    )
)


def environment_files(tree: Tree, folder: str) -> Iterator[str]:
    """The environment files of the project in ``folder``: at its top, or in a folder called like them."""
    for name in _FOLDERS:
        place = folder if name == "." else child(folder, name)
        for file in tree.folders.get(place, ()):
            if _ENVIRONMENT.fullmatch(file):
                yield child(place, file)


def recipes(tree: Tree, folder: str) -> Iterator[str]:
    """The recipes of the project in ``folder``: conda-build's and rattler-build's."""
    for name in _RECIPE_FOLDERS:
        place = folder if name == "." else child(folder, name)
        yield from (child(place, file) for file in _RECIPES if tree.has(child(place, file)))


def recipe_lines(text: str) -> Iterator[tuple[bool, str]]:
    """What a recipe needs, as lines of a requirements file, and whether that is for its tests alone."""
    text = _JINJA.sub(lambda found: found["name"] or "", _COMMENT.sub("", text))
    for section in re.split(r"(?m)^(?=[\w\"'])", text):
        tests = section.partition(":")[0].strip(" \"'") in ("test", "tests")
        conditional = re.findall(r"(?m)^[ \t]*(?:- +)?(?:then|else):[ \t]+([\w./\"'-].*)$", section)
        for item in (*_items(section), *(one.strip(" \"'") for one in conditional)):
            yield from ((tests, line) for line in (item, *installed_by(item)))


def environment_lines(text: str) -> Iterator[str]:
    """The items of an environment file as lines of a requirements file."""
    # channel::package is conda's way to say where a package comes from (conda's models/match_spec.py)
    yield from (item.rpartition("::")[2] for item in _items(_COMMENT.sub("", text)))


def _items(text: str) -> Iterator[str]:
    """The items of all lists in a YAML text: on lines of their own, or in brackets over any number."""
    at = 0
    while found := _FLOW.search(text, at):
        yield from _on_lines(text[at : found.start()])
        at = found.end()
        depth = 1
        for token in _TOKEN.finditer(text, found.end()):
            at, word = token.end(), token[0].strip()
            depth += (word in ("[", "{")) - (word in ("]", "}"))
            if not depth:
                break
            # what goes on with a colon is a key
            if token[0][0] not in "[]{},\n" and word and not re.match(r"\s*:", text[at : at + 80]):
                yield from () if re.match(r"[\w-]+:(\s|$)", word) else (word.strip("\"'"),)
    yield from _on_lines(text[at:])


def _on_lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        item = line.strip()
        if item.startswith("- ") and not item.endswith(":"):
            yield item[2:].strip().strip("\"'")


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


def pixi_shared(tree: Tree, folder: str, name: str) -> tuple[str, object] | None:
    """What ``name.workspace = true`` stands for: the folder of the workspace's manifest, and what it says."""
    for above in parents(folder):
        for table in manifests(tree, above, tree.table(child(above, "pyproject.toml"))):
            shared = table_at(table, "workspace", "dependencies")
            if name in shared:
                return above, shared[name]
    return None


def pixi_paths(table: Table) -> Iterator[str]:
    """Paths of other files and folders that a manifest names: scripts of activation, inputs of tasks, …"""
    for key, value in table.items():
        if key in _PATHS:
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
            yield from _dependencies(value, tests=tests or key in ("feature", "environments"))
