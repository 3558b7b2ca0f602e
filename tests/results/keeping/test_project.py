"""What of a project is not kept, and in which words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from pytest_monorepo.results.keeping.project import Project
from pytest_monorepo.results.keeping.traces import all_told
from tests.results.keeping.test_traces import trace


def test_of_files_that_several_workers_ran_it_is_said_what_binds_them() -> None:
    traces = all_told([trace("a.py", {"modules": ["app"]}, modules=["app"]), trace("b.py", modules=["app"])])
    heard = SimpleNamespace(
        tested=["a.py", "b.py"],
        files=dict.fromkeys(["a.py", "b.py"], SimpleNamespace(tests=["test"])),
        whole=(),
    )
    ready: Any = SimpleNamespace(
        traces=traces, heard=heard, elsewhere=frozenset(), question=SimpleNamespace(project=""), shares=None
    )
    book: Any = SimpleNamespace(measured=())
    reasons: dict[str, str] = {}
    Project(book, ready, {})._refuse_units(reasons)
    assert reasons == {
        file: f"several workers ran it and {other}, which are one (a.py leaves variables of app)"
        for file, other in (("a.py", "b.py"), ("b.py", "a.py"))
    }
