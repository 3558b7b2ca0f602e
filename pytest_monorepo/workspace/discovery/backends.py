"""Where the build backends of native projects look for Python code, and the modules that they compile.

maturin (``python-source``, ``module-name``), scikit-build-core (``wheel.packages``) and meson-python, which
installs what its build files say: there every outermost package counts. And what any of them is told to pack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pytest_monorepo.workspace.files.tree import Table, Tree, child, inside, strings, table_at
from pytest_monorepo.workspace.manifests import native
from pytest_monorepo.workspace.manifests.pyproject import Manifest
from pytest_monorepo.workspace.model import ROOT

_TESTS = frozenset(("tests", "test", "docs", "examples", "benchmarks"))


def roots(tree: Tree, folder: str, tool: Table, code: Sequence[str]) -> Iterator[str]:
    """Source roots, relative to the project in ``folder``."""
    # https://www.maturin.rs/project_layout.html: Rust in src, and Python beside it in a folder of any name
    yield from strings(table_at(tool, "maturin").get("python-source"))
    if "scikit-build" in tool:
        # https://scikit-build-core.readthedocs.io/en/latest/configuration/
        packages = table_at(tool, "scikit-build", "wheel").get("packages")
        yield from _parents(packages)
        # where scikit-build-core 1.1 looks for one of the project's name, after src and before the folder
        # itself (build/_editable.py, get_packages)
        if not packages and any(inside(path, child(folder, "python")) for path in code):
            yield "python"
    if tree.has(child(folder, "meson.build")):
        yield from _outermost(folder, code)


def modules(tree: Tree, folder: str, manifest: Manifest) -> Iterator[str]:
    """The import names of what is compiled: there need be no Python file of such a name."""
    if table_at(manifest.pyproject, "build-system").get("build-backend") != "maturin":
        return
    # without it the name is that of the library in Cargo.toml, and of pure Rust maturin writes the
    # __init__.py itself (maturin.rs/project_layout)
    named = table_at(manifest.pyproject, "tool", "maturin").get("module-name")
    if isinstance(named, str) and named:
        yield named
    elif name := native.crate(tree, folder) or (manifest.distribution or "").replace("-", "_"):
        yield name


def spelled_out(manifest: Manifest) -> frozenset[str]:
    """Top-level names of packages and modules, and globs of names, that the build configuration spells out.

    The distribution's is one: what is called like it is its code to flit, hatchling, Poetry and uv.
    """
    tool = table_at(manifest.pyproject, "tool")
    setuptools, hatch = table_at(tool, "setuptools"), table_at(tool, "hatch", "build")
    poetry = table_at(tool, "poetry").get("packages")
    wheel = table_at(hatch, "targets", "wheel")
    paths: list[object] = [table.get(key) for table in (wheel, hatch) for key in ("only-include", "include")]
    paths += (
        [item.get("include") for item in poetry if isinstance(item, Mapping)]
        if isinstance(poetry, list)
        else []
    )
    paths += [table_at(tool, "pdm", "build").get("includes")]
    # what stands before such a package's last name is taken off its path: that is a root of its own
    packages = [
        wheel.get("packages"),
        hatch.get("packages"),
        table_at(tool, "scikit-build", "wheel").get("packages"),
    ]
    paths += [path for value in packages for path in strings(value) if "/" not in path.strip("./")]
    dotted: list[object] = [setuptools.get("packages"), setuptools.get("py-modules")]
    dotted += [table_at(setuptools, "packages", "find").get("include")]
    dotted += [
        table_at(tool, "uv", "build-backend").get("module-name"),
        table_at(tool, "flit", "module").get("name"),
    ]
    dotted += [legacy.packages for legacy in manifest.legacy]
    found = {_first(path) for value in paths for path in strings(value)}
    found |= {name.partition(".")[0] for value in dotted for name in strings(value)}
    found.add((manifest.distribution or "").replace("-", "_"))
    # "*" is what everybody means who names nothing
    return frozenset(name for name in found if name.strip("*")) - _NO_NAMES


# a src is named for what lies in it
_NO_NAMES = frozenset(("tests", "test", "conftest", "setup", "src"))


def _first(path: str) -> str:
    return path.removeprefix("./").strip("/").partition("/")[0].removesuffix(".py")


def _parents(packages: object) -> Iterable[str]:
    """Of ``["python/foo"]``, or of ``{ "foo" = "python/foo" }`` with the name it gets."""
    for path in packages.values() if isinstance(packages, Mapping) else strings(packages):
        if isinstance(path, str):
            yield path.strip("/").rpartition("/")[0] or ROOT


def _outermost(folder: str, code: Sequence[str]) -> Iterator[str]:
    inits = {path.rpartition("/")[0] for path in code if path.endswith("/__init__.py")}
    for package in sorted(inits):
        above = package.rpartition("/")[0] or ROOT
        relative = package if folder == ROOT else package[len(folder) + 1 :]
        if above not in inits and relative and _TESTS.isdisjoint(relative.split("/")):
            yield relative.rpartition("/")[0] or ROOT
