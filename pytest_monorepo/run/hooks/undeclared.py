"""A module that is missing in one project and provided by another one: whose it is, and who should say so."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pytest_monorepo.workspace.files.relative import within
from pytest_monorepo.workspace.graph import Graph
from pytest_monorepo.workspace.model import ROOT, Project, Scope, Workspace

_MISSING = "No module named '"
_BARE = ("ModuleNotFoundError", "ImportError")
_ERRORS = tuple(f"{name}: " for name in _BARE)
# how far above its message, at most, pytest shows the statement and the file
_SHOWN_ABOVE = 60


class Undeclared:
    """Reads failures of the projects of ``workspace``; ``graph`` is who declares whom."""

    def __init__(self, workspace: Workspace, graph: Graph) -> None:
        self._workspace = workspace
        self._graph = graph
        self._packages: Mapping[str, Sequence[tuple[str, str]]] | None = None

    def noted(self, longrepr: Any, project: str) -> Any:
        """The failure with our sentence at its end, where there is something to say; may change it."""
        if isinstance(longrepr, str):
            return self.under(longrepr, project)
        if hasattr(longrepr, "addsection") and (hint := self.hint(str(longrepr), project)):
            longrepr.addsection("pytest-monorepo", hint, "-")
        return longrepr

    def under(self, text: str, project: str) -> str:
        """The text of a failure, and below it our sentence where there is something to say."""
        hint = self.hint(text, project)
        return f"{text}\n\n{hint}" if hint else text

    def hint(self, text: str, project: str) -> str | None:
        """``lib3 is libs/lib3, which libs/lib7 does not declare``, for a failure in ``project``.

        ``None`` where nothing is missing, where nobody here provides it, and where its provider is declared:
        then the source is on the path, and another module of it is missing.
        """
        if _MISSING not in text:
            return None
        lines = text.splitlines()
        found = (self._said(lines, at, name, project) for at, name in _missing(lines))
        return next((hint for hint in found if hint is not None), None)

    def _said(self, lines: Sequence[str], at: int, missing: str, project: str) -> str | None:
        above = lines[max(0, at - _SHOWN_ABOVE) : at]
        package, providers = self._providers(missing, _written(reversed(above), missing))
        usable = {project, *self._graph.transitive_dependencies(project)}
        # the file stands below the message of a long traceback, and above it everywhere else
        below = [line for line in lines[at + 1 : at + 3] if line.rstrip().endswith(_BARE)]
        importer = self._importer(project, [*below, *reversed(above)])
        if not providers or not usable.isdisjoint(providers) or importer in providers:
            return None
        whose = " or ".join(map(_shown, providers))
        return f"{package} is {whose}, {self._fault(importer, providers)}"

    def _fault(self, importer: str, providers: Sequence[str]) -> str:
        if len(providers) > 1:
            return f"and {_shown(importer)} declares neither"
        scopes = {edge.scope for edge in self._graph.needs(importer) if edge.dependency in providers}
        if scopes == {Scope.TEST}:  # a dependent's tests do not get what its own tests need
            return f"which {_shown(importer)} declares for its tests only"
        return f"which {_shown(importer)} does not declare"

    def _providers(self, missing: str, written: Sequence[str]) -> tuple[str, list[str]]:
        """The longest package that one of the names leads to, and whose it is.

        Of a package that several projects share, Python misses the part that they share: what the statement
        says tells which one is meant.
        """
        known = self._known().get(missing.partition(".")[0], ())
        names = [*written, missing]
        led = [(package, path) for package, path in known if any(_leads(name, package) for name in names)]
        if not led:  # nothing tells which part of the shared package
            led = [(missing, path) for package, path in known if package.startswith(f"{missing}.")]
        package = max((package for package, _ in led), key=len, default="")
        return package, sorted({path for each, path in led if each == package})

    def _known(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        if self._packages is None:
            found: dict[str, list[tuple[str, str]]] = {}
            for project in self._workspace.projects:
                for package in project.packages:
                    found.setdefault(package.partition(".")[0], []).append((package, project.path))
            self._packages = found
        return self._packages

    def _importer(self, project: str, lines: Sequence[str]) -> str:
        """Whose file holds the statement: that of a dependency, if need be."""
        home = self._workspace.by_path[project]
        owners = (self._owner(line.strip(), home) for line in lines)
        return next((owner.path for owner in owners if owner is not None), project)

    def _owner(self, line: str, home: Project) -> Project | None:
        place = _PLACE.match(line)
        if place is None:
            return None
        root = self._workspace.root
        for base in (root, root / home.path):  # as the workspace or as the project's own pytest shows it
            file = os.path.normpath(base / (place[1] or place[2]))
            if os.path.isfile(file) and (found := within(root, file)) is not None:
                return self._workspace.owner(found)
        return None


# pytest's `path.py:3: in f`, and Python's own way, which --tb=native shows
_PLACE = re.compile(r'([^\s:"][^:"\n]*\.py):\d+: |File "([^"\n]+)", line \d')


def _missing(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The lines that say what is missing, as messages of exceptions, and what that is."""
    for at, line in enumerate(lines):
        before, found, after = line.partition(_MISSING)
        if found and before.removeprefix("E").lstrip().startswith(_ERRORS):
            yield at, after.partition("'")[0]


def _written(lines: Iterable[str], missing: str) -> list[str]:
    """The dotted names that begin with what is missing, in the first of the lines that has any."""
    return next((names for line in lines if (names := _names(line, missing))), [])


def _names(line: str, missing: str) -> list[str]:
    words = re.findall(r"[\w.]+", line)
    if words[:1] == ["from"] and words[2:3] == ["import"]:
        words += [f"{words[1]}.{part}" for part in words[3:]]
    return [word for word in words if word.startswith(f"{missing}.")]


def _leads(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _shown(project: str) -> str:
    return "the root" if project == ROOT else project
