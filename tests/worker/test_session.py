"""Private pieces of pytest that a worker leans on: each test fails on the day that one of them moves."""

from __future__ import annotations

import json
import os
import sys
import types
from pathlib import Path

import pytest
from _pytest.cacheprovider import LFPlugin

from pytest_monorepo.worker import session
from pytest_monorepo.worker.paths import Paths, relocate_report
from pytest_monorepo.worker.plugins import lastrun
from pytest_monorepo.worker.plugins.reports import reporter


def test_the_record_of_failures_can_be_handed_over(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_a(): pass\ndef test_b(): pass\n")
    name = "test_the_record_of_failures_can_be_handed_over.py"

    class Handover:
        @pytest.hookimpl(trylast=True)
        def pytest_configure(self, config: pytest.Config) -> None:
            assert isinstance(config.pluginmanager.get_plugin("lfplugin"), LFPlugin)
            lastrun.hand_over(config, [f"{name}::test_b"])

    recorder = pytester.inline_run("--lf", plugins=[Handover()])
    assert [call.item.name for call in recorder.getcalls("pytest_runtest_setup")] == ["test_b"]


def test_the_terminal_reporter_can_be_muted(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_a(): print('a speaks')\n")

    class Mute:
        @pytest.hookimpl(trylast=True)
        def pytest_configure(self, config: pytest.Config) -> None:
            reporter.mute(config, str(pytester.path / "log"))

        @pytest.hookimpl(trylast=True)
        def pytest_unconfigure(self, config: pytest.Config) -> None:
            writer = config.get_terminal_writer()
            writer.flush()
            writer._file.close()

    assert pytester.inline_run("-s", plugins=[Mute()]).ret == 0
    assert "1 passed" in (pytester.path / "log").read_text()


def test_a_placeholder_keeps_a_plugin_out_even_by_p(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(unwanted="raise RuntimeError('imported')\n")

    class Keep:
        def pytest_addoption(self, pluginmanager: pytest.PytestPluginManager) -> None:
            pluginmanager.register(object(), "unwanted")

    assert pytester.inline_run("-p", "unwanted", plugins=[Keep()]).ret == 5


def test_subtest_reports_keep_their_values() -> None:
    subtests = pytest.importorskip("_pytest.subtests")  # pytest >= 9
    context = subtests.SubtestContext(msg="m", kwargs={"i": "text"})
    object.__setattr__(context, "kwargs", {"i": "other"})
    assert context.kwargs == {"i": "other"}


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    (tmp_path / "libs/a/tests").mkdir(parents=True)
    (tmp_path / "libs/a/tests/test_x.py").touch()
    return Paths(str(tmp_path), str(tmp_path / "libs/a"))


@pytest.mark.parametrize(
    "nodeid", ["tests/test_x.py::test_y[a::b/c d]", "tests/test_x.py::T::test_ü", "tests"]
)
def test_node_ids_go_both_ways(paths: Paths, nodeid: str) -> None:
    assert paths.nodeid(nodeid) == f"libs/a/{nodeid}"
    assert paths.local(f"libs/a/{nodeid}") == nodeid


def test_node_ids_where_the_rootdir_is_the_workspace(paths: Paths) -> None:
    paths.rootdir = paths.root
    assert paths.nodeid("libs/a/tests/test_x.py::test_y") == "libs/a/tests/test_x.py::test_y"
    assert paths.local("libs/a/tests/test_x.py::test_y") == "libs/a/tests/test_x.py::test_y"


def test_shown_paths(paths: Paths) -> None:
    assert paths.displayed("tests/test_x.py") == "libs/a/tests/test_x.py"
    assert paths.displayed("<string>") == "<string>"
    assert paths.displayed(f"{os.sep}usr/lib/x.py") == f"{os.sep}usr/lib/x.py"


def test_a_serialised_failure_has_workspace_paths(pytester: pytest.Pytester, paths: Paths) -> None:
    """In every style of traceback; a chain must not be moved twice."""
    code = """
def test_y():
    try:
        1 / 0
    except ZeroDivisionError as error:
        raise KeyError from error
"""
    file = Path(paths.folder, "tests/test_x.py")
    file.write_text(code)
    os.chdir(paths.folder)
    for style in ("long", "short", "line", "native"):
        recorder = pytester.inline_run(str(file), f"--tb={style}", f"--rootdir={paths.folder}")
        report = recorder.getreports("pytest_runtest_logreport")[1]
        data = json.loads(json.dumps(report._to_json(), default=repr))
        moved = relocate_report(data, paths)
        assert moved["nodeid"] == "libs/a/tests/test_x.py::test_y"
        assert moved["location"][0] == "libs/a/tests/test_x.py"
        text = pytest.TestReport._from_json(moved).longreprtext
        assert "libs/a/libs/a" not in text
        if style in ("long", "short"):
            assert text.count("libs/a/tests/test_x.py:") == 2


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells it")
def test_a_projects_own_resource_is_not_asked_how_much_memory_was_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "resource", types.ModuleType("resource"))
    assert session._peak_memory() > 1_000_000
