"""Which test files a change reaches: on real repositories of every shape."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pytest_monorepo import settings
from pytest_monorepo.affected.decision import Decision, decide
from pytest_monorepo.affected.files.arrows.closure import Loads
from pytest_monorepo.affected.listing import as_json, explain, header
from pytest_monorepo.affected.stored import as_plain, from_plain
from pytest_monorepo.workspace.discovery.discover import discover
from tests.workspace.trees import git, named, write

TEST = "\n\ndef test_it():\n    pass\n"


def uses(*imports: str) -> str:
    return "\n".join(imports) + TEST


class Repo:
    def __init__(self, root: Path) -> None:
        self.root = root
        self._changed = False

    def commit(self, files: Mapping[str, str]) -> None:
        self._as_committed()
        write(self.root, files)
        if not (self.root / ".git").exists():
            git(self.root, "init", "-q", "-b", "main")
        git(self.root, "add", "-A")
        git(self.root, "commit", "-qm", "step")

    def decide(self, cache: Path | None = None) -> Decision:
        found = settings.load(self.root)
        workspace = discover(self.root, found)
        return decide(self.root, workspace, found, "HEAD", environ={}, cache=cache, by_file=True)

    def after(self, files: Mapping[str, str | None], cache: Path | None = None) -> Decision:
        self._as_committed()
        self._changed = True
        for path, text in files.items():
            if text is None:
                (self.root / path).unlink()
            else:
                write(self.root, {path: text})
        return self.decide(cache)

    def _as_committed(self) -> None:
        """Only once something else is to be done with it, which is seldom."""
        if self._changed:
            git(self.root, "checkout", "-q", "--", ".")
            git(self.root, "clean", "-fdq")
            self._changed = False


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    root = tmp_path / "repo"
    root.mkdir()
    return Repo(root)


def running(decision: Decision) -> dict[str, set[str] | str]:
    """For each selected project the names of the test files that run, or why all do."""
    assert decision.files is not None
    return {
        path: {file.rpartition("/")[2] for file in narrowed.files}
        if narrowed.whole is None
        else narrowed.whole
        for path, narrowed in decision.files.items()
    }


ONE_ROOT = {
    "pyproject.toml": named("shop"),
    "shop/__init__.py": "",
    "shop/limits.py": "LIMIT = 3\n",
    "shop/uses.py": "from shop.limits import LIMIT\n",
    "shop/lazy.py": "def load():\n    from shop import late\n    return late\n",
    "shop/late.py": "",
    "shop/left.py": "from . import right\n",
    "shop/right.py": "import shop.left\n",
    "shop/other.py": "",
    "shop/data.json": "{}",
    "tests/conftest.py": "import shop.other\n",
    "tests/test_uses.py": uses("from shop import uses"),
    "tests/test_lazy.py": uses("import shop.lazy"),
    "tests/test_cycle.py": uses("from shop.right import x"),
    "tests/test_patch.py": uses("from unittest.mock import patch", "P = patch('shop.late.x')"),
    "tests/test_literal.py": uses("import importlib", "M = importlib.import_module('shop.limits')"),
    "tests/test_modules.py": uses("import sys", "M = sys.modules['shop.late']"),
    "tests/test_nothing.py": TEST,
    "tests/unit/conftest.py": "from shop.limits import *\n",
    "tests/unit/test_below.py": TEST,
}
ALL = {
    "test_modules.py",
    "test_uses.py",
    "test_lazy.py",
    "test_cycle.py",
    "test_patch.py",
    "test_literal.py",
    "test_nothing.py",
    "test_below.py",
}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"shop/limits.py": "LIMIT = 4\n"}, {"test_uses.py", "test_literal.py", "test_below.py"}),
        ({"shop/late.py": "x = 1\n"}, {"test_lazy.py", "test_patch.py", "test_modules.py"}),
        ({"shop/left.py": "import shop.right as r\n"}, {"test_cycle.py"}),
        ({"shop/other.py": "x = 1\n"}, ALL),
        ({"shop/__init__.py": "x = 1\n"}, ALL),
        ({"tests/conftest.py": ""}, ALL),
        ({"tests/unit/conftest.py": ""}, {"test_below.py"}),
        ({"tests/unit/conftest.py": "def pytest_sessionfinish(): pass\n"}, "tests/unit/conftest.py changed"),
        ({"tests/test_nothing.py": uses("x = 1")}, {"test_nothing.py"}),
        ({"tests/test_new.py": TEST}, {"test_new.py"}),
        ({"shop/limits.py": None}, {"test_uses.py", "test_literal.py", "test_below.py"}),
        ({"shop/limits/__init__.py": "LIMIT = 5\n"}, {"test_uses.py", "test_literal.py", "test_below.py"}),
        ({"shop/uses.py": "from shop.late import x\n"}, {"test_uses.py"}),
        ({"tests/json.py": ""}, "tests/json.py changed, which nothing imports"),
        ({"shop/data.json": "[]"}, "shop/data.json changed, which no code names"),
        ({"pyproject.toml": named("shop") + "[tool.pytest.ini_options]\n"}, "affects all"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_one_root_with_many_test_files(
    repo: Repo, changed: dict[str, str | None], expected: set[str] | str
) -> None:
    repo.commit(ONE_ROOT)
    found = running(repo.after(changed))["."]
    if isinstance(expected, str):
        assert isinstance(found, str)
        assert expected in found
    else:
        assert found == expected


def test_a_changed_import_and_the_module_it_led_to(repo: Repo) -> None:
    """The way at the base ends with the import: its file changed, so its tests run."""
    repo.commit(ONE_ROOT)
    found = repo.after({"shop/uses.py": "", "shop/limits.py": "LIMIT = 9\n"})
    assert "test_uses.py" in running(found)["."]


POLYLITH = {
    "pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['bases', 'components']\n" + named("space"),
    "components/space/log/__init__.py": "from space.log.core import log\n",
    "components/space/log/core.py": "def log(): pass\n",
    "components/space/greet/__init__.py": "from space.greet.core import greet\n",
    "components/space/greet/core.py": "from space import log\n\ndef greet(): pass\n",
    "bases/space/api/__init__.py": "",
    "bases/space/api/core.py": "from space.greet import greet\n",
    "test/components/space/log/test_log.py": uses("from space.log import core"),
    "test/components/space/greet/test_greet.py": uses("from space.greet import core"),
    "test/bases/space/api/test_api.py": uses("from space.api import core"),
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("components/space/log/core.py", {"test_log.py", "test_greet.py", "test_api.py"}),
        ("components/space/greet/core.py", {"test_greet.py", "test_api.py"}),
        ("bases/space/api/core.py", {"test_api.py"}),
    ],
)
def test_bricks_with_all_tests_at_the_root(repo: Repo, path: str, expected: set[str]) -> None:
    repo.commit(POLYLITH)
    assert running(repo.after({path: "x = 1\n"}))["."] == expected


MEMBERS = {
    "pyproject.toml": "[tool.pytest-monorepo]\n",
    "libs/core/pyproject.toml": named("core"),
    "libs/core/core/__init__.py": "from core.limits import LIMIT\n",
    "libs/core/core/limits.py": "LIMIT = 1\n",
    "libs/core/core/extra.py": "",
    "libs/core/tests/test_core.py": uses("import core"),
    "api/pyproject.toml": named("api", "dependencies = ['core']\n"),
    "api/app/__init__.py": "",
    "api/app/main.py": "import core\n",
    "api/app/more.py": "from core import extra\n",
    "api/tests/__init__.py": "",
    "api/tests/test_main.py": uses("from app.main import *"),
    "api/tests/test_more.py": uses("import app.more"),
    "api/tests/test_alone.py": TEST,
    "web/pyproject.toml": named("web", "dependencies = ['core']\n"),
    "web/app/__init__.py": "",
    "web/app/main.py": "",
    "web/tests/test_web.py": uses("from app.main import *"),
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "libs/core/core/limits.py",
            {"libs/core": {"test_core.py"}, "api": {"test_main.py", "test_more.py"}, "web": set()},
        ),
        ("libs/core/core/extra.py", {"libs/core": set(), "api": {"test_more.py"}, "web": set()}),
        ("api/app/main.py", {"api": {"test_main.py"}}),
        ("web/app/main.py", {"web": {"test_web.py"}}),
    ],
)
def test_several_projects_whose_packages_share_a_name(
    repo: Repo, path: str, expected: dict[str, set[str]]
) -> None:
    repo.commit(MEMBERS)
    assert running(repo.after({path: "x = 2\n"})) == expected


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("import importlib\nfor name in NAMES:\n    importlib.import_module(name)\n", "app/main.py"),
        ("from importlib.metadata import entry_points\n", "app/main.py"),
        ("import pkgutil\nFOUND = list(pkgutil.iter_modules(['x']))\n", "app/main.py"),
        ("import importlib.util as u\nS = u.spec_from_file_location('x', 'y.py')\n", "app/main.py"),
        ("import subprocess\nsubprocess.run(['core-cli'])\n", "tests/test_alone.py"),
        ("import os\nos.system('core-cli')\n", "tests/test_alone.py"),
        ("exec(open('x.py').read())\n", "tests/test_alone.py"),
        ("import pathlib\nFOUND = list(pathlib.Path().rglob('*.py'))\n", "tests/test_alone.py"),
        ("import inspect, app.main\nTEXT = inspect.getsource(app.main)\n", "tests/test_alone.py"),
        ("import sys\nM = sys.modules[NAME]\n", "tests/test_alone.py"),
        ("from celery import Celery\n", "tests/test_alone.py"),
        ("from docutils.core import publish_string\n", "tests/test_alone.py"),
    ],
)
def test_what_cannot_be_followed_runs_the_tests_that_reach_it(repo: Repo, text: str, where: str) -> None:
    repo.commit({**MEMBERS, f"api/{where}": text + TEST})
    decision = repo.after({"libs/core/core/extra.py": "x = 2\n"})
    doubted = "test_main.py" if where == "app/main.py" else "test_alone.py"
    assert running(decision)["api"] == {"test_more.py", doubted}
    assert decision.files is not None
    reason = decision.files["api"].files[f"api/tests/{doubted}"]
    assert reason.chain[0] == f"api/{where}"
    assert reason.why


def test_the_reason_names_the_line_that_cannot_be_followed(repo: Repo) -> None:
    repo.commit({**MEMBERS, "api/app/main.py": "import os\n\nos.system('x')\n"})
    told = explain(repo.after({"libs/core/core/extra.py": "x = 2\n"}).listing)
    assert "api/app/main.py → api/tests/test_main.py: line 3 does more than its imports tell" in told


@pytest.mark.parametrize("text", ["@pytest.mark.dependency()", "@pytest.mark.order(1)", "snapshot = 1"])
def test_tests_that_need_others_run_the_whole_project(repo: Repo, text: str) -> None:
    repo.commit({**MEMBERS, "api/tests/test_alone.py": f"import pytest\n{text}\ndef test_x(): pass\n"})
    found = running(repo.after({"libs/core/core/extra.py": "x = 2\n"}))["api"]
    assert found == "api/tests/test_alone.py has tests that need others"


def test_a_test_file_that_is_gone_concerns_no_other(repo: Repo) -> None:
    repo.commit(MEMBERS)
    assert running(repo.after({"api/tests/test_alone.py": None}))["api"] == set()


@pytest.mark.parametrize(
    ("settings_of_api", "why"),
    [
        ("[tool.pytest.ini_options]\naddopts = '-p app.more'\n", "its addopts load the plugin app.more"),
        ("[tool.pytest.ini_options]\nmax_warnings = 3\n", "max_warnings"),
        ("[tool.pytest.ini_options]\naddopts = '-q --mypy'\n", "--mypy makes tests of other files"),
        (
            "[tool.pytest.ini_options]\ntestpaths = ['tests', '../libs/core/tests']\n",
            "outside of it for tests",
        ),
    ],
)
def test_settings_that_bind_a_project_together(repo: Repo, settings_of_api: str, why: str) -> None:
    manifest = named("api", "dependencies = ['core']\n") + settings_of_api
    repo.commit({**MEMBERS, "api/pyproject.toml": manifest})
    found = running(repo.after({"libs/core/core/limits.py": "LIMIT = 2\n"}))["api"]
    assert isinstance(found, str)
    assert why in found


def test_a_plugin_of_the_workspace_reaches_every_test(repo: Repo) -> None:
    plugin = named("core", '[project.entry-points.pytest11]\ncore = "core.limits"\n')
    repo.commit({**MEMBERS, "libs/core/pyproject.toml": plugin})
    found = running(repo.after({"libs/core/core/extra.py": "x = 2\n"}))
    assert {type(files) for files in found.values()} == {str}


def test_a_namespace_package_shared_by_two_projects(repo: Repo) -> None:
    repo.commit(
        {
            "pyproject.toml": "[tool.pytest-monorepo]\n",
            "low/pyproject.toml": named("low"),
            "low/ns/low/__init__.py": "",
            "low/tests/test_low.py": uses("import ns.low"),
            "high/pyproject.toml": named("high", "dependencies = ['low']\n"),
            "high/ns/high/__init__.py": "import ns.low\n",
            "high/ns/other.py": "",
            "high/tests/test_high.py": uses("from ns import high"),
            "high/tests/test_other.py": uses("from ns import other"),
        }
    )
    found = running(repo.after({"low/ns/low/__init__.py": "x = 1\n"}))
    assert found == {"low": {"test_low.py"}, "high": {"test_high.py"}}


def test_a_new_module_that_shadows_another(repo: Repo) -> None:
    repo.commit(MEMBERS)
    found = running(repo.after({"api/core.py": "LIMIT = 7\n"}))["api"]
    assert found == {"test_main.py", "test_more.py"}


def test_warm_and_cold_say_the_same(repo: Repo, tmp_path: Path) -> None:
    repo.commit(ONE_ROOT)
    cache = tmp_path / "imports"
    change: dict[str, str | None] = {"shop/limits.py": "LIMIT = 4\n"}
    found = [repo.after(change, kept) for kept in (None, cache, cache)]
    assert [decision.files for decision in found[1:]] == [found[0].files] * 2


def test_it_is_told_and_stored(repo: Repo) -> None:
    repo.commit(MEMBERS)
    found = repo.after({"libs/core/core/extra.py": "x = 2\n"})
    told = explain(found.listing)
    assert "libs/core/core/extra.py → api/app/more.py → api/tests/test_more.py" in told
    assert "1 of 3 test files" in told
    assert "1 of 5 test files" in header(found.listing)
    assert '"left_out"' in as_json(found.listing)
    assert from_plain(as_plain(found), found.workspace).files == found.files


def test_loads_are_followed_backwards_through_circles() -> None:
    arrows = {"a": frozenset("b"), "b": frozenset("c"), "c": frozenset("b"), "d": frozenset()}
    assert Loads(arrows, {}).reached_from(["c"]) == {
        "c": ("c",),
        "b": ("c", "b"),
        "a": ("c", "b", "a"),
    }


def test_a_text_that_is_named_is_a_test_file(repo: Repo) -> None:
    ini = '[tool.pytest.ini_options]\ntestpaths = ["docs/guide.rst", "tests"]\n'
    guide = {"a/docs/guide.rst": ">>> import limits\n"}
    files = {"a/pyproject.toml": named("a", ini), "a/limits.py": "LIMIT = 3\n", "a/tests/test_a.py": TEST}
    repo.commit({**files, **guide})
    assert running(repo.after({"a/limits.py": "LIMIT = 4\n"})) == {"a": {"guide.rst"}}
    named_by = "a/docs/guide.rst changed, which a/pyproject.toml names"
    assert running(repo.after({"a/docs/guide.rst": ">>> 1\n"})) == {"a": named_by}
    assert running(repo.after({"a/tests/test_a.py": TEST * 2})) == {"a": {"test_a.py"}}


def test_all_files_of_those_to_whom_a_published_package_brings_what_changed(repo: Repo) -> None:
    local = '[[package]]\nname = "{0}"\nsource = {{ editable = "{0}" }}\n'
    repo.commit(
        {
            "pyproject.toml": "[tool.uv.workspace]\nmembers = ['*']\n",
            "uv.lock": local.format("a")
            + 'dependencies = [\n    { name = "mid" },\n]\n[[package]]\nname = "mid"\n'
            + 'dependencies = [\n    { name = "core" },\n]\n'
            + local.format("core"),
            **{f"{name}/pyproject.toml": named(name) for name in ("a", "b", "core")},
            "core/src/core/__init__.py": "",
            "core/tests/test_core.py": uses("import core"),
            "a/tests/test_one.py": uses("import mid"),
            "a/tests/test_two.py": TEST,
            "b/pyproject.toml": named("b", "dependencies = ['a']\n"),
            "b/tests/test_b.py": TEST,
            "b/tests/test_c.py": TEST,
        }
    )
    why = "core/src/core/__init__.py reaches core, which a published package of a needs"
    found = running(repo.after({"core/src/core/__init__.py": "x = 1\n"}))
    assert found == {"a": why, "b": why, "core": {"test_core.py"}}
