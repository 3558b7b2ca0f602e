"""Hooks for users, from where users write them: a plugin named by ``-p``, or the root's ``conftest.py``."""

from __future__ import annotations

import json
import subprocess
import sys
import types
from pathlib import Path

import pytest

from pytest_monorepo import hookspecs
from pytest_monorepo.call.hooks import BUILTIN, Builtin
from pytest_monorepo.settings import Settings

from .run.space import Run, Space

PASSING = "def test_it(): pass\n"


@pytest.fixture
def space(tmp_path: Path) -> Space:
    """Three projects under git, of which ``libs/a`` has a change that is not committed."""
    root = tmp_path / "repo"
    root.mkdir()
    (root / "pyproject.toml").write_text("[tool.pytest-monorepo]\n")
    (root / ".gitignore").write_text("__pycache__/\n.pytest_cache/\n")
    made = Space(root)
    made.projects({"libs/a": PASSING, "libs/b": PASSING, "libs/c": PASSING})
    return made


@pytest.fixture
def changed(space: Space) -> Space:
    commit(space)
    space.write({"libs/a/tests/test_main.py": PASSING + "def test_new(): pass\n"})
    return space


def commit(space: Space) -> None:
    git(space, "init", "-q")
    git(space, "add", "-A")
    git(space, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "-m", "base")


def git(space: Space, *args: str) -> None:
    subprocess.run(["git", *args], cwd=space.root, check=True)


def hooked(space: Space, text: str, *args: str) -> Run:
    """A run with this text as a plugin of the controller."""
    folder = space.root.parent / "plugins"
    folder.mkdir(exist_ok=True)
    (folder / "shop_hooks.py").write_text(text)
    path = f"{folder}:{Path(__file__).parents[1]}"
    return space.run("-p", "shop_hooks", *args, env={"PYTHONPATH": path})


def affected(space: Space, text: str) -> dict[str, str]:
    """Selected projects and, in words, why."""
    run = hooked(space, text, "--affected=HEAD", "--monorepo-list=json")
    # warnings come behind it
    listed, _ = json.JSONDecoder().raw_decode(run.out[run.out.index("{") :])
    return {p["path"]: p["reason"] or "" for p in listed["projects"] if p["selected"]}


def test_a_folder_becomes_a_project(space: Space) -> None:
    space.write({"scripts/tests/test_script.py": PASSING})
    assert hooked(space, "").counts == {"passed": 4}
    run = hooked(
        space, "def pytest_monorepo_projects(root):\n    return ['scripts']\n", "-v", "--monorepo-list=json"
    )
    assert "scripts" in {project["path"] for project in json.loads(run.out)["projects"]}


def test_a_glob_that_matches_nothing_is_an_error(space: Space) -> None:
    run = hooked(space, "def pytest_monorepo_projects():\n    return ['nowhere/*']\n")
    assert run.code == 4
    run.has("nowhere")


def test_an_edge_reaches_dependents(changed: Space) -> None:
    text = (
        "from pytest_monorepo.workspace.graph import Edge\n"
        "from pytest_monorepo.workspace.model import Scope\n"
        "def pytest_monorepo_dependencies(workspace):\n"
        "    assert 'libs/b' in workspace.by_path\n"
        "    return [Edge('libs/b', 'libs/a', Scope.RUNTIME, 'speaks to it over the network')]\n"
    )
    changed.write({"libs/a/a.py": "x = 1\n"})
    assert set(affected(changed, "")) == {"libs/a"}
    found = affected(changed, text)
    assert set(found) == {"libs/a", "libs/b"}
    assert "speaks to it over the network" in found["libs/b"]


def test_an_edge_to_no_project_is_an_error(changed: Space) -> None:
    run = hooked(
        changed,
        "from pytest_monorepo.workspace.graph import Edge\n"
        "from pytest_monorepo.workspace.model import Scope\n"
        "def pytest_monorepo_dependencies():\n"
        "    return [Edge('libs/b', 'libs/gone', Scope.RUNTIME, 'x')]\n",
    )
    assert run.code == 4
    run.has("pytest_monorepo_dependencies names 'libs/gone', which is no project")


def test_a_path_counts_as_changed(changed: Space) -> None:
    text = (
        "def pytest_monorepo_changed_paths(paths):\n"
        "    assert list(paths) == ['libs/a/tests/test_main.py']\n"
        "    return ['libs/c/tests/test_main.py']\n"
    )
    assert set(affected(changed, text)) == {"libs/a", "libs/c"}


