"""Which modules a test file loads by itself, whoever else has."""

from __future__ import annotations

from pytest_monorepo.inputs.owners.names.loads import Loads
from pytest_monorepo.inputs.record.scopes import ALL, COLLECTION, Scopes

FILES = ["test_a.py", "test_b.py"]
MODULES = {"test_a.py": {"test_a"}, "test_b.py": {"test_b"}}


def _loads(loads: dict[str, set[str]], edges: dict[str, dict[str, None]] | None = None) -> Loads:
    scopes = Scopes()
    scopes.loads, scopes.edges = loads, edges or {}
    return Loads(scopes, MODULES, {"sys"})


def test_what_is_imported_by_a_module_is_surely_there_for_who_imports_that() -> None:
    loads = _loads({"test_a": {"app", "app.*"}, "app": {"json"}})
    assert {"app", "json", "sys"} <= loads.surely("test_a.py")
    assert "app" not in loads.surely("test_b.py")


def test_what_a_function_imports_is_surely_there_only_for_who_calls_it() -> None:
    loads = _loads(
        {"test_a": {"app"}, "test_b": {"app"}, "test_a.py": {"json"}, "app": set()}, {"app": {"json": None}}
    )
    assert "json" in loads.surely("test_a.py")
    assert "json" not in loads.surely("test_b.py")
    assert loads.loading("json", FILES) == FILES, "both may call it"


def test_a_module_is_loaded_by_who_imports_it() -> None:
    loads = _loads({"test_a": {"json"}})
    assert loads.loading("json", FILES) == ["test_a.py"]
    assert loads.loading("not_loaded_at_all", FILES) == []


def test_what_was_there_before_is_nobodys_doing() -> None:
    assert _loads({"test_a": {"sys"}}).loading("sys", FILES) == []
    assert _loads({"test_a": {"json"}, COLLECTION: {"json"}}).loading("json", FILES) == []


def test_what_shared_code_loads_or_nobody_is_everybodys_doing() -> None:
    assert _loads({"test_a": {"json"}, ALL: {"json"}}).loading("json", FILES) == FILES
    assert _loads({}).loading("json", FILES) == FILES
