"""By what a project shows that one worker must run it whole, a row a rule; runs are in ``tests/run``."""

from __future__ import annotations

import sys
import types
from types import ModuleType
from typing import Any

import pytest

from pytest_monorepo.results.keeping.heard import Heard
from pytest_monorepo.worker import protocol
from pytest_monorepo.worker.plugins import whole
from pytest_monorepo.worker.plugins.whole import TELLS
from tests.worker.fakes import Item, config, mark


def module(**values: Any) -> ModuleType:
    found = ModuleType("test_it")
    vars(found).update(values)
    return found


def of(package: str) -> Any:
    """A function that a test module has imported from a package."""

    def thing() -> None: ...

    thing.__module__ = package
    return thing


def words(settings: Any, items: list[Any], **more: Any) -> list[str]:
    return [str(reason) for reason in whole.reasons(settings, items, **more)]


PLAIN = Item("t.py::x", [mark("slow")], ["tmp_path"])


@pytest.mark.parametrize(
    ("plugins", "item", "options", "expected"),
    [
        ([], PLAIN, {}, []),
        # the plugin must be there: a mark of that name means nothing without it
        ([], Item("t.py::x", [mark("dependency")]), {}, []),
        (
            ["dependency"],
            Item("t.py::x", [mark("dependency")]),
            {},
            ["marker dependency (pytest-dependency)"],
        ),
        (["dependency"], PLAIN, {}, []),
        (
            ["pytest_order"],
            Item("t.py::x", [mark("second_to_last")]),
            {},
            ["marker second_to_last (pytest-order)"],
        ),
        (["pytest_order.plugin"], Item("t.py::x", [mark("order")]), {}, ["marker order (pytest-order)"]),
        (["pytest_order"], PLAIN, {"order_dependencies": True}, ["option order_dependencies (pytest-order)"]),
        (["pytest_order"], PLAIN, {"order_dependencies": False}, []),
        (["pytest_ordering"], Item("t.py::x", [mark("run", order=1)]), {}, ["marker run (pytest-ordering)"]),
        (["depends"], Item("t.py::x", [mark("depends")]), {}, ["marker depends (pytest-depends)"]),
        (["harvest"], Item("t.py::x", [], ["results_bag"]), {}, ["fixture results_bag (pytest-harvest)"]),
        (["syrupy"], Item("t.py::x", [], ["snapshot"]), {}, ["fixture snapshot (syrupy)"]),
        (["syrupy"], PLAIN, {}, []),
        (["snapshottest"], PLAIN, {"snapshot_update": True}, ["option snapshot_update (snapshottest)"]),
        (
            ["inline_snapshot"],
            PLAIN,
            {"inline_snapshot": "fix"},
            ["option inline_snapshot (inline-snapshot)"],
        ),
        (
            ["inline_snapshot"],
            Item("t.py::x", module=module(snapshot=of("inline_snapshot._inline_snapshot"))),
            {},
            ["import inline_snapshot (inline-snapshot)"],
        ),
        (["inline_snapshot"], Item("t.py::x", module=module(other=of("inline_snapshots"))), {}, []),
        (
            ["benchmark"],
            PLAIN,
            {"benchmark_autosave": True},
            ["option benchmark_autosave (pytest-benchmark)"],
        ),
        (["benchmark"], PLAIN, {"benchmark_disable": True}, []),
        (["timeout"], PLAIN, {"session_timeout": 5}, ["option session_timeout (pytest-timeout)"]),
        (["timeout"], PLAIN, {"timeout": 5}, []),
        (["insta"], Item("t.py::x", [], ["snapshot"]), {}, ["fixture snapshot (pytest-insta)"]),
        (["pytest_incremental"], PLAIN, {"incremental": True}, ["option incremental (pytest-incremental)"]),
        (["pytest-split"], PLAIN, {"store_durations": True}, ["option store_durations (pytest-split)"]),
        (["pytest-split"], PLAIN, {"splits": 2}, []),
        (["profiling"], PLAIN, {"profile": True}, ["option profile (pytest-profiling)"]),
        (["rerunfailures"], PLAIN, {"fail_on_flaky": True}, ["option fail_on_flaky (pytest-rerunfailures)"]),
    ],
)
def test_rules(plugins: list[str], item: Item, options: dict[str, Any], expected: list[str]) -> None:
    assert words(config(*plugins, **options), [PLAIN, item]) == expected


