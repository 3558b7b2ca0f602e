"""What the imports of one project say, as values: a decision needs them, and seldom who finds them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pytest_monorepo.workspace.graph import Edge
from pytest_monorepo.workspace.model import Project, Scope


class FileEdge(NamedTuple):
    """``importer_path`` of project ``importer`` imports the test file ``imported_path`` of ``imported``.

    ``scope`` is ``TEST`` where the importing file is a test file itself.
    """

    importer: str
    imported: str
    imported_path: str
    importer_path: str
    line: int
    scope: Scope

    @property
    def place(self) -> str:
        """The line that imports, ``tests/test_x.py:3``, without the importer's own folder."""
        return f"{self.importer_path.removeprefix(self.importer + '/')}:{self.line}"


class Walker(NamedTuple):
    """The file ``path`` goes through the files below ``folder`` whose names fit ``pattern``.

    ``given`` is the name of what it begins from, where that has to be handed to it from elsewhere; empty
    where it is not. Where ``named`` is no name of anything that there is, it goes nowhere; ``told`` is the
    function that is handed the folder, ``module:name`` as the file imports it.
    """

    path: str
    scope: Scope
    folder: str
    pattern: str
    given: str = ""
    named: str = ""
    told: str = ""


class Reading:
    """What one project's files import, as it is being found; the fields are those of ``ImportEdges``."""

    def __init__(
        self,
        project: Project,
        external: frozenset[str] = frozenset(),
        edges: Sequence[Edge] = (),
        file_edges: Sequence[FileEdge] = (),
        undeclared: Sequence[str] = (),
        loose: Iterable[str] = (),
        promoted: Iterable[str] = (),
        walkers: Iterable[Walker] = (),
    ) -> None:
        self.project = project
        self.external = external
        self.edges = list(edges)
        self.file_edges = list(file_edges)
        self.undeclared = list(undeclared)
        self.loose = set(loose)
        self.promoted = set(promoted)
        self.walkers = list(walkers)
