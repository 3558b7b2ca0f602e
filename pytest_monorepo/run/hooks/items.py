"""Items of the workers as real pytest nodes in the controller: for ``session.items`` and deselection."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.value import value
from pytest_monorepo.worker.protocol import Node


class ProxyItem(pytest.Item):
    """A test that lives in a worker; its node id, path and location are workspace-relative."""

    def __init__(
        self,
        *,
        place: tuple[str, int | None, str],
        doc: str | None = None,
        function: str | None = None,
        parameters: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._place = place
        self.obj = _Documented(doc)
        # as pytest.Function has them: editors group a parametrized test's cases by their function
        self.originalname = function
        if parameters is not None:
            self.callspec = _CallSpec(parameters)

    def runtest(self) -> None:
        raise RuntimeError(f"{self.nodeid} runs in a worker, not in the controller")

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, self._place[1], self._place[2]

    @property
    def location(self) -> tuple[str, int | None, str]:
        return self._place


class ProxyCollector(pytest.Collector):
    """What was collected in a worker and has tests below it."""

    def __init__(self, *, doc: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.obj = _Documented(doc)

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        return []


class ProxyFolder(ProxyCollector, pytest.Directory):
    """A folder, with or without ``__init__.py``."""


class ProxyFile(ProxyCollector, pytest.File):
    """A file that is no Python module."""


class ProxyModule(ProxyCollector, pytest.Module):
    """A module that is not imported here."""


class ProxyClass(ProxyCollector, pytest.Class):
    """A class that is not imported here."""


_BASES: dict[str, type] = {
    "Class": ProxyClass,
    "Module": ProxyModule,
    "File": ProxyFile,
    "Package": ProxyFolder,
    "Dir": ProxyFolder,
}
"""pytest's own classes, since editors ask for them."""


@value(frozen=True)
class _CallSpec:
    id: str


class _Documented:
    def __init__(self, doc: str | None) -> None:
        self.__doc__ = inspect.cleandoc(doc) if doc else None


def build_tree(session: pytest.Session, project: str, nodes: Sequence[Node]) -> list[pytest.Item]:
    """The items of one project below a branch named after it."""
    branch = _named(ProxyCollector, "Project").from_parent(
        session, name=project, nodeid=project, path=session.config.rootpath / project
    )
    built: list[pytest.Collector | pytest.Item] = []
    items: list[pytest.Item] = []
    for node in nodes:
        parent = built[node.parent] if node.parent >= 0 else branch
        base = ProxyItem if node.is_item else _BASES.get(node.base, ProxyCollector)
        kind = _named(base, node.kind)
        extra: dict[str, Any] = {}
        if node.is_item:
            path = node.nodeid.partition("::")[0]
            extra["place"] = (path, node.line, node.domain)
            extra["function"], extra["parameters"] = node.function, node.parameters
        new = kind.from_parent(
            parent,
            name=node.name,
            nodeid=node.nodeid,
            path=session.config.rootpath / node.path,
            doc=node.doc,
            **extra,
        )
        built.append(new)
        if isinstance(new, pytest.Item):
            items.append(new)
    return items


def stand_ins(session: pytest.Session, nodeids: Iterable[str]) -> list[pytest.Item]:
    """Items of which nothing but the node id is known; enough to be counted as deselected."""
    return [
        ProxyItem.from_parent(
            session,
            name=nodeid.rpartition("::")[2] or nodeid,
            nodeid=nodeid,
            path=session.config.rootpath / nodeid.partition("::")[0],
            place=(nodeid.partition("::")[0], None, nodeid),
        )
        for nodeid in nodeids
    ]


_KINDS: dict[tuple[type, str], Any] = {}


def _named(base: type, kind: str) -> Any:
    """A subclass whose name pytest prints: ``<Function test_x>``."""
    key = (base, kind)
    if key not in _KINDS:
        _KINDS[key] = type(kind, (base,), {})
    return _KINDS[key]