@pytest.mark.parametrize(
    ("flags", "kind"),
    [
        ({"report"}, TELLS),
        ({"short-report"}, TELLS),
        ({"disable"}, TELLS),
        ({"report", "fix"}, "import"),
        ({"create"}, "import"),
        ({"trim", "report"}, "import"),
        (set(), "import"),
        (None, "import"),
    ],
)
def test_a_plugin_that_only_tells_at_the_end_binds_no_results(
    monkeypatch: pytest.MonkeyPatch, flags: set[str] | None, kind: str
) -> None:
    """What it may write then is up to all that ran, by whatever option, setting or variable it may."""
    state = types.SimpleNamespace() if flags is None else types.SimpleNamespace(flags=flags)
    known = types.SimpleNamespace(state=lambda: state)
    monkeypatch.setitem(sys.modules, "inline_snapshot._global_state", known)
    item = Item("t.py::x", module=module(snapshot=of("inline_snapshot._inline_snapshot")))
    assert words(config("inline_snapshot"), [item]) == [f"{kind} inline_snapshot (inline-snapshot)"]
    heard = Heard()
    heard.add(1, protocol.Collected([], [], whole=[[kind, "inline_snapshot", "inline-snapshot"]]))
    assert heard.whole == (() if kind == TELLS else ("inline_snapshot",))


def test_an_item_that_is_no_function_has_neither_fixtures_nor_module() -> None:
    yaml = Item("t.yaml::x")
    del yaml.fixturenames, yaml.module
    assert words(config("syrupy", "inline_snapshot"), [yaml]) == []


@pytest.mark.parametrize(
    ("options", "ini", "own_maxfail", "expected"),
    [
        ({}, {}, False, []),
        ({"max_warnings": 0}, {}, False, ["setting max_warnings"]),
        ({"max_warnings": None}, {"max_warnings": "3"}, False, ["setting max_warnings"]),
        ({}, {"max_warnings": None}, False, []),
        ({"maxfail": 1}, {}, True, ["option --maxfail"]),
        ({"maxfail": 1}, {}, False, []),
        ({"maxfail": 0}, {}, True, []),
        ({"stepwise": True}, {}, False, ["option --stepwise"]),
        ({"stepwise": False}, {}, True, []),
    ],
)
def test_limits_of_pytest_s_own(
    options: dict[str, Any], ini: dict[str, Any], own_maxfail: bool, expected: list[str]
) -> None:
    assert words(config(ini=ini, **options), [PLAIN], own_maxfail=own_maxfail) == expected


@pytest.mark.parametrize(
    ("keep", "expected"),
    [
        ("marker:slow", ["marker slow"]),
        ("marker:fast", []),
        ("fixture:tmp_path", ["fixture tmp_path"]),
        ("fixture:db", []),
        ("plugin:my_plugin", ["plugin my_plugin"]),
        ("plugin:my-plugin", ["plugin my-plugin"]),
        ("plugin:other", []),
        ("option:--my-limit", ["option --my-limit"]),
        ("option:my_limit", ["option my_limit"]),
        ("option:--unset", []),
        ("setting:my_setting", ["setting my_setting"]),
        ("setting:empty", []),
        ("setting:unknown", []),
    ],
)
def test_what_the_settings_name(keep: str, expected: list[str]) -> None:
    settings = config("my_plugin", ini={"my_setting": "x", "empty": []}, my_limit=3, unset=None)
    assert words(settings, [PLAIN], keep=[keep]) == expected


def test_a_reason_is_told_once() -> None:
    items = [Item(f"t.py::{n}", [mark("dependency"), mark("dependency")]) for n in range(3)]
    found = words(config("dependency", "pytest_dependency"), items, keep=["marker:dependency"] * 2)
    assert found == ["marker dependency (pytest-dependency)", "marker dependency"]


@pytest.mark.parametrize("rule", whole.RULES, ids=lambda rule: rule.plugin)
def test_a_rule_says_by_what_it_is_shown(rule: whole.Rule) -> None:
    shown = (rule.markers, rule.fixtures, rule.folders, rule.imports, rule.options, rule.settings)
    assert any(shown)
    assert rule.judges in ("", "always", "asked", "each")
    assert rule.judges != "asked" or rule.options
