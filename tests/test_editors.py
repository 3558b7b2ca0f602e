"""What VS Code's pytest adapter does, with a plugin of our own in its place.

It passes ``-p vscode_pytest``, ``--rootdir`` and absolute node ids, takes the tests from ``session.items``
and their outcomes from hooks, and has one channel, so that a second process must not load it.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .run.space import Run, Space

HERE = Path(__file__).parent
SWITCH = '\n[tool.pytest.ini_options]\naddopts = "--monorepo"\n'


class Editor:
    def __init__(self, space: Space, tmp: Path) -> None:
        self.space = space
        self.pipe = tmp / "pipe"
        plugins = tmp / "editor"
        plugins.mkdir()
        shutil.copy(HERE / "editor_adapter.py", plugins / "vscode_pytest.py")
        self.env = {"EDITOR_PIPE": str(self.pipe), "PYTHONPATH": f"{plugins}:{HERE.parent}"}

    def call(self, *args: str, cwd: str = ".", ours: bool = True) -> tuple[dict[str, Any], Run]:
        """What the plugin has told, and the run."""
        plugins = ["-p", "vscode_pytest", *(["-p", "pytest_monorepo.plugin"] if ours else [])]
        self.pipe.unlink(missing_ok=True)
        run = self.space.plain(*plugins, *args, cwd=cwd, env=self.env)
        assert self.pipe.exists(), run.out
        told: dict[str, Any] = json.loads(self.pipe.read_text())
        return told, run

    def discover(self, *args: str) -> dict[str, dict[str, Any]]:
        told, run = self.call("--collect-only", f"--rootdir={self.space.root}", *args)
        assert run.code == 0, run.out
        return {item["id"]: item for item in told["items"]}

    def run(self, *ids: str) -> dict[str, str]:
        """Outcomes by id, as VS Code runs tests: the ids absolute, output not captured."""
        root = self.space.root
        words = [nodeid if nodeid.startswith("-") else f"{root}/{nodeid}" for nodeid in ids]
        told, _ = self.call(f"--rootdir={root}", "--capture=no", *words)
        outcomes: dict[str, str] = told["outcomes"]
        return {nodeid.removeprefix(f"{root}/"): outcome for nodeid, outcome in outcomes.items()}


@pytest.fixture
def editor(tmp_path: Path) -> Editor:
    root = tmp_path / "repo"
    root.mkdir()
    (root / "pyproject.toml").write_text(f"[tool.pytest-monorepo]\n{SWITCH}")
    return Editor(Space(root), tmp_path)


TESTS = """
import pytest

@pytest.fixture
def broken():
    raise ValueError("no")

def test_ok():
    pass

def test_bad():
    assert 1 == 2

@pytest.mark.skip
def test_skipped():
    pass

def test_error(broken):
    pass

class TestOuter:
    class TestInner:
        @pytest.mark.parametrize("value", ["x", "a::b/c"])
        def test_value(self, value):
            pass
