"""What the imports of one project say, as values: a decision needs them, and seldom who finds them."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_monorepo.workspace.graph import Edge
from pytest_monorepo.workspace.model import Project, Scope


@dataclass(frozen=True)
class FileEdge:
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

    def __lt__(self, other: FileEdge) -> bool:
        return self._order < other._order

    @property
    def _order(self) -> tuple[str, str, str, str, int]:
        return self.importer, self.imported, self.imported_path, self.importer_path, self.line


@dataclass
class Reading:
    """What one project's files import, as it is being found; the fields are those of ``ImportEdges``."""

    project: Project
    external: frozenset[str] = frozenset()
    edges: list[Edge] = field(default_factory=list)
    file_edges: list[FileEdge] = field(default_factory=list)
    undeclared: list[str] = field(default_factory=list)
    loose: set[str] = field(default_factory=set)
    promoted: set[str] = field(default_factory=set)
