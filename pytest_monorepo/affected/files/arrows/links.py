"""What every file of a workspace may load, by the names it mentions → :class:`~.closure.Loads`.

Rather an arrow too many than one too few: names are those of the sieve (:mod:`~.one_file.sieve`),
and a name leads to every file that it could mean: in the file's own project and those it depends on, and,
unless a source root of one of them has it whole, anywhere. A package without ``__init__`` is never whole:
other folders share it. Nothing is where a project changes ``sys.path`` itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from pytest_monorepo.workspace.files.code_files import CODE, CodeFiles, parent
from pytest_monorepo.workspace.files.tree import child, inside, join
from pytest_monorepo.workspace.graph import Graph
from pytest_monorepo.workspace.imports.one_file.found import NAMED_SCRIPT, SCRIPT
from pytest_monorepo.workspace.imports.one_file.paths import FILE, WHOLE_FILE
from pytest_monorepo.workspace.imports.one_file.private import RELIES, SETS, meant
from pytest_monorepo.workspace.imports.one_file.sieve import PATH_MARK
from pytest_monorepo.workspace.imports.one_file.text import (
    BENDS,
    BINDS,
    COLLECTS,
    HOOKS,
    LENDS,
    TEXT,
    UNFOLLOWED,
)
from pytest_monorepo.workspace.model import ROOT, Project, Workspace, parents

from .called import called
from .closure import Loads
from .frameworks import WITH_FIXTURES, frameworks
from .places import Places

_MARKS = frozenset((UNFOLLOWED, PATH_MARK, HOOKS, COLLECTS, BENDS, BINDS, LENDS))
# so many arrows from every file that names them would cost more than they save
_MANY = 50
# so many files are asked about sooner by searching than by an index
_FEW = 600
_PRIVATE = (RELIES, SETS)
_NO_IMPORTS = (TEXT, FILE, WHOLE_FILE, SCRIPT, *_PRIVATE)
_SHARED = frozenset(("pkgutil", "pkgutil.extend_path", "pkg_resources", "pkg_resources.declare_namespace"))
_ENDS = (".py", "/__init__.py", ".pyx", ".pyw")


class Facts(NamedTuple):
    """What the arrows of every file depend on: the files that put folders before others on the path, the
    ``__init__`` files that share their package with other folders, and those that lend ``patch`` by another
    name; behind a file and a line's end, private names that tell what it loads, or that it may set."""

    bending: frozenset[str]
    shared: frozenset[str]
    lending: frozenset[str] = frozenset()
    relying: frozenset[str] = frozenset()
    setting: frozenset[str] = frozenset()


