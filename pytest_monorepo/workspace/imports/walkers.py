"""Which files of a project go through the files of others, and from which folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property

from pytest_monorepo.workspace.files.code_files import CodeFiles
from pytest_monorepo.workspace.files.tree import child, inside
from pytest_monorepo.workspace.model import ROOT, Project, Scope

from .one_file.handing import GOES, TOLD
from .one_file.places import ANYWHERE, FILE, HERE, TOP
from .one_file.walks import WALKS, Walk, told
from .reading import Walker

_SIGNS = re.compile(r"[./]")
# names of files that are sooner looked for among all that are mentioned than put in order beforehand
_FEW = 8


class Walkers:
    """Asked of each project. ``numbers`` says for each file which of ``names`` it mentions."""

    def __init__(self, code: CodeFiles, numbers: Mapping[str, Sequence[int]], names: Sequence[str]) -> None:
        self._code = code
        self._numbers = numbers
        self._names = names
        self._asked: set[str] = set()
        self._walks = {number: told(name) for number, name in enumerate(names) if name.startswith(WALKS)}
        shared = (*code.by_project.get(None, ()), *code.by_project.get(ROOT, ())) if self._walks else ()
        self._shared = [path for path in shared if path in numbers and self._of_file(path)]

    def of(
        self,
        project: Project,
        files: Collection[str],
        loose: Iterable[str],
        only_tests: Callable[[str], bool],
    ) -> Iterator[Walker]:
        """Those of the project's ``files``, of ``loose`` ones that they import and scripts that they name."""
        if not self._walks:
            return
        yield from self._handed(project, files, only_tests)
        yield from self._gone(project, files, only_tests)
        for path in files:
            if not self._of_file(path):
                continue
            tests = only_tests(path)
            # the root's own files may be tools for all, which nobody runs in a test
            if project.path != ROOT or tests or self._is_named(path, files):
                yield from self._from(project, path, files, Scope.TEST if tests else Scope.RUNTIME)
        # a script at the root may be run by a test anywhere
        named = (path for path in self._shared if path not in files and self._is_named(path, files))
        others = dict.fromkeys((*loose, *named))
        for path in others:
            yield from self._from(project, path, files, Scope.RUNTIME)

    def _of_file(self, path: str) -> list[Walk]:
        walks = self._walks
        return [walks[number] for number in self._numbers.get(path, ()) if number in walks]

    def _is_named(self, path: str, files: Iterable[str]) -> bool:
        """Whether another file has a name of which this one's is a part."""
        naming = self._naming(path.rpartition("/")[2].partition(".")[0])
        return any(not naming.isdisjoint(self._numbers[file]) for file in files if file != path)

    def _naming(self, stem: str) -> AbstractSet[int]:
        """The names of which it is a part."""
        self._asked.add(stem)
        if len(self._asked) > _FEW:
            return self._by_part.get(stem, frozenset())
        pattern = re.compile(rf"(?:^|[./:]){re.escape(stem)}(?:[./]|$)")
        return {number for number, name in enumerate(self._names) if stem in name and pattern.search(name)}

    @cached_property
    def _by_part(self) -> dict[str, set[int]]:
        """The names by their parts; of what stands behind colons each end, too."""
        found: dict[str, set[int]] = {}
        for number, name in enumerate(self._names):
            for part in _SIGNS.split(name):
                found.setdefault(part, set()).add(number)
                while ":" in part:
                    part = part.partition(":")[2]
                    found.setdefault(part, set()).add(number)
        return found

    def _handed(
        self, project: Project, files: Collection[str], only_tests: Callable[[str], bool]
    ) -> Iterator[Walker]:
        """Files that hand a folder of others to one of the project's that goes through what it is told."""
        patterns = {walk.pattern for path in files for walk in self._of_file(path) if walk.origin == TOLD}
        for path in files if patterns else ():
            tests = only_tests(path)
            for walk in self._of_file(path):
                if walk.pattern != TOLD or not (tests or walk.origin == FILE):
                    continue
                folder = _folder(project, path, walk)
                if walk.given or self._holds_others(project, folder):
                    scope = Scope.TEST if tests else Scope.RUNTIME
                    named = _named(walk, folder)
                    for one in sorted(patterns):
                        yield Walker(path, scope, folder, one, walk.given, named, walk.told)

    def _gone(
        self, project: Project, files: Collection[str], only_tests: Callable[[str], bool]
    ) -> Iterator[Walker]:
        """Tests that go through where they run, and a conftest or helper has gone elsewhere before."""
        shared = [path for path in files if only_tests(path) and not _is_test_file(path)]
        gone = [(path, walk) for path in shared for walk in self._of_file(path) if walk.pattern == GOES]
        for path in filter(only_tests, files) if gone else ():
            for walk in self._of_file(path):
                if walk.origin != HERE or walk.pattern in (TOLD, GOES):
                    continue
                for goer, place in gone:
                    folder = _below(_folder(project, goer, place), walk)
                    if place.given or self._holds_others(project, folder):
                        # what is given is given to whoever goes there
                        where, named = goer if place.given else path, _named(place, folder)
                        yield Walker(where, Scope.TEST, folder, walk.pattern, place.given, named)

    def _from(self, project: Project, path: str, files: Collection[str], scope: Scope) -> Iterator[Walker]:
        for walk in self._of_file(path):
            if walk.origin == TOLD or walk.pattern in (TOLD, GOES):
                continue
            if scope is Scope.RUNTIME and _is_asked_where(walk, project.path != ROOT and path in files):
                continue
            # nobody knows where a script of no project is started
            folder = ROOT if walk.origin == HERE and path not in files else _folder(project, path, walk)
            if walk.given or self._holds_others(project, folder):
                yield Walker(path, scope, folder, walk.pattern, walk.given, _named(walk, folder))

    def _holds_others(self, project: Project, folder: str) -> bool:
        projects = self._code.workspace.projects
        if project.path != ROOT and not inside(folder, project.path):
            return True
        others = (one.path for one in projects if one.path not in (ROOT, project.path))
        return any(inside(one, folder) or inside(folder, one) for one in others if inside(one, project.path))


def _is_asked_where(walk: Walk, is_source: bool) -> bool:
    """Whether a program goes through what it is told to, or where it is started: in a test its own folder.

    Not if it is after code at the top of the checkout.
    """
    if is_source and (walk.given or walk.origin in (ANYWHERE, HERE)):
        return True
    return walk.origin in (HERE, TOP) and not walk.pattern.strip("*")


def _is_test_file(path: str) -> bool:
    """Whether it is one that others do not load, by its name."""
    name = path.rpartition("/")[2]
    return name.startswith("test_") or name.endswith("_test.py")


def _below(folder: str, walk: Walk) -> str:
    steps = [] if folder == ROOT else folder.split("/")
    if walk.steps > len(steps):
        return ROOT
    above = "/".join(steps[: len(steps) - walk.steps]) or ROOT
    return child(above, walk.folder) if walk.folder else above


def _named(walk: Walk, folder: str) -> str:
    """Of what there has to be something: from beyond the workspace only its own folder's names lead back."""
    is_beyond = folder == ROOT and walk.origin in (FILE, HERE)
    return walk.named or (walk.folder.partition("/")[0] if is_beyond else "")


def _folder(project: Project, path: str, walk: Walk) -> str:
    """Where the walk begins; the workspace where that lies further up, or anywhere."""
    if walk.origin not in (FILE, HERE):
        return ROOT
    return _below(path if walk.origin == FILE else project.path, walk)