LOCK_READER = """
from pytest_monorepo.hookspecs import LockedPackage

def pytest_monorepo_read_lock(path, content):
    if not path.endswith("shop.lock"):
        return None
    packages = {}
    for line in content.decode().splitlines():
        name, version, *needs = line.split()
        packages[name] = LockedPackage(version, tuple(needs))
    return packages
"""


def test_a_lock_of_ones_own_kind_affects_those_who_hold_a_package(space: Space) -> None:
    needs = '[project]\nname = "{}"\nversion = "1"\ndependencies = ["{}"]\n[tool.pytest.ini_options]\n'
    space.write({"libs/b/pyproject.toml": needs.format("b", "top")})
    space.write({"libs/c/pyproject.toml": needs.format("c", "other")})
    space.write({"shop.lock": "top 1 deep\ndeep 1\nother 1\n"})
    commit(space)
    space.write({"shop.lock": "top 1 deep\ndeep 2\nother 1\n"})
    assert set(affected(space, "")) == {"libs/a", "libs/b", "libs/c"}
    assert set(affected(space, LOCK_READER)) == {"libs/b"}
    space.write({"shop.lock": "top 1 deep\ndeep 1\nother 2\n"})
    assert set(affected(space, LOCK_READER)) == {"libs/c"}


def test_a_lock_that_is_new_affects_all(space: Space) -> None:
    commit(space)
    space.write({"shop.lock": "top 1\n"})
    assert set(affected(space, LOCK_READER)) == {"libs/a", "libs/b", "libs/c"}


def test_a_selection_is_adjusted(changed: Space) -> None:
    text = (
        "from pytest_monorepo.affected.selection import Reason\n"
        "def pytest_monorepo_modify_selection(workspace, selected):\n"
        "    del selected['libs/a']\n"
        "    selected['libs/c'] = Reason(None, why='smoke tests run always')\n"
    )
    assert affected(changed, text) == {"libs/c": "smoke tests run always"}
    run = hooked(changed, text, "--affected=HEAD", "-v")
    assert list(run.words) == ["libs/c/tests/test_main.py::test_it"]
    run.has("warning: a hook removed libs/a from the selection")


def test_a_selection_of_no_project_is_an_error(changed: Space) -> None:
    run = hooked(
        changed,
        "def pytest_monorepo_modify_selection(selected):\n    selected['x'] = None\n",
        "--affected=HEAD",
    )
    assert run.code == 4
    run.has("pytest_monorepo_modify_selection names 'x', which is no project")


def test_a_worker_gets_environment_and_arguments(space: Space) -> None:
    test = (
        "import os\n"
        "def test_it(request):\n"
        "    assert os.environ['SHOP'] == os.path.basename(os.getcwd())\n"
        "    assert request.config.option.verbose == 3\n"
    )
    space.projects({"libs/a": test, "libs/b": test, "libs/c": test})
    text = (
        "def pytest_monorepo_worker(project, environ, args):\n"
        "    environ['SHOP'] = project.path.rpartition('/')[2]\n"
        "    args += ['-vvv']\n"
    )
    run = hooked(space, text)
    assert run.counts == {"passed": 3}, run.out


def test_the_settings_environment_is_for_what_no_hook_has_set(space: Space) -> None:
    test = "import os\ndef test_it(): assert (os.environ['SHOP'], os.environ['TOWN']) == ('mine', 'Ulm')\n"
    space.projects({"libs/a": test})
    table = '[tool.pytest-monorepo.projects."libs/a"]\nenv = { SHOP = "settings", TOWN = "Ulm" }\n'
    space.write({"pyproject.toml": table})
    run = hooked(space, "def pytest_monorepo_worker(environ):\n    environ['SHOP'] = 'mine'\n", "libs/a")
    assert run.counts == {"passed": 1}, run.out


def test_start_and_finish_are_heard(space: Space) -> None:
    text = (
        "def pytest_monorepo_project_start(project):\n"
        "    print('begins', project.path)\n"
        "def pytest_monorepo_project_finish(project, run):\n"
        "    print('ends', project.path, run.exitstatus, run.collected)\n"
    )
    run = hooked(space, text, "--workers=1")
    for path in ("libs/a", "libs/b", "libs/c"):
        run.has(rf"begins {path}$", rf"ends {path} 0 1$")