class Links:
    """``workspace`` has the files of both states compared, ``mentioned`` the names in each of them.

    To the projects that are ``moved``, or need such, no source root hides what lies elsewhere. Where only a
    few files are ``mentioned``, ``facts`` are those of all.
    """

    def __init__(
        self,
        workspace: Workspace,
        graph: Graph,
        mentioned: Mapping[str, Iterable[str]],
        *,
        moved: Collection[str] = (),
        facts: Facts | None = None,
    ) -> None:
        self._workspace = workspace
        self._graph = graph
        self._mentioned = mentioned
        self._moved = moved
        self._given = facts
        self._code = CodeFiles(workspace)
        self._places = Places(workspace.files, few=len(mentioned) <= _FEW)
        self._files = frozenset(workspace.files)
        self._meanings: dict[tuple[str | None, str], frozenset[str]] = {}

    @cached_property
    def loads(self) -> Loads:
        """The arrows of all files."""
        arrows = {path: frozenset(self._loaded_by(path)) - {path} for path in self._mentioned}
        return Loads(arrows, dict(self._unfollowed()))

    def _unfollowed(self) -> Iterator[tuple[str, str]]:
        telling = self._telling
        for path, all_names in self._mentioned.items():
            names = telling.intersection(all_names)
            if UNFOLLOWED in names:
                yield path, "does more than its imports tell (loaders, programs, listed folders)"
            elif many := [name for name in names if len(self._called.get(name, ())) > _MANY]:
                yield path, f"names {min(many).rpartition(':')[2]}, as very many files are called"
            elif named := sorted(frameworks(names)):
                yield path, f"uses {named[0]}, which loads code by names in settings, or reads sources"
            elif setter := self._setter(names, path):
                yield path, f"loads by a private name that {setter} has, too"
            elif lenders := self._lenders(path):
                yield path, f"imports from {min(lenders)}, where what loads by name has another one"

    @cached_property
    def _telling(self) -> frozenset[str]:
        """The names that may say that not all is known of what a file loads."""
        return frozenset(
            name
            for name in self._names
            if name == UNFOLLOWED or name.startswith((FILE, WHOLE_FILE, RELIES)) or frameworks((name,))
        )

    @cached_property
    def _names(self) -> frozenset[str]:
        """Those of all files, each once: most files have the same."""
        return frozenset().union(*self._mentioned.values())

    def _setter(self, names: Iterable[str], path: str) -> str | None:
        """Another file that may set a private name from which the file takes names of modules."""
        relied = [name.removeprefix(RELIES) for name in names if name.startswith(RELIES)]
        setters = {one for name in relied for one in self._setters.get(name, ())} - {path}
        return min(setters, default=None)

    @cached_property
    def _setters(self) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = {}
        relied = {one.partition("\n")[2] for one in self._facts.relying}
        for one in self._facts.setting:
            path, _, pattern = one.partition("\n")
            for name in meant(pattern, relied):
                found.setdefault(name, set()).add(path)
        return found

    @property
    def lending(self) -> frozenset[str]:
        """The files with ``patch`` by another name."""
        return self._facts.lending

    def _lenders(self, path: str) -> set[str]:
        """The files with ``patch`` by another name from which a file imports."""
        if not self._facts.lending:
            return set()
        owner = self._code.owner(parent(path))
        names = (
            name for name in self._mentioned[path] if not name.startswith(_NO_IMPORTS) and name not in _MARKS
        )
        return {one for name in names for one in self._named(owner, path, name)} & self._facts.lending - {
            path
        }

    @cached_property
    def with_fixtures(self) -> Mapping[str, str]:
        """The projects of which a file uses a framework whose fixtures load code → the first such file."""
        own = frozenset(name for name in self._names if not WITH_FIXTURES.isdisjoint(frameworks((name,))))
        found: dict[str, str] = {}
        for path, names in self._mentioned.items() if own else ():
            owner = self._code.owner(parent(path))
            if owner is not None and not own.isdisjoint(names):
                found[owner.path] = min(path, found.get(owner.path, path))
        return found

    @cached_property
    def facts(self) -> Facts:
        """Those of the files mentioned."""
        inits = (path for path in self._mentioned if path.rpartition("/")[2] == "__init__.py")
        shared = (path for path in inits if not _SHARED.isdisjoint(self._mentioned[path]))
        relying = frozenset(self._private(RELIES))
        relied = {one.partition("\n")[2] for one in relying | self._relied_before}
        setting = (one for one in self._private(SETS) if any(meant(one.partition("\n")[2], relied)))
        return Facts(self.having(BENDS), frozenset(shared), self.having(LENDS), relying, frozenset(setting))

    @property
    def _relied_before(self) -> frozenset[str]:
        return frozenset() if self._given is None else self._given.relying

    def _private(self, mark: str) -> Iterator[str]:
        own = frozenset(name for name in self._names if name.startswith(mark))
        for path, names in self._mentioned.items() if own else ():
            yield from (f"{path}\n{name[len(mark) :]}" for name in own.intersection(names))

    @cached_property
    def _facts(self) -> Facts:
        return self.facts if self._given is None else self._given

    def having(self, mark: str) -> frozenset[str]:
        """The files in which the sieve found ``mark``."""
        if mark not in self._having:
            self._having[mark] = frozenset(path for path, names in self._mentioned.items() if mark in names)
        return self._having[mark]

    @cached_property
    def _having(self) -> dict[str, frozenset[str]]:
        return {}

    def meant(self, name: str) -> frozenset[str]:
        """The files that a name may mean which is said outside of any file."""
        return self._absolute(None, name)

    def _loaded_by(self, path: str) -> Iterator[str]:
        owner = self._code.owner(parent(path))
        yield from self._around(path)
        for name in self._mentioned[path]:
            if name.startswith((FILE, WHOLE_FILE)):
                named = self._called.get(name, ())
                yield from named if len(named) <= _MANY else ()
            elif name.startswith(NAMED_SCRIPT):
                continue  # its file's name is among the others
            elif name.startswith(SCRIPT):
                yield from self._scripts(owner, path, name.removeprefix(SCRIPT))
            elif name not in _MARKS and not name.startswith(_PRIVATE):
                yield from self._named(owner, path, name.removeprefix(TEXT))

    def _named(self, owner: Project | None, path: str, name: str) -> Iterable[str]:
        return self._relative(owner, path, name) if name.startswith(".") else self._absolute(owner, name)

    def _around(self, path: str) -> Iterator[str]:
        """The ``__init__`` files of its packages, and for a test the conftests above it."""
        inits, conftests = self._around_folder(parent(path))
        yield from inits
        if path in self._tests or path.rpartition("/")[2] == "conftest.py":
            yield from conftests

    def _around_folder(self, folder: str) -> tuple[list[str], list[str]]:
        """The ``__init__`` files of a folder that is a package, and the conftests in and above it."""
        if folder not in self._above:
            init, conftest = child(folder, "__init__.py"), child(folder, "conftest.py")
            inits, conftests = ([], []) if folder == ROOT else self._around_folder(parent(folder))
            is_package = init in self._files
            own = [conftest] if conftest in self._files else []
            self._above[folder] = ([init, *inits] if is_package else []), [*own, *conftests]
        return self._above[folder]

    @cached_property
    def _above(self) -> dict[str, tuple[list[str], list[str]]]:
        return {}

    @cached_property
    def _tests(self) -> frozenset[str]:
        return frozenset(path for project in self._workspace.projects for path in project.test_files)

    @cached_property
    def _called(self) -> Mapping[str, frozenset[str]]:
        """The code files that each name of one in a text may mean, wherever they lie."""
        code = [path for path in self._files if path.endswith(CODE)]
        return called({name for name in self._names if name.startswith((FILE, WHOLE_FILE))}, code)

    def _scripts(self, owner: Project | None, path: str, script: str) -> Iterator[str]:
        for folder in (ROOT if owner is None else owner.path, parent(path), ROOT):
            place = join(folder, script)
            yield from (one for one in (place, f"{place}/__main__.py") if one in self._files)

    def _relative(self, owner: Project | None, path: str, name: str) -> Iterator[str]:
        bare = name.lstrip(".")
        folder = parent(path)
        for _ in range(len(name) - len(bare) - 1):
            folder = parent(folder)
        init = child(folder, "__init__.py")
        if init in self._files:
            yield init
        if bare:
            yield from self._below(folder, bare.split("."))
            while folder != ROOT and not self._is_whole(folder):
                # other folders hold the rest of a package without __init__
                bare = f"{folder.rpartition('/')[2]}.{bare}"
                folder = parent(folder)
                yield from self._absolute(owner, bare)

    def _absolute(self, owner: Project | None, name: str) -> frozenset[str]:
        key = (None if owner is None else owner.path, name)
        if key not in self._meanings:
            parts = name.split(".")
            places = self._places.of(parts[0])
            meant = frozenset(self._meant(owner, places, parts) if places else ())
            self._meanings[key] = meant.union(self._installed_as(parts)) if self._renamed else meant
        return self._meanings[key]

    def _meant(self, owner: Project | None, places: Iterable[str], parts: list[str]) -> Iterator[str]:
        for nearer, hiding in self._nearer(owner):
            for place in nearer.intersection(places):
                yield from self._below(place, parts)
            if any(self._whole(place, parts[0]) for place in hiding.intersection(places)):
                return
        for place in places:
            yield from self._below(place, parts)

    def _installed_as(self, parts: list[str]) -> Iterator[str]:
        """The files of a name that no path ends like, as the build has taken the code from another."""
        for name, place in self._renamed:
            if parts[: len(name)] != name[: len(parts)]:
                continue
            found = [path for path in (place, child(place, "__init__.py")) if path in self._files]
            found += self._below(place, parts[len(name) :])
            # what its __init__ does not say may be any module there
            yield from found or (path for path in self._files if path.endswith(CODE) and inside(path, place))

    @cached_property
    def _renamed(self) -> tuple[tuple[list[str], str], ...]:
        pairs = (pair for project in self._workspace.projects for pair in project.renamed)
        return tuple((name.split("."), path) for name, path in pairs)

    def _nearer(self, owner: Project | None) -> Sequence[tuple[frozenset[str], frozenset[str]]]:
        """The folders where a project's imports look first, and those of them that hide what is elsewhere."""
        if owner is None:
            return ()
        if owner.path not in self._searched:
            own = frozenset((*owner.source_roots, owner.path, *self._folders(owner)))
            hiding = self._hiding(owner)
            found = tuple((folders, hiding & folders) for folders in (own, self._needed(owner)))
            self._searched[owner.path] = found
        return self._searched[owner.path]

    @cached_property
    def _searched(self) -> dict[str, tuple[tuple[frozenset[str], frozenset[str]], ...]]:
        return {}

    def _hiding(self, owner: Project) -> frozenset[str]:
        """The source roots before all else on the path of the project's tests."""
        needed = self._graph.transitive_dependencies(owner.path)
        if owner.path in self._moved or not self.bending.isdisjoint((owner.path, *needed)):
            return frozenset()
        return frozenset(owner.source_roots) | self._needed(owner)

    @cached_property
    def bending(self) -> frozenset[str]:
        """The projects of which a file, or a conftest above them, puts folders before others on the path."""
        found: set[str] = set()
        for path in self._facts.bending:
            owner = self._code.owner(parent(path))
            if owner is not None:
                found.add(owner.path)
            if path.endswith("conftest.py"):
                found |= {p.path for p in self._workspace.projects if parent(path) in parents(p.path)}
        return frozenset(found)

    def _needed(self, owner: Project) -> frozenset[str]:
        if owner.path not in self._roots:
            needed = self._graph.transitive_dependencies(owner.path)
            projects = (self._workspace.by_path.get(path) for path in needed)
            self._roots[owner.path] = frozenset(root for one in projects if one for root in one.source_roots)
        return self._roots[owner.path]

    @cached_property
    def _roots(self) -> dict[str, frozenset[str]]:
        return {}

    def _folders(self, owner: Project) -> Iterator[str]:
        """Every folder of a project that holds code at any depth."""
        seen = {owner.path}
        for folder in self._code.folders_of(owner):
            while folder not in seen:
                seen.add(folder)
                yield folder
                folder = parent(folder)

    def _whole(self, place: str, top: str) -> bool:
        at = child(place, top)
        return self._is_whole(at) or any(at + end in self._files for end in _ENDS if end[0] == ".")

    def _is_whole(self, folder: str) -> bool:
        """Whether a folder is all there is of a package."""
        init = child(folder, "__init__.py")
        return init in self._files and init not in self._facts.shared

    def _below(self, place: str, parts: list[str]) -> Iterator[str]:
        """Every file on the way to the module that the name means below ``place``."""
        for part in parts:
            place = child(place, part)
            for end in _ENDS:
                if place + end in self._files:
                    yield place + end
