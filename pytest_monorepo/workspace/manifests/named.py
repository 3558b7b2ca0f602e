"""Files and folders outside a project that its ``pyproject.toml`` or ``setup.cfg`` names.

Build backends and runners take sources, versions and settings from ``../…``, each by keys of its own, and new
releases bring new ones. So no key is known here: every string is looked at that leads out of the folder to
something that exists. Left out are the tables that no test can see, and those whose paths are read elsewhere.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from pytest_monorepo.workspace.files.tree import Table, Tree, child, strings, table_at
from pytest_monorepo.workspace.model import ROOT

from .hatch import expanded
from .leads import from_here, leading_out

# build backends and runners; what other tools name is theirs
_TOOLS = (
    "hatch",
    "pdm",
    "poetry",
    "setuptools",
    "setuptools_scm",
    "flit",
    "maturin",
    "scikit-build",
    "meson-python",
    "setuptools-rust",
    "cmake",
    "polylith",
    "unidep",
    "una",
    "poe",
    "uv",
    "dynamic-versioning",
    "versioningit",
    "pytest_env",
    "pytest-env",
)
# named again, or read, where their own rules are known
_READ_ELSEWHERE = frozenset(("dependencies", "dev-dependencies", "group", "workspace", "sources", "envs"))


def outside(tree: Tree, folder: str, pyproject: Table | None, hatch: Table) -> tuple[str, ...]:
    """Workspace paths of files and folders, none of them around the project."""
    tool = table_at(pyproject, "tool")
    tables = [_without_read(tool, name) for name in _TOOLS]
    tables.append({key: value for key, value in hatch.items() if key not in _READ_ELSEWHERE})
    # beside a pyproject.toml it stands for [tool.uv], but for what makes a workspace
    tables.append(tree.table(child(folder, "uv.toml")))
    tables.append({"project": table_at(pyproject, "project").get("readme")})
    found = dict.fromkeys(_bricks(tree, folder, tool))
    for table in tables:
        for text in _texts(table):
            # PDM's word for the project's folder, in addresses
            text = from_here(expanded(text.replace("file:///${PROJECT_ROOT}/", "")))
            found.update(dict.fromkeys(leading_out(tree, folder, text)))
    return tuple(found)


def _without_read(tool: Table, name: str) -> Mapping[str, object]:
    table = table_at(tool, name)
    kept = {key: value for key, value in table.items() if key not in _READ_ELSEWHERE}
    if name == "poetry":
        # poetry's packages are read by _bricks: "include" is below "from", and alone would lead elsewhere
        kept.pop("packages", None)
    # with hatch.toml laid over it
    return {} if name == "hatch" else kept


def _bricks(tree: Tree, folder: str, tool: Table) -> Iterator[str]:
    """Poetry's ``packages = [{ include = "acme/log", from = "../../components" }]``: that and no other."""
    packages = table_at(tool, "poetry").get("packages")
    for package in packages if isinstance(packages, list) else ():
        if not isinstance(package, Mapping):
            continue
        for include in strings(package.get("include")):
            where = next(iter(strings(package.get("from"))), ROOT)
            yield from leading_out(tree, folder, posixpath.join(where, include))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
