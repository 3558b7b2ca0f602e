"""Code that a build installs under another name than that of its folder: no path says what imports it.

Of setuptools, Hatch, Poetry, scikit-build-core and Meson, each in its own words; and the names by which any
backend may be told what a distribution provides (PEP 794).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from pytest_monorepo.workspace.files.globs import has_magic
from pytest_monorepo.workspace.files.tree import Table, Tree, join, strings, table_at
from pytest_monorepo.workspace.manifests import native
from pytest_monorepo.workspace.manifests.pyproject import Manifest
from pytest_monorepo.workspace.model import ROOT


def renamed(tree: Tree, folder: str, manifest: Manifest) -> tuple[tuple[str, str], ...]:
    """``(dotted name, workspace path)`` of folders and files of code that are installed under that name."""
    tool = table_at(manifest.pyproject, "tool")
    pairs = [
        *table_at(tool, "setuptools", "package-dir").items(),
        *(pair for legacy in manifest.legacy for pair in legacy.package_dir.items()),
        *_hatch(table_at(tool, "hatch", "build")),
        *_poetry(tool),
        *_of_table(table_at(tool, "scikit-build", "wheel").get("packages")),
    ]
    found = [(_dotted(name), join(folder, where or ROOT)) for name, where in pairs if isinstance(where, str)]
    found += ((_module(_dotted(name)), where) for name, where in native.installed(tree, folder))
    return tuple(dict.fromkeys(pair for pair in found if _differs(*pair)))


def _module(name: str) -> str:
    """A package stands for its ``__init__.py``."""
    return name.removesuffix(".__init__")


def import_names(manifest: Manifest) -> Iterator[str]:
    """What ``[project]`` says can be imported."""
    # packaging.python.org/specifications/core-metadata, Import-Name: "pkg.core ; private"
    for name in strings(table_at(manifest.pyproject, "project").get("import-names")):
        if bare := name.partition(";")[0].strip():
            yield bare


def _hatch(build: Table) -> Iterator[tuple[str, object]]:
    for table in (table_at(build, "targets", "wheel"), build):
        # "old" = "new": what a path begins with is replaced, of "" it is put before (hatchling 1.33,
        # builders/config.py: get_distribution_path; utils.py: a slash at its start says nothing)
        sources = table.get("sources")
        yield from ((new, old.strip("/")) for old, new in _of_table(sources) if isinstance(new, str))
        yield from ((new, old) for old, new in _of_table(table.get("force-include")) if isinstance(new, str))


def _poetry(tool: Table) -> Iterator[tuple[str, object]]:
    # python-poetry.org/docs/pyproject/#packages: "to" stands before what is included in the wheel
    packages = table_at(tool, "poetry").get("packages")
    for package in packages if isinstance(packages, list) else ():
        told = package if isinstance(package, Mapping) else {}
        to, where = told.get("to"), told.get("from", ROOT)
        for include in strings(told.get("include")) if isinstance(to, str) and isinstance(where, str) else ():
            inner = "" if has_magic(include) else include
            yield posixpath.join(str(to), inner), posixpath.join(where, inner)


def _of_table(value: object) -> Iterator[tuple[str, object]]:
    yield from value.items() if isinstance(value, Mapping) else ()


def _dotted(name: str) -> str:
    return posixpath.normpath(name).strip("/").removesuffix(".py").replace("/", ".")


def _differs(name: str, where: str) -> bool:
    """Whether the path does not end like the name, so that no folder above it would do as a root."""
    ends = f"/{where.removesuffix('.py')}".endswith(f"/{name.replace('.', '/')}")
    usable = all(part.isidentifier() for part in name.split("."))
    return usable and not ends and not where.startswith("..")
