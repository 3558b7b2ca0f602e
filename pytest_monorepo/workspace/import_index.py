"""Dotted names → the project and file that provide them, as seen from one project. No file is read here."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from .graph import Edge, Graph, build
from .import_sources import CODE
from .model import ROOT, Project, Workspace, parents
from .tree import child

_STDLIB = sys.stdlib_module_names
_TEST_FOLDERS = frozenset(("tests", "test"))
_SCRIPTS = frozenset(("setup", "conftest", "noxfile", "__main__"))


def test_side(project: Project, path: str) -> bool:
    """Whether only the tests of ``project`` see the file, by its place: a test file, a conftest, a test folder."""
    inside = path if project.path == ROOT else path[len(project.path) + 1 :]
    *folders, name = inside.split("/")
    return name == "conftest.py" or not _TEST_FOLDERS.isdisjoint(folders) or path in project.test_files


@dataclass(frozen=True)
class Target:
    """What a name means: a module of ``project`` (``None``: of no project), in ``path`` where that is known.

    ``name`` is the part of the import that led there. ``stranger`` is set where nothing but the name links the
    two projects.
    """

    project: str | None
    path: str | None
    name: str
    stranger: bool = False


@dataclass(frozen=True)
class _Found:
    depth: int = 0
    path: str | None = None


class Index:
    """All modules of a workspace.

    ``declared`` are edges beyond the manifests' own (the configuration's). ``namespaces`` are ``__init__`` files
    that share their package with other folders (pkgutil style), so that owning one owns nothing below it.
    """

    def __init__(
        self, workspace: Workspace, declared: Iterable[Edge] = (), namespaces: frozenset[str] = frozenset()
    ):
        self.workspace = workspace
        self.namespaces = namespaces
        self._edges = tuple(declared)
        self._files = frozenset(workspace.files)
        self._owners: dict[str, Project | None] = {ROOT: workspace.by_path.get(ROOT)}
        self._names: dict[tuple[str, str], tuple[Target, ...]] = {}
        self._tops: dict[tuple[str, str], bool] = {}

    @cached_property
    def declared(self) -> Graph:
        """Who depends on whom by declaration alone."""
        return build(self.workspace.projects, (), self._edges)

    @cached_property
    def code(self) -> Mapping[str | None, list[str]]:
        """The files that may import, by owner; under ``None`` those of no project. Text tests are code too."""
        found: dict[str | None, list[str]] = {project.path: [] for project in self.workspace.projects}
        found[None] = []
        for folder, names in self._folders.items():
            owner = self.owner(folder)
            found[owner.path if owner else None] += (child(folder, name) for name in names)
        for project in self.workspace.projects:
            found[project.path] += (path for path in project.test_files if not path.endswith(CODE))
        return found

    @cached_property
    def _folders(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in self.workspace.files:
            if path.endswith(CODE):
                folder, _, name = path.rpartition("/")
                found.setdefault(folder or ROOT, []).append(name)
        return found

    @cached_property
    def _all_folders(self) -> frozenset[str]:
        found = {ROOT}
        for folder in self._folders:
            while folder not in found:
                found.add(folder)
                folder = posixpath.dirname(folder) or ROOT
        return frozenset(found)

    @cached_property
    def _packages(self) -> Mapping[str, list[tuple[str, str]]]:
        """First part of a name → the packages under it and their projects."""
        found: dict[str, list[tuple[str, str]]] = {}
        for project in self.workspace.projects:
            for package in project.packages:
                found.setdefault(package.partition(".")[0], []).append((package, project.path))
        return found

    @cached_property
    def _side(self) -> Mapping[str, Mapping[str, list[str]]]:
        """First part of a name → project → folders that would provide it if they were on ``sys.path``.

        pytest puts the folder of a test there, or the one above its outermost package; a script's is there too.
        """
        found: dict[str, dict[str, list[str]]] = {}
        for folder, names in self._folders.items():
            owner = self.owner(folder)
            if owner is None:
                continue
            if "__init__.py" in names:
                root, tops = posixpath.dirname(folder) or ROOT, [posixpath.basename(folder)]
                if folder == ROOT or child(root, "__init__.py") in self._files:
                    root, tops = folder, []
            else:
                root, tops = folder, [name.partition(".")[0] for name in names]
            inside = folder[len(owner.path) + 1 :] if owner.path != ROOT else folder
            entries = [(top, root) for top in tops if top not in _SCRIPTS]
            if inside and inside != ROOT:
                entries.append((inside.partition("/")[0], owner.path))
            for top, place in entries:
                places = found.setdefault(top, {}).setdefault(owner.path, [])
                if place not in places:
                    places.append(place)
        return found

    @cached_property
    def _root_names(self) -> frozenset[str]:
        return frozenset(path.partition("/")[0].removesuffix(".py") for path in self.workspace.files)

    def of_interest(self, name: str) -> bool:
        """Whether anything in the workspace could be meant by a name; relative ones stay in their package."""
        top = name.partition(".")[0]
        if not top:
            return False
        return top in self._packages or top not in _STDLIB and (top in self._side or top in self._root_names)

    def provided(self, project: Project, top: str) -> bool:
        """Whether a first name is a project's package, the project's own, or Python's."""
        return top in self._packages or top in _STDLIB or project.path in self._side.get(top, {})

    def owner(self, folder: str) -> Project | None:
        """The project that holds a folder."""
        if folder not in self._owners:
            here = self.workspace.by_path.get(folder)
            self._owners[folder] = here or self.owner(posixpath.dirname(folder) or ROOT)
        return self._owners[folder]

    def file_owner(self, path: str) -> Project | None:
        """The project that holds a file."""
        return self.owner(posixpath.dirname(path) or ROOT)

    def relative(self, path: str, name: str) -> Target | None:
        """What the relative ``name`` means in the file ``path``."""
        bare = name.lstrip(".")
        folder = posixpath.dirname(path) or ROOT
        for _ in range(len(name) - len(bare) - 1):
            folder = posixpath.dirname(folder) or ROOT
        found = self._find(folder, bare.split(".")) if bare else _Found()
        module = found.path or child(folder, "__init__.py")
        if module not in self._files or module == path:
            return None
        owner = self.file_owner(module)
        return Target(owner.path if owner else None, module, name)

    def absolute(self, project: Project, name: str, reaches_out: bool) -> tuple[Target, ...]:
        """What ``name`` means in the files of ``project``, itself included; nothing for what is not here.

        ``reaches_out`` says whether the project puts folders of others on ``sys.path``.
        """
        key = project.path, name
        if key not in self._names:
            self._names[key] = self._resolve(project, name, reaches_out)
        return self._names[key]

    def _resolve(self, project: Project, name: str, reaches_out: bool) -> tuple[Target, ...]:
        top = name.partition(".")[0]
        if self._is_own(project, top):
            return (Target(project.path, None, name),)
        parts = name.split(".")
        own = self._best(project.source_roots, parts)
        own = max(own, self._find(project.path, parts), key=lambda found: found.depth)
        matches = [(p, q) for p, q in self._packages.get(top, ()) if name == p or name.startswith(p + ".")]
        if matches:
            return self._firm(project, parts, own, matches)
        if own.depth and (own.path or own.depth == len(parts)):
            return (Target(project.path, own.path, name),)
        nearby = self._best(self._side.get(top, {}).get(project.path, ()), parts)
        if nearby.path is not None:
            return (Target(project.path, nearby.path, name),)
        if top in _STDLIB:
            return ()
        return self._rooted(name, parts) or self._sideways(project, parts, reaches_out)

    def own_file(self, project: Project, name: str) -> str | None:
        """The file of ``project`` that an absolute name means there."""
        parts = name.split(".")
        roots = (*project.source_roots, project.path, *self._side.get(parts[0], {}).get(project.path, ()))
        return self._best(roots, parts).path

    def _is_own(self, project: Project, top: str) -> bool:
        """Whether ``top`` is a module or regular package on the project's own import path: then it hides others."""
        key = project.path, top
        if key not in self._tops:
            roots = list(project.source_roots)
            if not any("importlib" in option for option in project.settings.addopts):
                roots += (
                    root
                    for root in self._side.get(top, {}).get(project.path, ())
                    if self._has_tests(project, root)
                )
            self._tops[key] = any(
                child(root, f"{top}.py") in self._files
                or (init := child(root, f"{top}/__init__.py")) in self._files
                and init not in self.namespaces
                for root in roots
            )
        return self._tops[key]

    @cached_property
    def _test_roots(self) -> Mapping[str, frozenset[str]]:
        """The folders that pytest puts on ``sys.path`` for the tests and conftests of each project."""
        found: dict[str, set[str]] = {}
        for project in self.workspace.projects:
            folders = {posixpath.dirname(path) or ROOT for path in project.test_files if path.endswith(CODE)}
            folders.update(path for path in parents_of(folders) if child(path, "conftest.py") in self._files)
            roots = found.setdefault(project.path, set())
            for folder in folders:
                while folder != ROOT and child(folder, "__init__.py") in self._files:
                    folder = posixpath.dirname(folder) or ROOT
                roots.add(folder)
        return {project: frozenset(roots) for project, roots in found.items()}

    def _has_tests(self, project: Project, root: str) -> bool:
        return root in self._test_roots[project.path]

    def _firm(
        self, project: Project, parts: list[str], own: _Found, matches: list[tuple[str, str]]
    ) -> tuple[Target, ...]:
        longest = max(len(package) for package, _ in matches)
        package = next(package for package, _ in matches if len(package) == longest)
        meant = [provider for p, provider in matches if p == package]
        if project.path in meant:
            return (Target(project.path, own.path, package),)
        near = self._closure(project.path)
        known = [path for path in meant if path in near]
        if known:
            return tuple(self._target(path, parts, package) for path in known)
        if parts[0] in _STDLIB:
            return ()
        found = {path: self._best(self.workspace.by_path[path].source_roots, parts) for path in meant}
        deepest = max(one.depth for one in found.values())
        if own.depth >= max(deepest, 1):
            return (Target(project.path, own.path, package),)
        return tuple(
            Target(path, one.path, package, stranger=True)
            for path, one in found.items()
            if one.depth == deepest
        )

    def _target(self, path: str, parts: list[str], package: str) -> Target:
        return Target(path, self._best(self.workspace.by_path[path].source_roots, parts).path, package)

    def _rooted(self, name: str, parts: list[str]) -> tuple[Target, ...]:
        """A path from the workspace root: ``libs.core.tests.helpers``, or a module that no project holds."""
        found = self._find(ROOT, parts)
        if found.path is None:
            return ()
        owner = self.file_owner(found.path)
        return (Target(owner.path if owner else None, found.path, name, stranger=owner is not None),)

    def _sideways(self, project: Project, parts: list[str], reaches_out: bool) -> tuple[Target, ...]:
        """Modules beside the packages of others (test helpers, scripts), where their folder can be on the path."""
        near = self._closure(project.path)
        targets = []
        for path, roots in self._side.get(parts[0], {}).items():
            if path == project.path:
                continue
            usable = [root for root in roots if reaches_out or (path in near and root == path)]
            found = self._best(usable, parts)
            if found.path is not None:
                targets.append(Target(path, found.path, ".".join(parts), stranger=path not in near))
        return tuple([target for target in targets if not target.stranger] or targets)

    @cached_property
    def _closures(self) -> dict[str, frozenset[str]]:
        return {}

    def _closure(self, project: str) -> frozenset[str]:
        if project not in self._closures:
            found: set[str] = set()
            waiting = [project]
            while waiting:
                for edge in self.declared.needs(waiting.pop()):
                    if edge.dependency not in found:
                        found.add(edge.dependency)
                        waiting.append(edge.dependency)
            self._closures[project] = frozenset(found)
        return self._closures[project]

    def _best(self, roots: Iterable[str], parts: list[str]) -> _Found:
        return max(
            (self._find(root, parts) for root in roots), key=lambda found: found.depth, default=_Found()
        )

    def _find(self, root: str, parts: list[str]) -> _Found:
        """The longest start of a dotted name that exists below ``root``; a bare folder has no file of its own."""
        for depth in range(len(parts), 0, -1):
            place = child(root, "/".join(parts[:depth]))
            for path in (f"{place}.py", f"{place}/__init__.py", f"{place}.pyx"):
                if path in self._files:
                    return _Found(depth, path)
            if place in self._all_folders:
                return _Found(depth)
        return _Found()


def parents_of(folders: Iterable[str]) -> set[str]:
    """The folders and all above them."""
    return {above for folder in folders for above in parents(folder)}
