"""Dotted names → the project and file that provide them, as seen from one project. No file is read here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

from pytest_monorepo.workspace.files.code_files import CODE, CodeFiles, Found, parent
from pytest_monorepo.workspace.files.tree import child, inside, join
from pytest_monorepo.workspace.graph import Edge, by_distribution, edges_of, strength
from pytest_monorepo.workspace.model import ROOT, Project, Scope, parents

_STDLIB = sys.stdlib_module_names
# Every project has these, and nobody imports another one's.
_EVERYWHERE = frozenset(("setup", "conftest", "noxfile", "__main__"))


class Target(NamedTuple):
    """What a name means: a module of ``project`` (``None``: of no project), in ``path`` where that is known.

    ``name`` is the part of the import that led there. ``stranger`` is set where nothing but the name links
    the two projects.
    """

    project: str | None
    path: str | None
    name: str
    stranger: bool = False


class Index:
    """The modules of a workspace.

    ``declared`` are edges beyond the manifests' own (the configuration's). ``namespaces`` are ``__init__``
    files that share their package with other folders (pkgutil style): who has one owns nothing below it.
    ``loose_top`` says whether the first part of a name can be found beside the packages, where an earlier
    index has told.
    """

    def __init__(
        self,
        code: CodeFiles,
        declared: Iterable[Edge],
        namespaces: frozenset[str],
        loose_top: Callable[[str], bool] | None = None,
    ) -> None:
        self._code = code
        self._projects = code.workspace.projects
        self._by_path = code.workspace.by_path
        self._edges = tuple(declared)
        self._namespaces = namespaces
        self._loose_top = loose_top if loose_top is not None else self._is_loose_top
        self._roots: dict[str, frozenset[str]] = {}
        self._besides: dict[str, Mapping[str, list[str]]] = {}
        self._directs: dict[str, Mapping[str, Scope]] = {}
        self._closures: dict[str, frozenset[str]] = {}
        # the places where a file of no code was asked for, and whether there is one
        self.asked: dict[str, bool] = {}

    def of_interest(self, top: str) -> bool:
        """Whether names that start with ``top`` could mean anything in the workspace, whoever uses them."""
        if top in self._packages:
            return True
        return top not in _STDLIB and self._loose_top(top)

    def _is_loose_top(self, top: str) -> bool:
        return top in self._beside or top in self._at_root

    @property
    def loose_tops(self) -> frozenset[str]:
        """Every first part of a name that can be found beside the packages."""
        return self._at_root | self._beside.keys()

    def provided(self, project: Project, top: str) -> bool:
        """Whether a first name is a package of some project, the project's own, or Python's."""
        if top in self._packages or top in _STDLIB or top in _EVERYWHERE:
            return True
        return top in self._beside_of(project)

    def relative(self, path: str, name: str) -> Target | None:
        """What the relative ``name`` means in the file ``path``."""
        bare = name.lstrip(".")
        folder = parent(path)
        for _ in range(len(name) - len(bare) - 1):
            folder = parent(folder)
        found = self._code.find(folder, bare.split(".")) if bare else Found()
        module = found.path or child(folder, "__init__.py")
        if not self._code.has(module) or module == path:
            return None
        owner = self._code.owner(parent(module))
        return Target(owner.path if owner else None, module, name)

    def scripts(self, project: Project, path: str, script: str) -> tuple[Target, ...]:
        """The files that ``script``, written in the file ``path``, may be the path of.

        Of a folder it is the module that runs it. It is seen from the folder in which the project's tests
        run, from the file's own, or from the root.
        """
        written = (script, f"{script}/__main__.py")
        folders = (project.path, parent(path), ROOT)
        places = dict.fromkeys(join(folder, one) for folder in folders for one in written)
        there = {place: self._code.has(place) for place in places}
        self.asked.update((place, found) for place, found in there.items() if not place.endswith(CODE))
        owners = ((place, self._code.owner(parent(place))) for place in places if there[place])
        return tuple(Target(owner.path if owner else None, place, script) for place, owner in owners)

    def named(self, project: Project, path: str, written: str) -> tuple[Target, ...]:
        """The code of other projects that a path means which is merely named: a file, or all of one."""
        found = [target for target in self.scripts(project, path, written) if target.project is not None]
        places = {join(folder, written) for folder in (project.path, parent(path))}
        if written.startswith("/"):  # of a path in parts, with a beginning that nobody follows
            places = {written[1:]}
        for place in sorted(places & self._code_folders.keys()):
            other = self._code_folders[place]
            if not inside(project.path, other) and not inside(other, project.path):
                found.append(Target(other, None, written))
        return tuple(found)

    @cached_property
    def _code_folders(self) -> Mapping[str, str]:
        """The folders of projects and of their sources, with whose they are."""
        projects = [project for project in self._code.workspace.projects if project.path != ROOT]
        roots = {root: project.path for project in projects for root in project.source_roots if root != ROOT}
        return roots | {project.path: project.path for project in projects}

    def own_file(self, project: Project, name: str) -> str | None:
        """The file of ``project`` that an absolute name means there."""
        parts = name.split(".")
        beside = self._beside_of(project).get(parts[0], ())
        return self._code.best((*project.source_roots, project.path, *beside), parts).path

    def absolute(self, project: Project, name: str, reaches_out: bool) -> tuple[Target, ...]:
        """What ``name`` means in the files of ``project``, itself included; nothing for what is not here.

        ``reaches_out`` says whether the project puts folders of others on ``sys.path``.

        (1) A module or regular package on the project's own path hides every other of that name. (2) Else the
        longest package wins; among several projects with it the own, then the declared ones. (3) Strangers
        count only where no declared project has it, and then all of them.
        """
        top = name.partition(".")[0]
        if self.hides(project, top):
            return (Target(project.path, None, name),)
        parts = name.split(".")
        matches = [(p, q) for p, q in self._packages.get(top, ()) if name == p or name.startswith(p + ".")]
        if matches:
            return self._packaged(project, parts, matches)
        own = self._own(project, parts)
        beside = self._code.best(self._beside_of(project).get(top, ()), parts)
        if own.path or own.depth == len(parts) or beside.path:
            return (Target(project.path, own.path or beside.path, name),)
        if top in _STDLIB:
            return ()
        return self._from_root(name, parts) or self._others_beside(project, parts, reaches_out)

    def hides(self, project: Project, top: str) -> bool:
        """Whether every name below ``top`` is the project's own, by rule (1) of :meth:`absolute`."""
        if any(self._is_regular(child(root, top)) for root in project.source_roots):
            return True
        beside = self._beside_of(project).get(top)
        # --import-mode=importlib puts no test's folder on sys.path (pytest's docs: explanation/pythonpath)
        if beside is None or any("importlib" in option for option in project.settings.addopts):
            return False
        return any(
            self._is_regular(child(root, top)) for root in self._test_roots(project).intersection(beside)
        )

    def _is_regular(self, place: str) -> bool:
        # PEP 420: a module or a regular package ends the search, only folders without __init__ are gathered
        init = place + "/__init__.py"
        return self._code.has(f"{place}.py") or (self._code.has(init) and init not in self._namespaces)

    def _own(self, project: Project, parts: list[str]) -> Found:
        return self._code.best((*project.source_roots, project.path), parts)

    def _packaged(
        self, project: Project, parts: list[str], matches: list[tuple[str, str]]
    ) -> tuple[Target, ...]:
        package = max((package for package, _ in matches), key=len)
        meant = [provider for match, provider in matches if match == package]
        if project.path in meant:
            return (Target(project.path, self._own(project, parts).path, package),)
        known = self._declared_among(project, meant)
        if known:
            return tuple(Target(path, self._module(path, parts).path, package) for path in known)
        if parts[0] in _STDLIB:
            return ()
        found = {path: self._module(path, parts) for path in meant}
        deepest = max(one.depth for one in found.values())
        own = self._own(project, parts)
        if own.depth >= max(deepest, 1):
            return (Target(project.path, own.path, package),)
        return tuple(
            Target(path, one.path, package, stranger=True)
            for path, one in found.items()
            if one.depth == deepest
        )

    def _module(self, project: str, parts: list[str]) -> Found:
        told = self._by_path[project]
        moved = (self._moved(name.split("."), place, parts) for name, place in told.renamed)
        return max((self._code.best(told.source_roots, parts), *moved), key=lambda found: found.depth)

    def _moved(self, name: list[str], place: str, parts: list[str]) -> Found:
        """How much of a name exists where the build takes ``name`` from ``place``."""
        if parts[: len(name)] != name:
            return Found()
        return Found(len(name) + self._code.find(place, parts[len(name) :]).depth)

    def _from_root(self, name: str, parts: list[str]) -> tuple[Target, ...]:
        """A path from the workspace root: ``libs.core.tests.helpers``, or a module that no project holds."""
        found = self._code.find(ROOT, parts)
        if found.path is None:
            return ()
        owner = self._code.owner(parent(found.path))
        return (Target(owner.path if owner else None, found.path, name, stranger=owner is not None),)

    def _others_beside(self, project: Project, parts: list[str], reaches_out: bool) -> tuple[Target, ...]:
        """Modules beside the packages of others (helpers, scripts), where their folder can be on the path.

        It can where the project sees to that itself, or as the root of an editable installation.
        """
        found = {}
        for path, roots in self._beside.get(parts[0], {}).items():
            usable = roots if reaches_out else [path] if path in roots else []
            module = self._code.best(usable, parts).path if path != project.path else None
            if module is not None:
                found[path] = module
        if not found:
            return ()
        known = self._declared_among(project, found)
        meant = known or (found if reaches_out else ())
        return tuple(Target(path, found[path], ".".join(parts), stranger=not known) for path in meant)

    def _declared_among(self, project: Project, candidates: Iterable[str]) -> list[str]:
        """Those that ``project`` declares, else those that its declared dependencies need."""
        candidates = list(candidates)
        direct = self._direct(project.path)
        near = [path for path in candidates if path in direct]
        return near or [path for path in candidates if path in self._closure(project.path)]

    def scope(self, project: Project, other: str) -> Scope | None:
        """What ``project`` declares to need the project at ``other`` for; ``None`` where it does not."""
        return self._direct(project.path).get(other)

    def _direct(self, project: str) -> Mapping[str, Scope]:
        if project not in self._directs:
            own = (edge for edge in self._edges if edge.dependent == project)
            stated = edges_of(self._by_path[project], self._by_path, self._named)
            strongest: dict[str, Scope] = {}
            for edge in sorted((*own, *stated), key=strength):
                if edge.dependency != project:
                    strongest.setdefault(edge.dependency, edge.scope)
            self._directs[project] = dict(sorted(strongest.items()))
        return self._directs[project]

    def _closure(self, project: str) -> frozenset[str]:
        if project not in self._closures:
            found: set[str] = set()
            waiting = [project]
            while waiting:
                new = self._direct(waiting.pop()).keys() - found
                found |= new
                waiting += new
            self._closures[project] = frozenset(found)
        return self._closures[project]

    @cached_property
    def _named(self) -> Mapping[str, list[str]]:
        return by_distribution(self._projects)

    @cached_property
    def _packages(self) -> Mapping[str, list[tuple[str, str]]]:
        """First part of a name → the packages under it and their projects."""
        found: dict[str, list[tuple[str, str]]] = {}
        for project in self._projects:
            for package in project.packages:
                found.setdefault(package.partition(".")[0], []).append((package, project.path))
        return found

    @cached_property
    def _at_root(self) -> frozenset[str]:
        return frozenset(
            path.partition("/")[0].partition(".")[0]
            for path in (*self._code.folders, *self._code.folders.get(ROOT, ()))
        )

    @cached_property
    def _beside(self) -> Mapping[str, Mapping[str, list[str]]]:
        """First part of a name → project → its folders that would provide it if they were on ``sys.path``.

        pytest puts a test's folder there, or the one above its outermost package; a script's is there too.
        """
        found: dict[str, dict[str, list[str]]] = {}
        for project in self._projects:
            for top, places in self._beside_of(project).items():
                found.setdefault(top, {})[project.path] = places
        return found

    def _beside_of(self, project: Project) -> Mapping[str, list[str]]:
        """What :attr:`_beside` says of one project."""
        if project.path not in self._besides:
            self._besides[project.path] = self._found_beside(project)
        return self._besides[project.path]

    def _found_beside(self, project: Project) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for folder, paths in self._code.folders_of(project).items():
            root, tops = self._provides(folder, paths)
            entries = [(top, root) for top in tops if top not in _EVERYWHERE]
            if folder != project.path:
                inside = folder if project.path == ROOT else folder[len(project.path) + 1 :]
                entries.append((inside.partition("/")[0], project.path))
            for top, place in entries:
                places = found.setdefault(top, [])
                if place not in places:
                    places.append(place)
        return found

    def _provides(self, folder: str, paths: list[str]) -> tuple[str, list[str]]:
        """The folder to import from, and what it has: a package's is above it, if that is none itself."""
        if not self._code.has(child(folder, "__init__.py")):
            return folder, [path.rpartition("/")[2].partition(".")[0] for path in paths]
        above, _, name = folder.rpartition("/")
        if folder == ROOT or self._code.has(child(above or ROOT, "__init__.py")):
            return folder, []
        return above or ROOT, [name]

    def _test_roots(self, project: Project) -> frozenset[str]:
        """The folders that pytest puts on ``sys.path`` for the tests and conftests of a project."""
        if project.path not in self._roots:
            tests = {parent(path) for path in project.test_files if path.endswith(CODE)}
            above = {folder for test in tests for folder in parents(test)}
            folders = tests | {folder for folder in above if self._code.has(child(folder, "conftest.py"))}
            self._roots[project.path] = frozenset(map(self._import_root, folders))
        return self._roots[project.path]

    def _import_root(self, folder: str) -> str:
        # the last folder upward that is a package: _pytest/pathlib.py, resolve_package_path
        while folder != ROOT and self._code.has(child(folder, "__init__.py")):
            folder = parent(folder)
        return folder
