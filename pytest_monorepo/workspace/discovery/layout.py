"""Where a project's code lies: the folders to put on ``sys.path`` and the import names found there."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from pytest_monorepo.workspace.files.code_files import CODE
from pytest_monorepo.workspace.files.tree import Table, Tree, child, inside, join, strings, table_at
from pytest_monorepo.workspace.manifests.legacy import Legacy
from pytest_monorepo.workspace.manifests.pyproject import Manifest
from pytest_monorepo.workspace.manifests.requirements import canonical
from pytest_monorepo.workspace.model import ROOT

from . import backends
from .renamed import import_names, renamed

# Folders and modules that a flat layout holds beside its package: most of what setuptools 84 leaves out
# (discovery.py, FlatLayoutPackageFinder and FlatLayoutModuleFinder), and more. Not python, tasks, util and
# utils, which it leaves out, too: they are imported where there are such.
NOT_PACKAGES = frozenset(
    [
        "benchmark",
        "benchmarks",
        "bin",
        "build",
        "ci",
        "debian",
        "dist",
        "doc",
        "docs",
        "documentation",
        "example",
        "examples",
        "exercise",
        "exercises",
        "htmlcov",
        "images",
        "manpages",
        "news",
        "newsfragments",
        "notebooks",
        "requirements",
        "samples",
        "script",
        "scripts",
        "site_scons",
        "src",
        "templates",
        "test",
        "tests",
        "tool",
        "tools",
        "typings",
        "venv",
        "env",
    ]
)
NOT_MODULES = frozenset(
    ["conftest", "dodo", "fabfile", "manage", "noxfile", "setup", "tasks", "toxfile", "versioneer"]
)
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
# a package may be all stubs (PEP 561), or compiled by Cython
_INITS = frozenset(("__init__.py", "__init__.pyi", "__init__.pyx"))
# pkgutil's and pkg_resources' way, which a folder without __init__ (PEP 420) has replaced
_NAMESPACE_INIT = re.compile(r"extend_path|declare_namespace")


@dataclass(frozen=True)
class Layout:
    """``roots`` are workspace paths, best first; ``packages`` dotted names found in them, sorted.

    Those that the build installs from a path of another name are in ``renamed``, too, with that path.
    """

    roots: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()


def find(
    tree: Tree, folder: str, files: Sequence[str], manifest: Manifest, shared: AbstractSet[str] = frozenset()
) -> Layout:
    """The layout of the project in ``folder``; ``files`` are its own, nested projects' left out.

    ``shared`` are top-level names that other projects provide too: only their ``__init__`` files are read,
    to see whether they are namespace packages of the old kind.
    """
    code = [path for path in files if path.endswith((".py", ".pyi", ".so", ".pyd", ".pyx"))]
    named = _declared(tree, folder, manifest, code)
    declared = [root for root in named if any(inside(path, root) for path in code)]
    src = child(folder, "src")
    roots = list(dict.fromkeys(declared))
    if (
        not roots
        and any(path.startswith(src + "/") for path in code)
        and child(src, "__init__.py") not in files
    ):
        roots = [src]
    flat = not roots
    # a src that is itself a package is imported as one: ``from src.app import …``
    packages: set[str] = {"src"} if child(src, "__init__.py") in files else set()
    for root in roots or [folder]:
        found = _Root.of(root, code, tree, shared).packages()
        packages.update(_of_flat(found, manifest, folder) if root == folder else _names(found))
    packages.update(backends.modules(tree, folder, manifest))
    if flat and packages:
        roots = [folder]
    moved = tuple(
        one
        for pair in renamed(tree, folder, manifest)
        if (taken := _taken(pair[1], folder, code, tree))
        for one in _apart(pair, taken, folder, tree, shared)
    )
    packages.update(name for name, _ in moved)
    packages.update(import_names(manifest))
    return Layout(tuple(roots), tuple(sorted(packages)), moved)


def _taken(place: str, folder: str, code: Sequence[str], tree: Tree) -> list[str]:
    """The code at a place that a build names, which may be another project's (Hatch's ``force-include``)."""
    if tree.has(place) and place.endswith(CODE):
        return [place]
    found = code if inside(place, folder) else (path for path in tree.below(place) if path.endswith(CODE))
    return [path for path in found if inside(path, place)]


def _apart(
    pair: tuple[str, str], code: Sequence[str], folder: str, tree: Tree, shared: AbstractSet[str]
) -> Iterator[tuple[str, str]]:
    """A name and its path, or what is in it where several projects put theirs below that name."""
    name, place = pair
    if name.partition(".")[0] not in shared or place in code or child(place, "__init__.py") in code:
        yield pair
        return
    for package in _Root.of(place, code, tree, shared).packages():
        # only a project's own folder holds more than its code
        if place != folder or package.name.partition(".")[0] not in NOT_PACKAGES:
            inner = package.name.replace(".", "/") + (".py" if package.module else "")
            yield f"{name}.{package.name}", child(place, inner)


def _declared(tree: Tree, folder: str, manifest: Manifest, code: Sequence[str]) -> list[str]:
    """The source roots that the build configuration spells out."""
    tool = table_at(manifest.pyproject, "tool")
    found = [
        *_poetry(tool),
        *_setuptools(table_at(tool, "setuptools")),
        *_hatch(table_at(tool, "hatch", "build")),
        # https://backend.pdm-project.org/build_config/
        *strings(table_at(tool, "pdm", "build").get("package-dir")),
        # as pdm-pep517 had it, before pdm-backend
        *strings(table_at(tool, "pdm").get("package-dir")),
        *_uv(table_at(tool, "uv", "build-backend")),
        *backends.roots(tree, folder, tool, code),
    ]
    for legacy in manifest.legacy:
        found += _legacy(legacy)
    return [place for path in found if not (place := join(folder, path or ROOT)).startswith("..")]


def _poetry(tool: Table) -> Iterable[str]:
    # https://python-poetry.org/docs/pyproject/#packages: "from" is the folder that goes on the path
    packages = table_at(tool, "poetry").get("packages")
    for package in packages if isinstance(packages, list) else ():
        if isinstance(package, Mapping) and isinstance(package.get("include"), str):
            where = package.get("from")
            yield where if isinstance(where, str) else ROOT


def _setuptools(table: Table) -> Iterable[str]:
    yield from _package_dirs(table_at(table, "package-dir"))
    # https://setuptools.pypa.io/en/latest/userguide/package_discovery.html
    yield from strings(table_at(table, "packages", "find").get("where"))


def _package_dirs(mapping: Mapping[str, object]) -> Iterable[str]:
    for package, where in mapping.items():
        if not isinstance(where, str):
            continue
        if not package:
            yield where
        elif f".{where.replace('/', '.')}".endswith(f".{package}"):  # {"foo": "lib/foo"} makes lib the root
            yield where[: -len(package)].rstrip("/") or ROOT


def _hatch(build: Table) -> Iterable[str]:
    # hatchling 1.33 reads each option of the target, and of the build where that has none
    # (builders/config.py): which it is need not be known for a folder that may be a root
    for table in (table_at(build, "targets", "wheel"), build):
        # what a .pth of an editable installation names
        yield from strings(table.get("dev-mode-dirs"))
        # https://hatch.pypa.io/latest/config/build/#rewriting-paths: what is taken off the path in the wheel
        sources = table.get("sources")
        yield from strings(sources) if isinstance(sources, list) else ()
        for old, new in sources.items() if isinstance(sources, Mapping) else ():
            if isinstance(new, str) and (old == new or old.endswith("/" + new) or not new):
                yield old[: len(old) - len(new)].strip("/") or ROOT
    yield from _hatch_packages(build)


def _hatch_packages(build: Table) -> Iterable[str]:
    # hatchling 1.33 takes what stands before a package's last name off its path, too, where the sources
    # name neither the package nor a folder above that (config.py, sources and get_distribution_path)
    wheel = table_at(build, "targets", "wheel")
    given = (wheel if "sources" in wheel else build).get("sources")
    named = given if isinstance(given, Mapping) else strings(given)
    sources = [posixpath.normpath(source) for source in named if source]
    for package in (*strings(wheel.get("packages")), *strings(build.get("packages"))):
        path = posixpath.normpath(package)
        above = posixpath.dirname(path) or ROOT
        if path not in sources and not any(above != s and inside(above, s) for s in sources):
            yield above


def _uv(table: Table) -> Iterable[str]:
    # "src" where it is not named, as in every other layout; "" is the project's own folder
    # https://docs.astral.sh/uv/concepts/build-backend/#modules
    root = table.get("module-root")
    if isinstance(root, str):
        yield root or ROOT


def _legacy(legacy: Legacy) -> Iterable[str]:
    yield from _package_dirs(legacy.package_dir)
    yield from legacy.where


@dataclass(frozen=True)
class _Package:
    name: str
    regular: bool
    module: bool = False


@dataclass(frozen=True)
class _Root:
    """One source root: which files and which folders each folder below it holds, ``""`` being the root."""

    prefix: str
    files: Mapping[str, AbstractSet[str]]
    folders: Mapping[str, AbstractSet[str]]
    tree: Tree
    shared: AbstractSet[str]

    @classmethod
    def of(cls, root: str, code: Iterable[str], tree: Tree, shared: AbstractSet[str]) -> _Root:
        prefix = "" if root == ROOT else root + "/"
        files: dict[str, set[str]] = {}
        for path in code:
            if path.startswith(prefix):
                folder, _, name = path[len(prefix) :].rpartition("/")
                files.setdefault(folder, set()).add(name)
        folders: dict[str, set[str]] = {}
        for folder in files:
            while folder:
                outer, _, name = folder.rpartition("/")
                folders.setdefault(outer, set()).add(name)
                folder = outer
        return cls(prefix, files, folders, tree, shared)

    def packages(self, folder: str = "") -> Iterator[_Package]:
        """What can be imported from here; a namespace package is followed to what it holds."""
        dotted = folder.replace("/", ".") + "." if folder else ""
        for file in self.files.get(folder, ()):
            module = file.partition(".")[0]
            if module != "__init__" and _IDENTIFIER.fullmatch(module):
                yield _Package(dotted + module, regular=True, module=True)
        for name in self.folders.get(folder, ()):
            if _IDENTIFIER.fullmatch(name):
                yield from self._package(f"{folder}/{name}" if folder else name, dotted + name)

    def _package(self, path: str, dotted: str) -> Iterator[_Package]:
        regular = not _INITS.isdisjoint(self.files.get(path, ()))
        if regular and not self._is_old_namespace(path):
            yield _Package(dotted, regular=True)
        else:
            for package in self.packages(path):
                yield _Package(package.name, regular=regular)

    def _is_old_namespace(self, path: str) -> bool:
        if path.partition("/")[0] not in self.shared:
            return False
        text = self.tree.read(f"{self.prefix}{path}/__init__.py")
        return text is not None and _NAMESPACE_INIT.search(text) is not None


def _names(found: Iterable[_Package]) -> list[str]:
    """Under a source root of its own everything is the project's, tests and set-up scripts apart."""
    return [p.name for p in found if p.name.partition(".")[0] not in ("tests", "test", "conftest", "setup")]


def _of_flat(found: Iterable[_Package], manifest: Manifest, folder: str) -> list[str]:
    """What is code in a flat layout.

    A folder without ``__init__`` only if it bears the project's name, or if a package in it does
    (``libs/low/ns/low``, a namespace that projects share), and whatever the build configuration names.
    """
    own = canonical(manifest.distribution or "").split("-")[0]
    names = {canonical(manifest.distribution or ""), canonical(folder.rpartition("/")[2])}
    spelled_out = backends.spelled_out(manifest)
    kept = []
    for package in found:
        top = package.name.partition(".")[0]
        if any(fnmatch.fnmatchcase(top, name) for name in spelled_out):
            kept.append(package.name)
            continue
        if top in NOT_PACKAGES or (package.module and (top in NOT_MODULES or _is_test_module(top))):
            continue
        inner = canonical(package.name.rpartition(".")[2]) if "." in package.name else ""
        if package.regular or canonical(top).split("-")[0] == own or (inner and inner in names):
            kept.append(package.name)
    return kept


def _is_test_module(name: str) -> bool:
    return name.startswith("test_") or name.endswith("_test")
