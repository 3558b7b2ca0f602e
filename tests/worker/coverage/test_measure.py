"""A worker's measurement: what it reads of a project's settings, and what tests notice of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from pytest_monorepo.worker.coverage import measure
from pytest_monorepo.worker.coverage import settings as coverage_settings
from tests.patience import MINUTES

HERE = str(Path(__file__).parents[3])

WORKER = """
import json, os, sys
import pytest
from pytest_monorepo.worker.coverage import measure
spec = json.loads(sys.argv[1])
class Neutral:
    @pytest.hookimpl(hookwrapper=True)
    def pytest_load_initial_conftests(self, early_config):
        early_config.known_args_namespace.cov_source = None
        yield
measurement = measure.start(spec, os.getcwd())
plugins = [Neutral()] + ([measurement.plugin] if measurement else [])
args = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:monorepo"]
code = pytest.main(args, plugins=plugins)
print("INFO" + json.dumps([int(code), measurement.stop() if measurement else None]))
"""


def _nothing() -> None:
    """What closing data means to a coverage.py that leaves it to Python."""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-q", "--cov", "tests", "-k", "x"], {"source": ["tests"]}),
        (["--cov", "--strict-markers"], {"source": [True]}),
        (["--cov=a", "--cov", "b", "--cov-branch"], {"source": ["a", "b"], "branch": True}),
        (["--cov=a", "--cov-reset"], {"source": []}),
        (["--cov=", "--cov-fail-under=92.5"], {"source": [""], "fail_under": 92.5}),
        (
            ["--cov-config", "c.ini", "--cov-context=test"],
            {"source": [], "config": "c.ini", "context": "test"},
        ),
        (
            ["--cov=a", "--no-cov", "--cov-report=xml", "--cov-report", "term"],
            {"source": ["a"], "no_cov": True, "report": ["xml", "term"]},
        ),
        (["-q", "--", "--cov"], {"source": []}),
        ([], {"source": []}),
    ],
)
def test_settings_from_addopts(words: list[str], expected: Mapping[str, Any]) -> None:
    nothing = dict.fromkeys(["branch", "config", "fail_under", "context"])

    usual: dict[str, Any] = {**nothing, "no_cov": False, "no_cov_on_fail": False, "report": []}
    assert coverage_settings.settings_from_addopts(words) == {**usual, **expected}


def test_a_refused_value_is_an_error() -> None:
    with pytest.raises(ValueError, match="--cov-fail-under"):
        coverage_settings.settings_from_addopts(["--cov-fail-under=most"])


@pytest.mark.parametrize(
    ("args", "addopts", "expected"),
    [
        ([True], [], None),
        ([True], ["pkg"], ["pkg"]),
        (["/repo/libs"], ["pkg"], ["/repo/libs"]),
        ([True, "/repo/libs"], [], None),
        ([], ["pkg", True], None),
        ([True], ["", "pkg"], ["pkg"]),
    ],
)
def test_chosen_source(args: list[Any], addopts: list[Any], expected: list[str] | None) -> None:
    assert coverage_settings.chosen_source(args, addopts) == expected


@pytest.mark.parametrize(
    ("args", "addopts"), [([], {"source": []}), ([True], {"source": [], "no_cov": True}), ([], {})]
)
def test_nothing_is_measured_unasked(args: list[Any], addopts: Mapping[str, Any], tmp_path: Path) -> None:
    assert measure.start({"args": args, "addopts": addopts, "data_dir": str(tmp_path)}, str(tmp_path)) is None


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))


def run(
    folder: Path, python: str = sys.executable, environ: Mapping[str, str] | None = None, **spec: Any
) -> tuple[str, int, dict[str, Any]]:
    full = {
        "project": folder.name,
        "root": str(folder.parent),
        "data_dir": str(folder.parent / "data"),
        "args": [True],
        "addopts": {},
        "source_default": [str(folder / "pkg")],
        **spec,
    }
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COV", "PYTEST"))}
    own = {"PYTHONPATH": f"{folder}{os.pathsep}{HERE}", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [python, "-c", WORKER, json.dumps(full)],
        cwd=folder,
        env={**kept, **own, **(environ or {})},
        capture_output=True,
        text=True,
        timeout=MINUTES,
        check=False,
    )
    output, found, tail = done.stdout.partition("INFO")
    assert found, done.stdout + done.stderr
    code, info = json.loads(tail.splitlines()[0])
    return output, code, info


def lines_of(info: Mapping[str, Any], name: str) -> list[int]:
    from coverage import CoverageData

    found: set[int] = set()
    for entry in os.listdir(info["data_dir"]):
        data = CoverageData(basename=os.path.join(info["data_dir"], entry))
        data.read()
        for path in data.measured_files():
            if path.endswith(name):
                found.update(data.lines(path) or ())
        getattr(data, "close", _nothing)()  # came with coverage 7.11
    return sorted(found)


@pytest.mark.skipif(sys.platform == "win32", reason="nobody removes there where somebody stands")
def test_a_project_that_ends_in_a_folder_that_is_gone(tmp_path: Path) -> None:
    conftest = """
        import os, tempfile

        def pytest_sessionfinish():
            os.chdir(tempfile.mkdtemp())
            os.rmdir(os.getcwd())
        """
    test = "from pkg import it\ndef test_it(): assert it.one() == 1\n"
    write(tmp_path / "p", {**PKG, "conftest.py": conftest, "test_it.py": test})

    output, code, info = run(tmp_path / "p")

    assert code == 0, output
    assert info.get("error") is None, info
    assert lines_of(info, "it.py") == [1, 2, 5]


PKG = {"pkg/__init__.py": "", "pkg/it.py": "def one():\n    return 1\n\n\ndef two():\n    return 2\n"}


def test_no_cover_and_the_cov_fixture_work_as_with_pytest_cov(tmp_path: Path) -> None:
    pytest.importorskip("pytest_cov")
    test = """
        import pytest
        from pkg import it

        @pytest.mark.no_cover
        def test_marked():
            assert it.one() == 1

        def test_by_fixture(no_cover):
            assert it.one() == 1

        def test_fixture(cov):
            assert cov.get_option("run:branch") is True
            assert it.two() == 2
        """
    write(tmp_path / "p", {**PKG, "test_it.py": test})

    output, code, info = run(tmp_path / "p", branch=True)

    assert code == 0, output
    assert lines_of(info, "it.py") == [1, 5, 6], "one() was never measured"


@pytest.mark.sampled("name", "text")
@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".coveragerc", "[run]\nomit = pkg/other.py\nbranch = true\n[report]\nfail_under = 70\n"),
        (
            "setup.cfg",
            "[coverage:run]\nomit = pkg/other.py\nbranch = true\n[coverage:report]\nfail_under = 70\n",
        ),
        (
            "tox.ini",
            "[coverage:run]\nomit = pkg/other.py\nbranch = true\n[coverage:report]\nfail_under = 70\n",
        ),
        (
            "pyproject.toml",
            "[tool.coverage]\nrun.omit = ['pkg/other.py']\nrun.branch = true\nreport.fail_under = 70\n",
        ),
    ],
)
def test_the_projects_own_configuration_is_read(tmp_path: Path, name: str, text: str) -> None:
    write(
        tmp_path / "p",
        {**PKG, "test_it.py": "def test():\n    from pkg import other\n", "pkg/other.py": "x = 1\n"},
    )
    (tmp_path / "p" / name).write_text(text)

    _, code, info = run(tmp_path / "p")

    assert code == 0
    found = info["configuration"]
    assert os.path.basename(found["config_file"]) == name
    assert (found["fail_under"], found["branch"]) == (70, True)
    assert lines_of(info, "other.py") == []
    left = {n for n in os.listdir(tmp_path / "p") if n.startswith(".coverage")}
    assert left <= {".coveragerc"}, "nothing is left in the project"


def test_addopts_outrank_the_files_and_a_missing_config_is_passed_over(tmp_path: Path) -> None:
    write(
        tmp_path / "p",
        {**PKG, ".coveragerc": "[report]\nfail_under = 70\n", "test_it.py": "def test(): pass\n"},
    )

    addopts = coverage_settings.settings_from_addopts(
        ["--cov=pkg", "--cov-fail-under=80", "--cov-config=gone.ini"]
    )
    _, code, info = run(tmp_path / "p", args=[], addopts=addopts)

    assert code == 0
    assert info["configuration"]["fail_under"] == 80
    assert os.path.basename(info["configuration"]["config_file"]) == ".coveragerc"


def test_contexts_name_the_test_by_its_place_in_the_workspace(tmp_path: Path) -> None:
    from coverage import CoverageData

    write(tmp_path / "p", {**PKG, "test_it.py": "from pkg import it\n\ndef test():\n    it.one()\n"})

    _, _, info = run(tmp_path / "p", context="test")

    (entry,) = os.listdir(info["data_dir"])
    data = CoverageData(basename=os.path.join(info["data_dir"], entry))
    data.read()
    assert "p/test_it.py::test|run" in data.measured_contexts()
    getattr(data, "close", _nothing)()  # came with coverage 7.11


def test_a_broken_configuration_is_told_and_the_tests_run(tmp_path: Path) -> None:
    write(
        tmp_path / "p",
        {**PKG, ".coveragerc": "[run]\nconcurrency = magic\n", "test_it.py": "def test(): pass\n"},
    )

    _, code, info = run(tmp_path / "p")

    assert code == 0
    assert "magic" in info["error"]


def test_a_process_with_its_own_start_file_is_fetched(tmp_path: Path) -> None:
    test = """
        import os, subprocess, sys

        def test():
            environ = {**os.environ, "COVERAGE_PROCESS_START": os.path.abspath("sub.ini")}
            code = "import coverage; coverage.process_startup(); from pkg import it; it.two()"
            subprocess.run([sys.executable, "-c", code], env=environ, check=True)
        """
    write(tmp_path / "p", {**PKG, "test_it.py": test, "sub.ini": "[run]\nparallel = true\nsource = pkg\n"})

    _, code, info = run(tmp_path / "p")

    assert code == 0
    assert lines_of(info, "it.py") == [1, 5, 6]
    assert not [name for name in os.listdir(tmp_path / "p") if name.startswith(".coverage")]


def test_a_forked_sibling_saves_data_of_its_own(tmp_path: Path) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("no fork here")
    write(tmp_path / "p", PKG)
    script = """
        import json, os, sys
        from pytest_monorepo.worker.coverage import measure
        measurement = measure.start(json.loads(sys.argv[1]), os.getcwd())
        from pkg import it
        child = os.fork()
        (it.two if child else it.one)()
        measurement.stop()
        if not child:
            os._exit(0)
        os.waitpid(child, 0)
        """
    spec = {"project": "p", "root": str(tmp_path), "data_dir": str(tmp_path / "data"), "args": [True]}
    full = {**spec, "addopts": {}, "source_default": [str(tmp_path / "p/pkg")]}
    subprocess.run(
        [sys.executable, "-c", dedent(script), json.dumps(full)],
        cwd=tmp_path / "p",
        env={**os.environ, "PYTHONPATH": f"{tmp_path / 'p'}{os.pathsep}{HERE}"},
        check=True,
        timeout=MINUTES,
    )

    assert len(os.listdir(tmp_path / "data")) == 2
    assert lines_of(full, "it.py") == [1, 2, 5, 6]


HOT = """
import threading