# -- the built-in implementations


@pytest.mark.parametrize("name", sorted(n for n in vars(Builtin) if n.startswith("pytest_")))
def test_a_built_in_comes_last(name: str) -> None:
    manager = pytest.PytestPluginManager()
    manager.add_hookspecs(hookspecs)
    manager.register(Builtin(Settings()), BUILTIN)
    others = {name: lambda: None}
    manager.register(types.SimpleNamespace(**others), "registered later")
    impls = getattr(manager.hook, name).get_hookimpls()
    # pluggy calls the last of the list first
    assert [impl.plugin_name for impl in impls] == [BUILTIN, "registered later"]
    assert impls[0].trylast


def test_every_step_with_something_built_in_has_it_as_a_hook() -> None:
    notes = {"pytest_monorepo_project_start", "pytest_monorepo_project_finish"}
    without = {"pytest_monorepo_projects", "pytest_monorepo_modify_selection"}
    built_in = {name for name in vars(Builtin) if name.startswith("pytest_")}
    assert built_in == hookspecs.plain().keys() - notes - without
    for name in without:
        assert "Nothing built in" in (getattr(hookspecs, name).__doc__ or "")


def test_discovery_is_replaced(space: Space) -> None:
    text = (
        "from pytest_monorepo.workspace.model import Project, Workspace\n"
        "def pytest_monorepo_workspace(root, settings):\n"
        "    files = ('libs/b/tests/test_main.py',)\n"
        "    return Workspace(root, (Project('libs/b', 'b', test_files=files),), files)\n"
    )
    run = hooked(space, text, "-v")
    assert list(run.words) == ["libs/b/tests/test_main.py::test_it"], run.out


def test_a_wrapper_takes_a_project_out(space: Space) -> None:
    text = (
        "import dataclasses, pytest\n"
        "@pytest.hookimpl(wrapper=True)\n"
        "def pytest_monorepo_workspace():\n"
        "    found = yield\n"
        "    kept = tuple(p for p in found.projects if p.path != 'libs/b')\n"
        "    return dataclasses.replace(found, projects=kept)\n"
    )
    run = hooked(space, text, "-v")
    assert sorted(nodeid[:6] for nodeid in run.words) == ["libs/a", "libs/c"], run.out


@pytest.mark.parametrize("hook", ["pytest_monorepo_workspace", "pytest_monorepo_select"])
def test_a_wrapper_that_returns_nothing_is_an_error(changed: Space, hook: str) -> None:
    text = f"import pytest\n@pytest.hookimpl(wrapper=True)\ndef {hook}():\n    yield\n"
    run = hooked(changed, text, "--affected=HEAD")
    assert run.code == 4
    run.has(f"{hook}: a wrapper returns nothing")


def needing(space: Space) -> None:
    """``libs/b`` declares ``libs/a``, ``libs/c`` imports it."""
    manifest = (
        '[project]\nname = "{}"\nversion = "1"\ndependencies = [{}]\n'
        '[tool.pytest.ini_options]\ntestpaths = ["tests"]\n'
    )
    space.write({"libs/a/pyproject.toml": manifest.format("shop-a", ""), "libs/a/shop_a.py": "x = 1\n"})
    space.write({"libs/b/pyproject.toml": manifest.format("shop-b", '"shop-a"')})
    space.write({"libs/c/tests/test_main.py": "def test_it():\n    import shop_a\n"})
    commit(space)
    space.write({"libs/a/shop_a.py": "x = 2\n"})


def test_a_wrapper_sees_the_edges_of_manifests_and_imports_and_drops_one(space: Space) -> None:
    needing(space)
    assert set(affected(space, "")) == {"libs/a", "libs/b", "libs/c"}
    text = (
        "import pytest\n"
        "@pytest.hookimpl(wrapper=True)\n"
        "def pytest_monorepo_dependencies():\n"
        "    answers = yield\n"
        "    return [[edge for edge in answer if '{}' not in edge.how] for answer in answers]\n"
    )
    assert set(affected(space, text.format("imports shop_a"))) == {"libs/a", "libs/b"}
    assert set(affected(space, text.format("dependency"))) == {"libs/a", "libs/c"}


