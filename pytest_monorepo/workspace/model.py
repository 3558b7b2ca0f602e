"""The nouns: :class:`Project`, :class:`Workspace` and what they are made of.

Every path is a POSIX string relative to the workspace root (``"libs/core"``, ``"."`` for the root
itself) unless its name says otherwise, so that values compare, sort and print the same everywhere.
File names that are not UTF-8 are kept with ``surrogateescape``.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from pytest_monorepo.records import Scope as Scope
from pytest_monorepo.value import value

ROOT = "."

# what makes a folder a possible project
MARKERS = frozenset(
    ("pyproject.toml", "setup.cfg", "setup.py", "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml")
)


class Dependency(NamedTuple):
    """One declared dependency, as a manifest states it and before it is matched to a project.

    ``name`` is the canonical distribution name (PEP 503), or ``""`` where only a path is given;
    ``path`` is the folder it points to, relative to the workspace root, or ``None``; ``how`` words
    the declaration for reason chains (``"poetry path dependency"``, ``"uv workspace dependency"``).
    """

    name: str
    path: str | None
    scope: Scope
    how: str


@value(frozen=True)
class PytestSettings:
    """What pytest itself would read in a project's folder, as far as discovery needs it.

    ``inifile`` is relative to the workspace root and may lie above the project or, where the workspace
    is a subfolder, above the root (``"../pytest.ini"``); ``None`` when pytest finds none. ``rootdir`` is
    what pytest would choose. ``testpaths`` are globs relative to ``rootdir`` and count only when that is the
    project's own folder, as in pytest. ``pythonpath`` is relative to the folder of ``inifile``.
    """

    inifile: str | None = None
    rootdir: str = ROOT
    testpaths: tuple[str, ...] = ()
    python_files: tuple[str, ...] = ("test_*.py", "*_test.py")
    norecursedirs: tuple[str, ...] = ()
    addopts: tuple[str, ...] = ()
    pythonpath: tuple[str, ...] = ()


@value(frozen=True)
class Project:
    """A folder with a manifest or pytest configuration of its own.

    ``test_files`` are those its own pytest settings would collect, without those of nested projects;
    a project without any is kept for the graph and never run. ``source_roots`` are the folders to put
    on ``sys.path`` so that ``packages`` (dotted import names it provides) can be imported without an
    installation. ``error`` is set when a manifest could not be read: the project is reported, not run.
    ``includes`` are the requirements and constraints files its manifests read, wherever they lie, and the
    folders of no project that it depends on by path (a vendored one, say) or reaches through a link.
    ``renamed`` are those of ``packages`` that are installed from a path of another name, each with that path.
    ``pytest_plugin`` where its manifests name a ``pytest11`` entry point: installed, it is loaded into the
    run of every project.
    """

    path: str
    name: str
    distribution: str | None = None
    manifests: tuple[str, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    source_roots: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    settings: PytestSettings = field(default_factory=PytestSettings)
    test_files: tuple[str, ...] = ()
    requires_python: str | None = None
    error: str | None = None
    includes: tuple[str, ...] = ()
    pytest_plugin: bool = False
    renamed: tuple[tuple[str, str], ...] = ()

    @property
    def runs(self) -> bool:
        """Whether a run has anything to do here: tests to collect or an error to report."""
        return bool(self.test_files) or self.error is not None

    @property
    def pythonpath(self) -> Iterator[str]:
        """The folders that its pytest settings put on ``sys.path``, as seen from the workspace root."""
        folder = posixpath.dirname(self.settings.inifile or "")
        return (posixpath.normpath(posixpath.join(folder, entry)) for entry in self.settings.pythonpath)


def parents(path: str) -> Iterator[str]:
    """The path itself and every folder above it, deepest first, ending with ``"."``."""
    while path not in ("", ROOT):
        yield path
        path = posixpath.dirname(path)
    yield ROOT


class Since(NamedTuple):
    """How a workspace differs from the one that an earlier run kept under the name ``entry``.

    ``paths`` holds every path that may not be as it was, with git's hash of it now: empty where only the disk
    knows, ``None`` where there is no file. ``projects`` and ``files`` are those for which that is true, and
    no projects where some of them are other ones: a hook may have put others in their place since.
    """

    entry: str
    paths: Mapping[str, str | None]
    projects: tuple[Project, ...]
    files: tuple[str, ...]


@value(frozen=True)
class Workspace:
    """The whole repository as one run sees it; ``projects`` are sorted by path and never share one.

    ``files`` are all files of the workspace that git would know (tracked or untracked, not ignored),
    or without git those of a walk that skips what :mod:`discovery` calls foreign.
    ``warnings`` are sentences for the user (two projects of one name, an unused setting).
    ``foreign`` are folders whose tests are nobody's (vendored, template, left out, other checkouts): a
    project around one must not collect there. ``blobs`` maps files that are on disk as git's index has
    them to git's hash, ``listed`` is what git says of all other files (:mod:`listing`), empty where that
    cannot be relied on. ``since`` compares with an earlier run, where that is known.
    """

    root: Path
    projects: tuple[Project, ...] = ()
    files: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    blobs: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    listed: bytes = field(default=b"", repr=False, compare=False)
    since: Since | None = field(default=None, repr=False, compare=False)

    @cached_property
    def by_path(self) -> Mapping[str, Project]:
        return {project.path: project for project in self.projects}

    def owner(self, path: str) -> Project | None:
        """The deepest project that holds ``path``; ``None`` where no project does."""
        return next((self.by_path[p] for p in parents(path) if p in self.by_path), None)

    def owner_of_test(self, nodeid: str) -> Project | None:
        """Likewise, of the file of a test or of what is reported as one."""
        return self.owner(nodeid.partition("::")[0])

    @cached_property
    def _conftests(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for path in self.files:
            if path.endswith("conftest.py") and posixpath.basename(path) == "conftest.py":
                owner = self.owner(path)
                place = owner.path if owner is not None else posixpath.dirname(path) or ROOT
                found.setdefault(place, []).append(path)
        return found

    def conftests(self, project: Project) -> Iterator[str]:
        """Those that pytest may load for the project: its own, and those that lie above it."""
        yield from self._conftests.get(project.path, ())
        for folder in tuple(parents(project.path))[1:]:
            above = posixpath.join(folder, "conftest.py") if folder != ROOT else "conftest.py"
            owner = self.owner(above)
            if above in self._conftests.get(owner.path if owner is not None else folder, ()):
                yield above

    @cached_property
    def left_out(self) -> tuple[Project, ...]:
        """The projects that are there for the graph alone, because something leaves them out."""
        foreign = frozenset(self.foreign)
        return tuple(project for project in self.projects if project.path in foreign)

    def nested(self, project: Project) -> tuple[Project, ...]:
        """The projects that lie inside ``project``, outermost and deeper ones alike."""
        if project.path == ROOT:
            return tuple(p for p in self.projects if p.path != ROOT)
        inside = project.path + "/"
        return tuple(p for p in self.projects if p.path.startswith(inside))
