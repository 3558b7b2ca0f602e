"""Whether the paths that a call names hold no more than what a run of all of their project has seen."""

from __future__ import annotations

import glob
import os
import posixpath
from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from pytest_monorepo.results.entries.entry import Entry
from pytest_monorepo.value import value
from pytest_monorepo.workspace.files.tree import inside, join
from pytest_monorepo.workspace.model import Project


@value(frozen=True)
class Naming:
    """``files`` and ``folders`` are named; a run of all of the project begins at ``starts``.

    ``tests`` are the files that discovery knows, ``patterns`` pytest's ``python_files``. Paths are relative
    to the workspace.
    """

    files: Collection[str] = ()
    folders: Collection[str] = ()
    starts: Collection[str] = ()
    tests: Collection[str] = ()
    patterns: tuple[str, ...] = ()

    def stray(self, roster: Entry | None) -> str | None:
        """Why what is named may be more; ``roster`` says which files a run of all has seen, where that holds.

        A path on the command line is collected whatever ``testpaths``, ``python_files``, ``norecursedirs``
        and ``collect_ignore`` say (``Session.isinitpath`` of pytest).
        """
        seen = frozenset(roster.unit if roster is not None else self.tests)
        # without folders, a file that no run has seen runs and keeps the others from being all
        known = seen if self.folders else seen.union(self.tests)
        for file in self.files:
            if file not in known:
                return f"{file} is asked for, which a run of all does not collect"
            if not self._is_test(posixpath.basename(file)):
                return f"{file} is asked for, which may hold more than a run of all collects there"
        for folder in self.folders:
            if not self._walked(folder) or not any(inside(file, folder) for file in seen):
                return f"{folder} is asked for, where a run of all does not look everywhere"
        return None

    def _is_test(self, name: str) -> bool:
        """Whether naming it changes nothing: before pytest 8, ``__init__.py`` means its whole package."""
        return name != "__init__.py" and any(fnmatchcase(name, pattern) for pattern in self.patterns)

    def _walked(self, folder: str) -> bool:
        """Where a start lies below it, the folder itself may be one that pytest leaves out."""
        below = any(inside(start, folder) and start != folder for start in self.starts)
        return not below and any(inside(folder, start) for start in self.starts)


def of(root: Path, project: Project, paths: Iterable[str]) -> Naming:
    """What ``paths`` mean on the disk.

    ``testpaths`` count wherever they lead somewhere, also where pytest would pass over them (its rootdir is
    another): what lies in one of them is seen in either case.
    """
    named, settings = list(paths), project.settings
    found = (
        join(project.path, path.replace(os.sep, "/"))
        for pattern in settings.testpaths
        for path in glob.iglob(pattern, root_dir=root / project.path, recursive=True)
    )
    folders = tuple(path for path in named if (root / path).is_dir())
    return Naming(
        files=tuple(path for path in named if path not in folders),
        folders=folders,
        starts=tuple(found) or (project.path,),
        tests=project.test_files,
        patterns=settings.python_files,
    )