def test_an_edge_of_a_hook_is_asked_for_the_former_workspace_too(space: Space) -> None:
    text = (
        "from pytest_monorepo.workspace.graph import Edge\n"
        "from pytest_monorepo.workspace.model import Scope\n"
        "def pytest_monorepo_dependencies():\n"
        "    return [Edge('libs/b', 'libs/new', Scope.RUNTIME, 'speaks to it')]\n"
    )
    commit(space)
    space.projects({"libs/new": PASSING})
    assert set(affected(space, text)) == {"libs/b", "libs/new"}


LEAVING_OUT = """
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_monorepo_changed_paths():
    answers = yield
    return [[path for path in answer if not path.startswith("libs/a/")] for answer in answers]
"""


def test_a_wrapper_leaves_a_changed_path_out_and_a_warning_says_so(changed: Space) -> None:
    changed.write({"libs/b/tests/test_main.py": PASSING + "x = 1\n"})
    assert set(affected(changed, LEAVING_OUT)) == {"libs/b"}
    run = hooked(changed, LEAVING_OUT, "--affected=HEAD")
    run.has("warning: a hook left out 1 changed file, libs/a/tests/test_main.py for one")


UV_LOCK = """
version = 1

[[package]]
name = "top"
version = "{}"
source = {{ registry = "https://example.org/simple" }}
"""
NEEDS_TOP = (
    '[project]\nname = "{}"\nversion = "1"\ndependencies = ["{}"]\n'
    '[tool.pytest.ini_options]\ntestpaths = ["tests"]\n'
)


def test_a_reader_of_ones_own_stands_for_the_built_in_one(space: Space) -> None:
    space.write({"libs/b/pyproject.toml": NEEDS_TOP.format("b", "top")})
    space.write({"uv.lock": UV_LOCK.format("1")})
    commit(space)
    space.write({"uv.lock": UV_LOCK.format("2")})
    assert set(affected(space, "")) == {"libs/b"}
    deaf = "def pytest_monorepo_read_lock(path):\n    return {} if path == 'uv.lock' else None\n"
    assert set(affected(space, deaf)) == set()
    kept = "def pytest_monorepo_read_lock(path):\n    return None\n"
    assert set(affected(space, kept)) == {"libs/b"}


def test_a_wrapper_looks_into_a_lock_of_a_known_kind(space: Space) -> None:
    space.write({"libs/b/pyproject.toml": NEEDS_TOP.format("b", "top")})
    space.write({"uv.lock": UV_LOCK.format("1")})
    commit(space)
    space.write({"uv.lock": UV_LOCK.format("2")})
    text = (
        "import pytest\n"
        "@pytest.hookimpl(wrapper=True)\n"
        "def pytest_monorepo_read_lock(path):\n"
        "    packages = yield\n"
        "    if path != 'uv.lock':\n"
        "        return packages\n"
        "    assert packages['top'].version[0] in '12'\n"
        "    return {name: package for name, package in packages.items() if name != 'top'}\n"
    )
    assert set(affected(space, text)) == set()


def test_the_selection_is_replaced(changed: Space) -> None:
    text = (
        "from pytest_monorepo.affected.decision import Decision\n"
        "from pytest_monorepo.affected.selection import Reason, Selection\n"
        "from pytest_monorepo.workspace.graph import build\n"
        "def pytest_monorepo_select(workspace, ref):\n"
        "    assert ref == 'HEAD'\n"
        "    selected = {'libs/c': Reason(None, why='the oracle says so')}\n"
        "    selection = Selection(selected, skipped=('libs/a', 'libs/b'))\n"
        "    return Decision(workspace, build(workspace.projects), selection)\n"
    )
    assert affected(changed, text) == {"libs/c": "the oracle says so"}


CONFTEST = """
import sys
import pytest

print("conftest as", __name__, file=open(__file__ + ".log", "a"))

def pytest_monorepo_worker(environ):
    environ["SHOP"] = "from the root"

def pytest_configure(config):
    print("configured as", __name__, file=open(__file__ + ".log", "a"))

@pytest.fixture
def shared():
    return 1
"""


def test_the_roots_conftest_gives_hooks_and_nothing_else(space: Space) -> None:
    test = "import os\ndef test_it(shared):\n    assert os.environ['SHOP'] == 'from the root'\n"
    space.write(
        {"pyproject.toml": "[tool.pytest-monorepo]\n[tool.pytest.ini_options]\n", "conftest.py": CONFTEST}
    )
    space.write(
        {"apps/d/setup.py": "from setuptools import setup\nsetup(name='d')\n", "apps/d/test_d.py": test}
    )
    run = space.run("apps/d")
    assert run.counts == {"passed": 1}, run.out
    names = (space.root / "conftest.py.log").read_text().split("\n")
    assert names.count("conftest as pytest_monorepo_root_conftest") == 1
    # once for each worker, of which there may be a second
    assert set(filter(None, names)) == {
        "conftest as pytest_monorepo_root_conftest",
        "conftest as conftest",
        "configured as conftest",
    }


