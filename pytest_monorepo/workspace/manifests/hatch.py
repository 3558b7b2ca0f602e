"""Hatch's configuration: its environments, what each installs of the workspace, and who their members are.

Source of the rules: Hatch 1.18 (``hatch.toml`` replaces whole tables of ``[tool.hatch]``, ``overrides`` add
to or set options, ``sources`` at the top are those of the default environment).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pytest_monorepo.workspace.files.tree import Table, Tree, UnreadableError, child, strings, table_at

# https://hatch.pypa.io/latest/config/context/: {root}, with modifiers; {env:NAME:DEFAULT}; {/}
_FIELD = re.compile(r"\{(root)?(?P<parents>(?::parent)*)(?::uri|:real)?\}/?")
_DEFAULT = re.compile(r"\{env:[^:}]{1,200}(?::(?P<default>[^}]{0,1000}))?\}")
_DEPENDENCIES = ("dependencies", "extra-dependencies")


@dataclass(frozen=True)
class Environment:
    """One environment of ``[tool.hatch.envs]``.

    ``dependencies`` are requirements, ``members`` and ``exclude`` globs relative to the project. What
    ``overrides`` may add under some condition is there in any case.
    """

    name: str
    dependencies: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    runs_tests: bool = False


def configuration(tree: Tree, folder: str, pyproject: Table | None) -> Table:
    """``[tool.hatch]`` as Hatch sees it: each table of a ``hatch.toml`` beside it stands for that one."""
    try:
        own = tree.toml(child(folder, "hatch.toml"))
    except UnreadableError:
        own = None
    # a shallow update, as hatchling 1.33 does it (metadata/core.py): [envs] there hides [tool.hatch.envs]
    return {**table_at(pyproject, "tool", "hatch"), **(own or {})}


def environments(configured: Table) -> Iterator[Environment]:
    """The environments that a configuration names."""
    for name, table in table_at(configured, "envs").items():
        if isinstance(table, dict):
            # what template inherits is read of the other environment, where it stands: all of them are read
            yield _environment(name, (table, *_overrides(table)))


def build_dependencies(configured: Table) -> Iterator[str]:
    """What has to be there before the project can be built, beside what ``[build-system]`` names."""
    # hatchling 1.33: builders/config.py, dependencies, and build.py, get_requires_for_build_wheel
    build = table_at(configured, "build")
    for table in (build, table_at(build, "targets", "wheel")):
        yield from strings(table.get("dependencies"))
        for hook in table_at(table, "hooks").values():
            yield from strings(hook.get("dependencies")) if isinstance(hook, Mapping) else ()


def sources(configured: Table) -> Iterator[tuple[str, object]]:
    """``(name, source)`` of all environments and of those they inherit; a lone string is a path."""
    # hatch 1.18 takes the top-level table for that of "default", of which others inherit (project/config.py)
    tables = [table_at(configured, "sources")]
    for environment in table_at(configured, "envs").values():
        tables.append(table_at(environment, "sources"))
    for table in tables:
        for name, source in table.items():
            told = {"path": source} if isinstance(source, str) else table_at(table, name)
            yield name, {"tool": "hatch", **told}


def expanded(path: str) -> str:
    """A path with ``{root}`` and its modifiers written as a relative one."""
    path = _DEFAULT.sub(lambda found: found["default"] or "", path).replace("{/}", "/")
    found = _FIELD.match(path)
    if found is None or not path.startswith("{root"):
        return path
    return "../" * found["parents"].count(":parent") + path[found.end() :] or "."


def _environment(name: str, tables: tuple[Table, ...]) -> Environment:
    dependencies = [line for table in tables for key in _DEPENDENCIES for line in _values(table, key)]
    workspaces = [table_at(table, key) for table in tables for key in ("workspace", "set-workspace")]
    return Environment(
        name,
        tuple(dependencies),
        tuple(expanded(path) for workspace in workspaces for path in _values(workspace, "members")),
        tuple(path for workspace in workspaces for path in _values(workspace, "exclude")),
        _runs_tests(name, tables[0], dependencies),
    )


def _overrides(table: Table) -> Iterator[Table]:
    for conditions in table_at(table, "overrides").values():
        for options in conditions.values() if isinstance(conditions, dict) else ():
            if isinstance(options, dict):
                yield options


def _values(table: Table, key: str) -> Iterator[str]:
    """The strings of an option, conditional ones (``{value = "x", if = […]}``) and members' paths, too."""
    # set- before an option's name replaces what the environment says, without it an override adds to that
    # (hatch 1.18, project/env.py, apply_overrides); which condition holds is known on the machine alone
    for option in (key, f"set-{key}"):
        listed = table.get(option)
        for item in listed if isinstance(listed, list) else ():
            if isinstance(item, Mapping):
                item = item.get("path", item.get("value"))
            yield from strings(item)


def _runs_tests(name: str, table: Table, dependencies: list[str]) -> bool:
    """Whether tests are run there: in the default one, in one called so, in one that has or calls pytest."""
    # "hatch test" runs in hatch-test, "hatch run" in default (1.18: env/internal, cli/test)
    if name == "default" or re.search(r"(?:^|[^a-z])(?:tests?|testing|cov)(?:[^a-z]|$)", name):
        return True
    scripts = [line for value in table_at(table, "scripts").values() for line in strings(value)]
    return any("pytest" in line for line in (*dependencies, *scripts))