"""
FILE = "tests/test_main.py"


@pytest.fixture
def shop(editor: Editor) -> Editor:
    editor.space.projects({"libs/a": TESTS, "libs/b": TESTS})
    return editor


def test_every_test_of_the_sample_is_found_where_it_is(tmp_path: Path) -> None:
    for needed in ("pytest_cov", "numpy", "httpx", "fastapi", "opentelemetry"):
        pytest.importorskip(needed, reason=f"sample_repo/requirements.txt is not installed: no {needed}")
    root = tmp_path / "repo"
    shutil.copytree(
        HERE.parent / "sample_repo", root, ignore=shutil.ignore_patterns("__pycache__", "htmlcov")
    )
    manifest = root / "pyproject.toml"
    text = manifest.read_text().replace("[tool.pytest.ini_options]", SWITCH.strip())
    assert "--monorepo" in text
    manifest.write_text(text)
    editor = Editor(Space(root), tmp_path)
    found = editor.discover("-ppytest_cov")  # its projects ask for coverage
    written = {f"{file}::{name}": line for file in root.rglob("test_*.py") for name, line in functions(file)}
    assert written
    assert {nodeid.partition("[")[0] for nodeid in found} == set(written)
    for nodeid, item in found.items():
        assert item["line"] == written[nodeid.partition("[")[0]]
        assert item["file"] == nodeid.partition("::")[0]
    one = next(iter(found)).removeprefix(f"{root}/")
    assert editor.run(one, "-ppytest_cov") == {one: "passed"}


def functions(file: Path) -> list[tuple[str, int]]:
    """The tests that a file's text defines, with pytest's line: that of the first decorator, if any."""
    found = []

    def look(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
                look(node.body, f"{prefix}{node.name}::")
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test"):
                first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
                found.append((prefix + node.name, first))

    look(ast.parse(file.read_text()).body, "")
    return found


def test_nodes_are_of_the_kinds_that_pytest_has(shop: Editor) -> None:
    told, _ = shop.call("--collect-only", cwd="libs/a", ours=False)
    alone = told["items"]
    found = list(shop.discover().values())
    assert alone[-1]["classes"] == ["TestOuter", "TestInner"]
    assert alone[-1]["function"] == "test_value"
    assert found[: len(alone)] == alone
    assert len(found) == 2 * len(alone)


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("test_ok", "passed"),
        ("test_bad", "failed"),
        ("test_skipped", "skipped"),
        ("test_error", "error: ValueError"),
        ("TestOuter::TestInner::test_value[a::b/c]", "passed"),
    ],
)
def test_a_single_test_runs(shop: Editor, name: str, outcome: str) -> None:
    assert shop.run(f"libs/b/{FILE}::{name}") == {f"libs/b/{FILE}::{name}": outcome}


def test_tests_of_several_projects_run_together(shop: Editor) -> None:
    chosen = {f"libs/{p}/{FILE}::test_ok": "passed" for p in "ab"}
    assert shop.run(*chosen) == chosen


def test_a_broken_file_is_told_with_its_text(shop: Editor) -> None:
    shop.space.write({"libs/b/tests/test_broken.py": "import nothing_there\n"})
    told, run = shop.call("--collect-only", f"--rootdir={shop.space.root}")
    assert run.code == 1
    assert any("No module named 'nothing_there'" in error for error in told["errors"])
    assert len(told["items"]) == 12


def test_the_plugin_is_loaded_once(shop: Editor) -> None:
    shop.run(f"libs/a/{FILE}::test_ok", f"libs/b/{FILE}::test_ok")
    assert len(Path(f"{shop.pipe}.pids").read_text().split()) == 1


def test_a_path_into_a_project_obeys_the_switch_of_the_root(shop: Editor) -> None:
    """pytest takes its settings from the project then, and would not see the root's."""
    plugin = ["-p", "pytest_monorepo.plugin"]
    shop.space.plain(*plugin, "libs/a").has(r"monorepo: 1 of 2 projects")
    shop.space.plain(*plugin, "a", cwd="libs").has(r"monorepo: 1 of 2 projects")
    shop.space.plain(*plugin, cwd="libs/a").lacks("monorepo:")


PYCHARM = """
import sys
import pytest

class Told:
    def pytest_runtest_logreport(self, report):
        if report.when == "call":
            print("told", report.nodeid, report.outcome)

sys.exit(pytest.main(sys.argv[1:], plugins=[Told()]))
"""


def test_a_plugin_object_hears_of_every_test_once(shop: Editor, tmp_path: Path) -> None:
    """PyCharm's runner calls ``pytest.main`` with its plugin as an object, and may name a single test."""
    script = tmp_path / "runner.py"
    script.write_text(PYCHARM)
    single = f"{shop.space.root}/libs/b/{FILE}::test_ok"
    words = [sys.executable, str(script), "-p", "pytest_monorepo.plugin", "-s"]
    done = subprocess.run(
        [*words, single],
        cwd=shop.space.root,
        env=shop.space.environ(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"),
        capture_output=True,
        text=True,
        check=True,
    )
    told = re.findall(r"told (.*)", done.stdout)
    assert told == [f"libs/b/{FILE}::test_ok passed"], done.stdout