def test_a_conftest_without_our_hooks_is_left_alone(space: Space) -> None:
    space.write({"conftest.py": "raise RuntimeError('not for the controller')\n"})
    assert space.run("libs").counts == {"passed": 3}


def test_a_conftest_that_cannot_be_read_says_so(space: Space) -> None:
    space.write({"conftest.py": "import nothing_there\ndef pytest_monorepo_worker(): pass\n"})
    run = space.run()
    assert run.code == 4
    run.has(
        "conftest.py of the workspace root: ModuleNotFoundError: No module named 'nothing_there'; its hooks"
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("import pytest; pytest.importorskip('nothing_there')", "Skipped: could not import 'nothing_there'"),
        ("import sys; sys.exit('not here')", "SystemExit: not here"),
    ],
)
def test_a_conftest_that_ends_itself_says_so(space: Space, line: str, said: str) -> None:
    space.write({"conftest.py": f"{line}\ndef pytest_monorepo_worker(): pass\n"})
    run = space.run()
    assert run.code == 4
    run.has(f"ERROR: conftest.py of the workspace root: {said}")
    run.lacks("Traceback")


def test_a_misspelt_hook_is_an_error_unless_it_is_optional(space: Space) -> None:
    hook = "def pytest_monorepo_dependency(): raise RuntimeError\n"
    space.write({"conftest.py": hook})
    run = space.run()
    assert run.code == 4
    run.has("there is no hook pytest_monorepo_dependency; did you mean 'pytest_monorepo_dependencies'")
    space.write({"conftest.py": f"import pytest\n@pytest.hookimpl(optionalhook=True)\n{hook}"})
    assert space.run("libs").counts == {"passed": 3}


def test_a_misspelt_parameter_is_pytests_own_error(space: Space) -> None:
    run = hooked(space, "def pytest_monorepo_worker(environment): pass\n")
    assert run.code != 0
    run.has("environment")


def test_other_plugins_can_look_at_ours(space: Space) -> None:
    """pluggy puts plugins into sets, so all of them must be hashable."""
    space.write({"conftest.py": "def pytest_monorepo_worker(): pass\n"})
    look = "def pytest_runtestloop(session):\n  print(len(session.config.pluginmanager.get_plugins()))\n"
    run = hooked(space, look, "-p", "pytest_cov", "--cov", "--monorepo-html=page", "--junitxml=x.xml", "-s")
    run.has(r"^\d+$")
    assert run.counts == {"passed": 3}, run.out


def test_every_hook_is_described() -> None:
    for name in hookspecs.plain():
        assert getattr(hookspecs, name).__doc__


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")
def test_a_further_input_counts_for_its_project_alone(space: Space) -> None:
    text = (
        "def pytest_monorepo_inputs(workspace, project):\n"
        "    if project.path == 'libs/a':\n"
        "        return ['schema/*.json']\n"
        "    if project.path == 'libs/b':\n"
        "        return {'schema': workspace.root.joinpath('version').read_text()}\n"
    )
    space.write({"schema/one.json": "1", "version": "1"})
    with space.environment(XDG_CACHE_HOME=str(space.root.parent / "cache")):
        assert "3 cached" not in hooked(space, text, "--cached", "--workers=1").out
        hooked(space, text, "--cached", "--workers=1").has(r"3 cached")
        space.write({"schema/two.json": "1"})
        hooked(space, text, "--cached", "--cached-explain", "--workers=1").has(r"^libs/a runs: ", r"2 cached")
        space.write({"version": "2"})
        hooked(space, text, "--cached", "--cached-explain", "--workers=1").has(r"^libs/b runs: ", r"2 cached")
        wrong = hooked(
            space, "def pytest_monorepo_inputs():\n    return 'x.json'\n", "--cached", "--workers=1"
        )
    assert wrong.code == 4
    wrong.has("pytest_monorepo_inputs returns 'x.json': return a list of paths or globs, or a mapping")
