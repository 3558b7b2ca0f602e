"""What the imports of one project say, given the names that the sieve found in every file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from typing import NamedTuple

from pytest_monorepo.workspace.files.code_files import CODE, CodeFiles, parent, test_side
from pytest_monorepo.workspace.files.tree import child
from pytest_monorepo.workspace.graph import Edge
from pytest_monorepo.workspace.model import ROOT, Project, Scope, parents

from .index import Index, Target
from .one_file.found import NAMED_SCRIPT, SCRIPT, Import
from .one_file.sieve import PATH_MARK
from .reading import FileEdge, Reading
from .sources import Sources
from .walkers import Walkers


class _Hit(NamedTuple):
    """The sieve saw ``name`` in ``path``, and it may mean ``target``; ``only_tests`` need it."""

    only_tests: bool
    path: str
    name: str
    target: Target


class Survey:
    """The questions asked of each project.

    ``numbers`` says for each file which of ``names`` it mentions. ``ignore`` as in ``import_edges``.
    """

    def __init__(
        self,
        code: CodeFiles,
        index: Index,
        sources: Sources,
        numbers: Mapping[str, Sequence[int]],
        names: Sequence[str],
        ignore: Iterable[str],
    ) -> None:
        self._code = code
        self._index = index
        self._sources = sources
        self._numbers = numbers
        self._names = names
        self._ignore = [tuple(side.strip() for side in pair.partition("->")[::2]) for pair in ignore]
        self._tops = [name.partition(".")[0] for name in names]
        tops = {top for top in set(self._tops) if index.of_interest(top)}
        self._interesting = {number for number, top in enumerate(self._tops) if top in tops}
        self._relative = {number for number, top in enumerate(self._tops) if not top}
        self._tests = {n for n, name in enumerate(names) if "test" in name and _may_be_test(name)}
        self._scripts = {number for number, name in enumerate(names) if name.startswith(SCRIPT)}
        self._walkers = Walkers(code, numbers, names)
        self._path_mark = {number for number, name in enumerate(names) if name == PATH_MARK}

    def of(self, project: Project) -> Reading:
        """Everything that the imports of ``project`` say."""
        own = [path for path in self._code.of(project) if path in self._numbers]
        above = [path for path in self._conftests_above(project) if path in self._numbers]
        included = {path: t for path, t in self._code.included(project).items() if path in self._numbers}
        files = list(dict.fromkeys((*own, *above, *included)))
        mentioned: set[int] = set().union(*(self._numbers[path] for path in files))
        reading = Reading(project, self._external(project, mentioned))
        reading.promoted = self._promoted(project, own, mentioned)
        reaches_out = not self._path_mark.isdisjoint(mentioned)
        source = {path for path, tests in included.items() if not tests}
        hits = self._hits(reading, files, mentioned, reaches_out, source)
        hits += self._through_loose(reading, hits, reaches_out)
        self._settle(reading, hits)

        def only_tests(path: str) -> bool:
            return path not in reading.promoted and path not in source and self._only_tests(project, path)

        reading.walkers += self._walkers.of(project, files, sorted(reading.loose), only_tests)
        return reading

    def _external(self, project: Project, mentioned: Iterable[int]) -> frozenset[str]:
        tops = {self._tops[number] for number in mentioned if number not in self._scripts}
        return frozenset(top for top in tops if top and not self._index.provided(project, top))

    def _conftests_above(self, project: Project) -> Iterable[str]:
        """The conftests outside the project that pytest reads for it."""
        ini = project.settings.inifile
        # --confcutdir, unless it is given: the ini file's folder, else the rootdir (_pytest/config, 9.2)
        top = project.settings.rootdir if ini is None else parent(ini)
        for folder in parents(project.path):
            if folder != project.path:
                yield child(folder, "conftest.py")
            if folder == top:
                break

    def _promoted(self, project: Project, files: Iterable[str], mentioned: set[int]) -> set[str]:
        """The project's test files that its other files import, directly or through each other."""
        plain = all(map(_is_plain_test, project.test_files))
        if plain and self._tests.isdisjoint(mentioned):
            return set()
        found: set[str] = set()
        waiting = [
            path
            for path in files
            if not (plain and self._tests.isdisjoint(self._numbers[path])) and not test_side(project, path)
        ]
        while waiting:
            path = waiting.pop()
            for imported in self._sources.imports(path):
                module = self._own_file(project, path, imported) if imported.kind == "code" else None
                if module is not None and module not in found and test_side(project, module):
                    found.add(module)
                    waiting.append(module)
        return found

    def _own_file(self, project: Project, path: str, imported: Import) -> str | None:
        if not imported.module.startswith("."):
            return self._index.own_file(project, imported.module)
        target = self._index.relative(path, imported.module)
        return target.path if target is not None and target.project == project.path else None

    def _hits(
        self,
        reading: Reading,
        files: Iterable[str],
        mentioned: set[int],
        reaches_out: bool,
        source: Collection[str],
    ) -> list[_Hit]:
        """The names that may lead out of the project, in every file that mentions one.

        Those of ``source`` are run-time files, wherever they are.
        """
        project = reading.project
        leads: dict[int, list[Target]] = {}
        interesting = mentioned & self._interesting
        own = {top for top in {self._tops[n] for n in interesting} if self._index.hides(project, top)}
        for number in interesting:
            if self._tops[number] in own:
                continue
            meant = self._index.absolute(project, self._names[number], reaches_out)
            outside = [target for target in meant if not self._is_settled(project, target)]
            if outside:
                leads[number] = outside
        relative = self._relative & mentioned
        if relative and project.path not in self._bordering:
            relative = set()
        scripts = self._scripts & mentioned
        if not leads and not relative and not scripts:
            return []
        wanted = leads.keys() | relative | scripts
        found: list[_Hit] = []
        for path in files:
            if wanted.isdisjoint(self._numbers[path]):
                continue
            plain = path not in reading.promoted and path not in source
            only_tests = plain and self._only_tests(project, path)
            for number in wanted.intersection(self._numbers[path]):
                name, targets = self._names[number], leads.get(number, [])
                if number in relative or number in scripts:
                    near = self._near(project, path, name)
                    targets = [target for target in near if target.project != project.path]
                found += (_Hit(only_tests, path, name, target) for target in targets)
        return found

    def _near(self, project: Project, path: str, name: str) -> tuple[Target, ...]:
        """What a relative name or the path of a script may mean in the file ``path``."""
        if name.startswith(NAMED_SCRIPT):
            # one of no project is looked for where it has changed
            return self._index.named(project, path, name.removeprefix(NAMED_SCRIPT))
        if name.startswith(SCRIPT):
            return self._index.scripts(project, path, name.removeprefix(SCRIPT))
        target = self._index.relative(path, name)
        return () if target is None else (target,)

    def _is_settled(self, project: Project, target: Target) -> bool:
        """Whether an import says nothing new: of the project itself, or of source it declares to need."""
        if target.project is None or target.project == project.path:
            return target.project is not None
        if self._index.scope(project, target.project) not in (Scope.RUNTIME, Scope.EXTRA):
            return False
        owner = self._code.workspace.by_path[target.project]
        return target.path is None or not test_side(owner, target.path)

    def _only_tests(self, project: Project, path: str) -> bool:
        # a conftest above the project is read by its tests alone
        return self._code.owner(parent(path)) is not project or test_side(project, path)

    @cached_property
    def _bordering(self) -> frozenset[str]:
        """The projects that a relative import could leave, because one lies in the other."""
        projects = self._code.workspace.by_path
        pairs = {(path, above) for path in projects for above in parents(path) if above in projects}
        return frozenset(path for pair in pairs if pair[0] != pair[1] for path in pair)

    def _through_loose(self, reading: Reading, hits: Iterable[_Hit], reaches_out: bool) -> list[_Hit]:
        """What the files of no project that the project imports import in turn."""
        found: list[_Hit] = []
        # run-time importers first: the first visit decides what the file counts as
        waiting = sorted((hit for hit in hits if hit.target.project is None), key=lambda hit: hit.only_tests)
        seen: set[str] = set()
        for hit in waiting:  # grows as it goes
            path = hit.target.path
            if path is None or path in seen or not self._line(reading.project, hit):
                continue
            seen.add(path)
            reading.loose.add(path)
            for one in self._onward(reading.project, path, hit.only_tests, reaches_out):
                (waiting if one.target.project is None else found).append(one)
        return found

    def _onward(self, project: Project, path: str, only_tests: bool, reaches_out: bool) -> Iterable[_Hit]:
        for number in self._numbers.get(path, ()):
            name = self._names[number]
            targets: Iterable[Target] = ()
            if number in self._relative or number in self._scripts:
                targets = self._near(project, path, name)
            elif number in self._interesting:
                targets = self._index.absolute(project, name, reaches_out)
            for target in targets:
                if target.project != project.path:
                    yield _Hit(only_tests, path, name, target)

    def _settle(self, reading: Reading, hits: Iterable[_Hit]) -> None:
        """One confirmed import per target: in a run-time file if there is one, else in a test."""
        project = reading.project
        by_target: dict[str, list[_Hit]] = {}
        for hit in hits:
            target = hit.target.project
            if target is not None and not self._ignored(project.path, target):
                by_target.setdefault(target, []).append(hit)
        strangers: dict[str, list[str]] = {}
        for target, found in sorted(by_target.items()):
            # a file that is merely named last: what imports, and does not say so in a manifest, is to be told
            found.sort(key=lambda one: (one.only_tests, _is_named(one), one.path, one.name))
            reading.file_edges += self._file_edges(project, found)
            scope = self._index.scope(project, target)
            wanted = [one for one in found if scope is None or (scope is Scope.TEST and not one.only_tests)]
            confirmed = self._confirmed(project, wanted)
            if confirmed is None:
                continue
            hit, line = confirmed
            place = f"{hit.path.removeprefix(project.path + '/')}:{line}"
            needed = Scope.TEST if hit.only_tests else Scope.RUNTIME
            how = "names" if _is_named(hit) else "imports"
            reading.edges.append(Edge(project.path, target, needed, f"{how} {hit.target.name} in {place}"))
            if scope is None and not _is_named(hit):
                reading.undeclared.append(f"{project.path} imports {target} ({place}) without declaring it")
            if hit.target.stranger:
                strangers.setdefault(hit.target.name, []).append(target)
        reading.undeclared += _unclear(project.path, strangers)

    def _confirmed(self, project: Project, hits: Iterable[_Hit]) -> tuple[_Hit, int] | None:
        for hit in hits:
            if line := self._line(project, hit):
                return hit, line
        return None

    def _file_edges(self, project: Project, hits: Iterable[_Hit]) -> Iterable[FileEdge]:
        done: set[str] = set()
        for hit in hits:
            owner, path = self._code.workspace.by_path[hit.target.project or ROOT], hit.target.path
            if path is None or path in done or not test_side(owner, path):
                continue
            if line := self._line(project, hit):
                done.add(path)
                scope = Scope.TEST if hit.only_tests else Scope.RUNTIME
                yield FileEdge(project.path, owner.path, path, hit.path, line, scope)

    def _line(self, project: Project, hit: _Hit) -> int:
        """Where the file really imports what the sieve saw; 0 where it does not."""
        doctests = any("doctest" in option for option in project.settings.addopts)
        for imported in self._sources.imports(hit.path):
            if imported.module == hit.name and _counts(imported, hit, doctests):
                return imported.line
        return 0

    def _ignored(self, project: str, target: str) -> bool:
        return any(fnmatchcase(project, a) and fnmatchcase(target, b) for a, b in self._ignore)


def _is_named(hit: _Hit) -> bool:
    return hit.name.startswith(NAMED_SCRIPT)


def _may_be_test(name: str) -> bool:
    """Whether a dotted name may be that of a file that is a test's by its place."""
    return any(
        part in ("tests", "test", "conftest") or part.startswith("test_") or part.endswith("_test")
        for part in name.split(".")
    )


def _is_plain_test(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith("test_") or _may_be_test(path.removesuffix(".py").replace("/", "."))


def _counts(imported: Import, hit: _Hit, doctests: bool) -> bool:
    if imported.kind == "guess":
        return hit.target.path is not None
    return imported.kind == "code" or doctests or not hit.path.endswith(CODE)


def _unclear(project: str, strangers: Mapping[str, Sequence[str]]) -> Iterable[str]:
    for name, targets in sorted(strangers.items()):
        if len(targets) > 1:
            yield (
                f"{project} imports '{name}' and declares none of the {len(targets)} projects that provide it"
                f" ({', '.join(targets)}): declare the one it means"
            )