class Box:
    def __init__(self, items=()):
        self.items = [
            item
            for item in items
            if item
        ]

    def each(self):
        for item in self.items:
            try:
                yield 1 / (item - 2)
            except ZeroDivisionError:
                continue
            finally:
                item += 1

    def match(self, thing):
        with threading.Lock():
            return thing if thing in self.items else (
                None
            )


def later():
    return (lambda n:
        n + 1)


def never():
    raise SystemExit
"""

HOT_TEST = """
import threading
from pkg import hot

def test():
    box = hot.Box([0, 1, 2, 3])
    assert len(list(box.each())) == 2
    thread = threading.Thread(target=box.match, args=(7,))
    thread.start()
    thread.join()

def test_again():
    assert hot.later()(1) == 2
"""


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring came with Python 3.12")
def test_sysmon_sees_the_lines_that_the_trace_function_sees(tmp_path: Path) -> None:
    write(tmp_path / "p", {"pkg/__init__.py": "", "pkg/hot.py": HOT, "test_it.py": HOT_TEST})

    _, _, traced = run(tmp_path / "p", environ={"COVERAGE_CORE": "ctrace"}, data_dir=str(tmp_path / "traced"))
    _, _, monitored = run(tmp_path / "p")

    assert monitored["core"] == "sysmon"
    assert traced["core"] == "ctrace", "the environment's word stands"
    assert lines_of(monitored, "hot.py") == lines_of(traced, "hot.py")


@pytest.mark.sampled("config")
@pytest.mark.parametrize("config", ["core = ctrace", "plugins = p", "concurrency = greenlet", "timid = true"])
def test_a_configuration_that_needs_the_trace_function_keeps_it(tmp_path: Path, config: str) -> None:
    write(tmp_path / "p", {**PKG, ".coveragerc": f"[run]\n{config}\n", "test_it.py": "def test(): pass\n"})
    (tmp_path / "p" / "p.py").write_text("def coverage_init(reg, options): pass\n")

    _, code, info = run(tmp_path / "p")

    assert code == 0
    assert info.get("core") != "sysmon"
