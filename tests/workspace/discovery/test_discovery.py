from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.discovery.discover import discover, find_root
from tests.workspace.trees import TEST, git, look, named, project, running, write

from .test_remarks import UV_WORKSPACE


@pytest.mark.parametrize(
    "manifest",
    [
        {"pyproject.toml": ""},
        {"setup.cfg": ""},
        {"setup.py": ""},
        {"pytest.ini": ""},
        {".pytest.ini": ""},
        {"pytest.toml": ""},
        {".pytest.toml": ""},
        {"tox.ini": "[pytest]\n"},
    ],
    ids=lambda manifest: next(iter(manifest)),
)
def test_a_manifest_and_a_test_file_make_a_project(tmp_path: Path, manifest: dict[str, str]) -> None:
    files = {f"a/{name}": text for name, text in manifest.items()}
    assert running(look(tmp_path, {**files, "a/tests/test_x.py": TEST})) == {"a": ("tests/test_x.py",)}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            {"a/tox.ini": "[tox]\n", "a/test_x.py": TEST},
            {".": ("a/test_x.py",)},
            id="tox.ini without pytest section is none",
        ),
        pytest.param({"a/pyproject.toml": named("a"), "a/a.py": ""}, {}, id="no test file: nothing to run"),
        pytest.param(
            {"a/pyproject.toml": named("a"), "a/tests/test_x.py": TEST, "tests/test_y.py": TEST},
            {"a": ("tests/test_x.py",), ".": ("tests/test_y.py",)},
            id="tests without manifest belong to the root",
        ),
        pytest.param(
            {"a/pyproject.toml": named("a"), "a/b/c/test_x.py": TEST},
            {"a": ("b/c/test_x.py",)},
            id="tests without manifest belong to the nearest project above",
        ),
        pytest.param(
            {
                "pyproject.toml": named("root", '[tool.pytest.ini_options]\ntestpaths = ["tests", "a"]'),
                "tests/test_r.py": TEST,
                "a/setup.py": "",
                "a/test_a.py": TEST,
                "a/inner/setup.cfg": "",
                "a/inner/test_i.py": TEST,
            },
            {".": ("tests/test_r.py",), "a": ("test_a.py",), "a/inner": ("test_i.py",)},
            id="nested: a file belongs to the deepest project, whatever the root's testpaths say",
        ),
        pytest.param(
            {"a/pyproject.toml": named("a"), "a/test_a.py": TEST, "a/lint/pyproject.toml": "[tool.ruff]\n"},
            {"a": ("test_a.py",)},
            id="a nameless manifest without tests is part of the project around it",
        ),
        pytest.param(
            {
                "a/pyproject.toml": named("a"),
                "a/part/pyproject.toml": '[tool.pytest.ini_options]\npython_files = ["check_*.py"]\n',
                "a/part/test_a.py": TEST,
            },
            {"a": ("part/test_a.py",)},
            id="one that collects nothing leaves its files to the project around it",
        ),
        pytest.param(
            {
                "a/pyproject.toml": named("a"),
                "a/conftest.py": "def pytest_collect_file(): ...",
                "a/x.yml": "",
            },
            {"a": ("conftest.py",)},
            id="a conftest that collects other files",
        ),
    ],
)
def test_who_runs_what(tmp_path: Path, files: dict[str, str], expected: dict[str, tuple[str, ...]]) -> None:
    assert running(look(tmp_path, files)) == expected


@pytest.mark.parametrize("with_git", [True, False], ids=["git", "walk"])
@pytest.mark.parametrize(
    "folder",
    [
        *(
            "vendor/x",
            "a/_vendor/x",
            "third_party/x",
            "third-party/x",
            "node_modules/x",
            "build/x",
            "dist/x-1",
        ),
        *("x.egg", "{{cookiecutter.name}}", "templates/{% if x %}a{% endif %}", ".tox/py/x", "a/venv/lib/x"),
    ],
)
def test_foreign_folders_are_no_projects(tmp_path: Path, folder: str, with_git: bool) -> None:
    files = {
        "a/pyproject.toml": named("a"),
        "a/tests/test_a.py": TEST,
        f"{folder}/pyproject.toml": "not { toml",
        f"{folder}/test_f.py": TEST,
    }
    write(tmp_path, files)
    if with_git:
        git(tmp_path, "init", "-q")
        git(tmp_path, "add", "-A")
    assert running(look(tmp_path)) == {"a": ("tests/test_a.py",)}


def test_a_virtual_environment_of_any_name_is_foreign(tmp_path: Path) -> None:
    env = {"my env/pyvenv.cfg": "", "my env/lib/pkg/setup.py": "", "my env/lib/pkg/test_p.py": TEST}
    assert running(look(tmp_path, {**env, "setup.py": "", "test_r.py": TEST})) == {".": ("test_r.py",)}


@pytest.mark.parametrize(
    ("path", "is_project"),
    [
        ("a/tests/data/pkg", False),
        ("a/test/pkg", False),
        ("a/testdata/pkg", False),
        ("a/fixtures", False),
        ("tests/e2e", True),
        ("a/src/pkg", True),
    ],
)
def test_fixture_manifests_are_no_projects(tmp_path: Path, path: str, is_project: bool) -> None:
    files = {
        "a/pyproject.toml": named("a"),
        "a/test_a.py": TEST,
        f"{path}/setup.py": "",
        f"{path}/test_p.py": TEST,
    }
    assert (path in running(look(tmp_path, files))) is is_project


def test_a_tests_folder_is_a_project_only_if_it_says_so(tmp_path: Path) -> None:
    files = {
        "a/pyproject.toml": named("a"),
        "a/tests/pyproject.toml": "[tool.ruff]\n",
        "a/tests/test_a.py": TEST,
        "b/pyproject.toml": named("b"),
        "b/tests/pytest.ini": "",
        "b/tests/test_b.py": TEST,
    }
    assert running(look(tmp_path, files)) == {"a": ("tests/test_a.py",), "b/tests": ("test_b.py",)}


def test_an_example_workspace_and_its_members_stay_out(tmp_path: Path) -> None:
    files = {
        "a/pyproject.toml": named("a"),
        "a/test_a.py": TEST,
        "examples/shop/pyproject.toml": '[tool.uv.workspace]\nmembers = ["libs/*"]\n',
        "examples/shop/libs/a/pyproject.toml": named("a"),
        "examples/shop/libs/a/test_e.py": TEST,
    }
    workspace = look(tmp_path, files)
    assert running(workspace) == {"a": ("test_a.py",)}
    assert workspace.foreign == ("examples/shop",)
    assert workspace.warnings == ()


def test_several_uv_workspaces_below_a_root_without_one_are_ours(tmp_path: Path) -> None:
    files = {
        "backend/pyproject.toml": '[tool.uv.workspace]\nmembers = ["libs/*"]\n',
        "backend/libs/a/pyproject.toml": named("a"),
        "backend/libs/a/test_a.py": TEST,
        "backend/other/pyproject.toml": named("other"),
        "backend/other/test_o.py": TEST,
    }
    workspace = look(tmp_path, files)
    assert running(workspace) == {"backend/libs/a": ("test_a.py",)}


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(UV_WORKSPACE, id="uv"),
        pytest.param(
            '[tool.hatch.envs.default]\nworkspace.members = [{path = "libs/*"}]\n'
            'workspace.exclude = ["libs/old"]\n',
            id="hatch",
        ),
    ],
)
def test_a_workspace_table_narrows(tmp_path: Path, table: str) -> None:
    files = {
        "pyproject.toml": named("root", table),
        "tests/test_r.py": TEST,
        "libs/a/pyproject.toml": named("a"),
        "libs/a/test_a.py": TEST,
        "libs/old/pyproject.toml": named("old"),
        "libs/old/test_o.py": TEST,
        "tools/x/pyproject.toml": named("x"),
        "tools/x/test_x.py": TEST,
    }
    workspace = look(tmp_path, files)
    assert running(workspace) == {".": ("tests/test_r.py",), "libs/a": ("test_a.py",)}
    assert not project(workspace, "libs/old").runs
    assert workspace.foreign == ("libs/old", "tools/x")
    (warning,) = workspace.warnings
    assert "'libs/old', 'tools/x'" in warning
    assert 'outside-table = "run"' in warning
    assert discover(tmp_path, Settings(outside_table="leave")).warnings == ()
    everything = discover(tmp_path, Settings(outside_table="run"))
    assert running(everything).keys() == {".", "libs/a", "libs/old", "tools/x"}
    assert (everything.warnings, everything.foreign) == ((), ())


def test_a_project_nested_in_a_member_is_ours(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": UV_WORKSPACE,
        "libs/a/pyproject.toml": named("a"),
        "libs/a/test_a.py": TEST,
        "libs/a/plugin/pyproject.toml": named("plugin"),
        "libs/a/plugin/test_p.py": TEST,
    }
    expected = {"libs/a": ("test_a.py",), "libs/a/plugin": ("test_p.py",)}
    assert running(look(tmp_path, files)) == expected


MEANT = {
    "uv": '[tool.uv.workspace]\nmembers = ["a", "svc/*", "{folder}"]\n',
    "a glob of uv": '[tool.uv.workspace]\nmembers = ["a", "{parent}/*"]\n',
    "hatch": '[tool.hatch.envs.default]\nworkspace.members = ["a", "{folder}"]\n',
    "pdm": '[tool.pdm.workspace]\nmembers = ["a", "{folder}"]\n',
    "settings of it": '[tool.pytest-monorepo.projects."{folder}"]\ntimeout = 9\n',
    "depends-on": '[tool.pytest-monorepo.projects.a]\ndepends-on = ["{folder}"]\n',
}
NAMES = [
    *("build", "dist", "vendor", "venv", "site", "node_modules", "templates", "env", "target", "third_party"),
    *("svc/build", "svc/vendor/x", "tests/utils", "tests/fixtures/utils", "a/tests/utils", "testdata/x"),
]


@pytest.mark.parametrize("folder", NAMES)
@pytest.mark.parametrize("how", MEANT)
def test_what_the_workspace_names_is_a_project_whatever_its_name(
    tmp_path: Path, folder: str, how: str
) -> None:
    table = MEANT[how].format(folder=folder, parent=folder.rpartition("/")[0] or ".")
    files = {
        "pyproject.toml": named("root", table),
        "test_root.py": TEST,
        "a/pyproject.toml": named("a"),
        "a/test_a.py": TEST,
        f"{folder}/pyproject.toml": named("meant"),
        f"{folder}/test_m.py": TEST,
    }
    write(tmp_path, files)
    git(tmp_path, "init", "-q")
    workspace = look(tmp_path)
    assert running(workspace)[folder] == ("test_m.py",)
    assert folder not in workspace.foreign
    assert workspace.warnings == ()


NEEDS = {
    "uv workspace": ('dependencies = ["utils"]\n[tool.uv.sources]\nutils = {{workspace = true}}\n', ""),
    "uv path": ('dependencies = ["u"]\n[tool.uv.sources]\nu = {{path = "{up}{folder}"}}\n', ""),
    "group": ('[dependency-groups]\ndev = ["Utils>=0"]\n', ""),
    "poetry": ('[tool.poetry.group.dev.dependencies]\nu = {{path = "{up}{folder}"}}\n', ""),
    "requirements": ("", "-e {up}{folder}\n"),
}


@pytest.mark.parametrize("folder", ["tests/utils", "a/tests/utils", "tests/kit/utils"])
@pytest.mark.parametrize("how", NEEDS)
def test_what_a_project_needs_below_tests_is_a_project(tmp_path: Path, folder: str, how: str) -> None:
    manifest, requirements = (text.format(up="../", folder=folder) for text in NEEDS[how])
    files = {
        "pyproject.toml": named("root"),
        "test_root.py": TEST,
        "a/pyproject.toml": named("a", manifest),
        "a/requirements.txt": requirements,
        "a/tests/test_a.py": TEST,
        f"{folder}/pyproject.toml": named("utils", 'dependencies = ["deeper"]\n'),
        f"{folder}/test_u.py": TEST,
        "tests/deeper/pyproject.toml": named("deeper"),
        "tests/deeper/test_d.py": TEST,
        "tests/other/pyproject.toml": named("other"),
        "tests/other/test_o.py": TEST,
    }
    found = running(look(tmp_path, files))
    assert found.keys() == {".", "a", folder, "tests/deeper"}
    assert found["."] == ("test_root.py", "tests/other/test_o.py")


def test_the_data_of_a_test_may_be_called_like_what_projects_need(tmp_path: Path) -> None:
    files = {
        "a/pyproject.toml": named("a", 'dependencies = ["requests"]\n'),
        "a/tests/test_a.py": TEST,
        "a/tests/fixtures/requests/pyproject.toml": named("requests"),
        "a/tests/fixtures/requests/test_r.py": TEST,
    }
    assert running(look(tmp_path, files)).keys() == {"a"}


@pytest.mark.parametrize("how", ["worktree", "ignored worktree", "clone", "empty clone"])
def test_another_checkout_is_no_part_of_this_one(tmp_path: Path, how: str) -> None:
    root = write(tmp_path / "root", {"a/pyproject.toml": named("a"), "a/test_a.py": TEST, "test_r.py": TEST})
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "start")
    if how == "ignored worktree":
        write(root, {".gitignore": "/other/\n"})
    if "worktree" in how:
        git(root, "worktree", "add", "-q", "other/x")
    elif how == "clone":
        git(root, "clone", "-q", str(root), "other/x")
    else:
        write(root, {"other/x/setup.py": "", "other/x/test_x.py": TEST})
        git(root / "other/x", "init", "-q")
    for _ in range(2):
        workspace = discover(root, Settings(), tmp_path / "cache")
        assert running(workspace) == {".": ("test_r.py",), "a": ("test_a.py",)}
        assert workspace.foreign == ("other/x",)
    assert find_root(root / "other/x/a", None) == root / "other/x"


def test_the_workspace_around_a_checkout_is_not_its_own(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": UV_WORKSPACE, "other/a/x.py": "", "plain/x.py": ""})
    assert find_root(tmp_path / "other/a", None) == tmp_path
    git(tmp_path / "other", "init", "-q")
    # a folder of clones may be a workspace; what lies in a checkout may not reach out of another one
    assert find_root(tmp_path / "other/a", None) == tmp_path
    git(tmp_path, "init", "-q")
    assert find_root(tmp_path / "other/a", None) == tmp_path / "other"
    write(tmp_path, {".gitmodules": '[submodule "other"]\n\tpath = other\n'})
    assert find_root(tmp_path / "other/a", None) == tmp_path
    assert find_root(tmp_path / "plain", None) == tmp_path


def test_test_paths_may_lie_in_a_member_and_then_the_root_has_no_tests(tmp_path: Path) -> None:
    """Seen in a public repository: falling back to the whole root would collect what pytest does not."""
    files = {
        "pyproject.toml": named("root", '[tool.pytest.ini_options]\ntestpaths = ["a/tests"]\n'),
        "tests/test_r.py": TEST,
        "a/pyproject.toml": named("a"),
        "a/tests/test_a.py": TEST,
    }
    assert running(look(tmp_path, files)) == {"a": ("tests/test_a.py",)}


@pytest.mark.parametrize(
    ("pytest_ini", "named"),
    [
        ("testpaths = ../../suite", True),
        ("testpaths = ../../suite/deep/test_s.py", True),
        ("testpaths = ../../su*", True),
        ("testpaths = ../b", True),
        ("testpaths = ..", True),
        ("testpaths = ../../guide.rst", True),
        ("testpaths = ../../code\naddopts = --doctest-modules", True),
        ("addopts = -q ../../suite/deep/test_s.py::test_it", True),
        ("testpaths = ../../code", False),
        ("testpaths = ../../none", False),
        ("testpaths = ../../../suite", False),
        ("addopts = -k ../../suite", False),
    ],
)
def test_a_project_whose_tests_all_lie_elsewhere(tmp_path: Path, pytest_ini: str, named: bool) -> None:
    """Before, it was passed over, and nobody ran its tests with its settings."""
    files = {
        "libs/a/pytest.ini": f"[pytest]\n{pytest_ini}\n",
        "libs/b/pytest.ini": "",
        "libs/b/test_b.py": TEST,
        "suite/deep/test_s.py": TEST,
        "guide.rst": ">>> 1\n1\n",
        "code/c.py": '"""\n>>> 1\n1\n"""',
    }
    found = running(look(tmp_path, files))
    assert found.get("libs/a") == (("pytest.ini",) if named else None)
    assert found["libs/b"] == ("test_b.py",)


@pytest.mark.parametrize(
    ("file", "addopts", "runs"),
    [
        ("a.py", "--ruff", True),
        ("a.py", "-q --mypy", True),
        ("a.pyi", "--mypy", True),
        ("n.ipynb", "--nbmake -n2", True),
        ("a.py", "--mypy-config-file=../mypy.ini", True),
        ("a.py", "--xdoctest", False),
        ("guide.md", "--markdown-docs", True),
        ("test_x.tavern.yaml", "", True),
        ("n.ipynb", "--ruff", False),
        ("a.py", "--nbmake", False),
        ("a.py", "-m --ruffle", False),
        ("x.tavern.yaml", "", False),
    ],
)
def test_options_of_plugins_that_make_tests_of_other_files(
    tmp_path: Path, file: str, addopts: str, runs: bool
) -> None:
    """Before, a project without any other test was passed over."""
    files = {"a/pytest.ini": f"[pytest]\naddopts = {addopts}\n", f"a/src/{file}": ""}
    assert running(look(tmp_path, files)) == ({"a": ("pytest.ini",)} if runs else {})
    # a call's options reach every project with a manifest, and nobody takes a loose file for one
    asked = discover(tmp_path, Settings(collecting=("--ruff",)))
    assert ("a" in running(asked)) is (runs or file.endswith(".py"))
    assert "." not in running(
        discover(write(tmp_path / "loose", {"x.py": ""}), Settings(collecting=("--ruff",)))
    )


def test_examples_that_xdoctest_finds(tmp_path: Path) -> None:
    files = {"a/pytest.ini": "[pytest]\naddopts = --xdoctest\n", "a/src/a.py": '""">>> 1"""'}
    assert running(look(tmp_path, files)) == {"a": ("pytest.ini",)}


def test_a_linter_of_files_elsewhere(tmp_path: Path) -> None:
    files = {"a/pytest.ini": "[pytest]\naddopts = --ruff\ntestpaths = ../src\n", "src/b.py": ""}
    assert running(look(tmp_path, files)) == {"a": ("pytest.ini",)}


@pytest.mark.parametrize(
    ("addopts", "settings"),
    [
        ("-k fast", Settings()),
        ("-m 'not slow'", Settings()),
        ("--deselect=x::y", Settings()),
        ("-o python_functions=check_*", Settings()),
        ("\npython_functions = check_*", Settings()),
        ("\npython_classes = Check*", Settings()),
        ("", Settings(exclude=("a",))),
    ],
)
def test_a_root_without_manifest_runs_what_nobody_else_runs_whole(
    tmp_path: Path, addopts: str, settings: Settings
) -> None:
    """Before, those tests were nobody's."""
    own = f"[tool:pytest]\ntestpaths = ../suite\naddopts = {addopts}\n[metadata]\nname = a\n"
    found = discover(write(tmp_path, {"a/setup.cfg": own, "a/a.py": "", "suite/test_s.py": TEST}), settings)
    assert running(found)["."] == ("suite/test_s.py",)


@pytest.mark.parametrize("more", ["", "pyproject.toml", "test_r.py"])
def test_a_root_without_manifest_does_not_run_what_others_name_as_theirs(tmp_path: Path, more: str) -> None:
    files = {"a/pytest.ini": "[pytest]\ntestpaths = ../suite\n", "suite/test_s.py": TEST}
    found = running(
        look(tmp_path, {**files, **({more: TEST if more == "test_r.py" else ""} if more else {})})
    )
    assert found.keys() == ({"a", "."} if more else {"a"})


@pytest.mark.parametrize(
    "own",
    [
        'args = ["checks/check_it.py"]',
        'args = ["-q", "checks/check_it.py::test_it"]',
        'args = ["-o", "python_files=check_*.py"]',
        'args = ["-opython_files=check_*.py"]',
        'args = ["--override-ini=python_files=check_*.py"]',
        'args = ["-oaddopts=checks/check_it.py"]',
        'args = ["-c", "other.ini"]',
        'args = ["-c", "../cfg/other.ini", "--rootdir=."]',
        'args = ["--doctest-modules"]',
        'args = ["--doctest-glob=*.md"]',
        'args = ["../suite"]',
        'env = { PYTEST_ADDOPTS = "--doctest-modules" }',
        'env = { PYTEST_ADDOPTS = "checks/check_it.py" }',
    ],
)
def test_the_arguments_of_a_project_say_which_files_are_tests(tmp_path: Path, own: str) -> None:
    """Before, it was passed over, and nobody ran its tests."""
    files = {
        "pyproject.toml": f'[tool.pytest-monorepo.projects."a"]\n{own}\n',
        "a/pyproject.toml": named("a"),
        "a/other.ini": "[pytest]\npython_files = check_*.py\n",
        "cfg/other.ini": "[pytest]\npython_files = check_*.py\n",
        "a/checks/check_it.py": TEST,
        "a/mod.py": '"""\n>>> 1\n1\n"""',
        "a/guide.md": ">>> 1\n1\n",
        "suite/test_s.py": TEST,
    }
    assert "a" in running(look(tmp_path, files))
    files["pyproject.toml"] = '[tool.pytest-monorepo.projects."a"]\nargs = ["-k", "checks"]\n'
    assert "a" not in running(look(tmp_path, files))


def test_a_folder_of_no_project_that_is_installed_by_path(tmp_path: Path) -> None:
    needs = 'dependencies = ["v"]\n[tool.uv.sources]\nv = {path = "../vendor/v"}\n'
    files = {"a/pyproject.toml": named("a", needs), "vendor/v/pyproject.toml": named("v")}
    assert project(look(tmp_path, files), "a").includes == ("vendor/v",)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize("with_git", [True, False], ids=["git", "walk"])
def test_tests_behind_a_link_are_the_projects(tmp_path: Path, with_git: bool) -> None:
    write(tmp_path, {"a/setup.py": "", "b/setup.py": "", "common/test_c.py": TEST, "common2/test_d.py": TEST})
    (tmp_path / "a/tests").symlink_to("../common")
    (tmp_path / "a/loop").symlink_to("..")
    (tmp_path / "b/gone").symlink_to("nowhere")
    if with_git:
        git(tmp_path, "init", "-q")
        git(tmp_path, "add", "-A")
    workspace = look(tmp_path)
    assert running(workspace) == {".": ("common/test_c.py", "common2/test_d.py"), "a": ("tests/test_c.py",)}
    assert project(workspace, "a").includes == ("common",)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize("with_git", [True, False], ids=["git", "walk"])
def test_a_link_to_a_project_is_no_second_one(tmp_path: Path, with_git: bool) -> None:
    write(tmp_path, {"real/p/pyproject.toml": named("p"), "real/p/test_p.py": TEST, "test_root.py": TEST})
    (tmp_path / "linked").symlink_to("real/p")
    if with_git:
        git(tmp_path, "init", "-q")
        git(tmp_path, "add", "-A")
    workspace = look(tmp_path)
    assert running(workspace) == {".": ("test_root.py",), "real/p": ("test_p.py",)}
    assert "linked" in workspace.foreign


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize(
    ("table", "members"),
    [
        ('uv.workspace = {members = ["libs/*"]}', {"vendor/v", "store/p"}),  # as uv 0.13 itself takes them
        ('uv.workspace = {members = ["*/p"]}', {"store/p"}),
        ('uv.workspace = {members = ["libs/*"], exclude = ["libs/p"]}', {"vendor/v"}),
        ('uv.workspace = {members = ["libs/*"], exclude = ["store/p"]}', {"vendor/v", "store/p"}),
        ('pdm.workspace = {members = ["libs/v"]}', {"vendor/v"}),
        ('hatch.envs.default.workspace.members = ["libs/v"]', {"vendor/v"}),
    ],
)
def test_a_member_may_be_named_by_a_link(tmp_path: Path, table: str, members: set[str]) -> None:
    (tmp_path / "libs").mkdir()
    for name, target in (("p", "store/p"), ("v", "vendor/v")):
        write(tmp_path, {f"{target}/pyproject.toml": named(name), f"{target}/test_{name}.py": TEST})
        (tmp_path / "libs" / name).symlink_to(f"../{target}")
    workspace = look(tmp_path, {"pyproject.toml": f"[tool]\n{table}\n"})
    assert running(workspace).keys() == members


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize(
    ("members", "exclude", "found"),
    [
        ("libs/*", "", {"store/p", "store/v"}),  # as uv 0.13 itself takes them
        ("*/p", "", {"store/p"}),
        ("libs/v", "", {"store/v"}),
        ("libs/*", "libs/p", {"store/v"}),
        ("other/*", "", set()),
    ],
)
@pytest.mark.parametrize("link", ["libs", "deep/libs"])
def test_a_member_may_lie_behind_a_link(
    tmp_path: Path, link: str, members: str, exclude: str, found: set[str]
) -> None:
    for name in ("p", "v"):
        write(tmp_path, {f"store/{name}/pyproject.toml": named(name), f"store/{name}/test_{name}.py": TEST})
    members, exclude = (
        re.sub(r"^(libs|\*)", lambda at: link.replace("libs", at[0]), one) for one in (members, exclude)
    )
    table = f'[tool.uv.workspace]\nmembers = ["{members}"]\nexclude = ["{exclude}"]\n'
    write(tmp_path, {"pyproject.toml": table, "deep/x.py": ""})
    (tmp_path / link).symlink_to(tmp_path / "store")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    assert running(look(tmp_path)).keys() == found


def test_an_unreadable_manifest_is_an_error_of_that_project_alone(tmp_path: Path) -> None:
    files = {
        "a/pyproject.toml": "[project]\nname = \n",
        "a/test_a.py": TEST,
        "b/pyproject.toml": named("b"),
        "b/test_b.py": TEST,
        "c/setup.py": "print 'hello'\n",
        "c/test_c.py": TEST,
        "d/setup.py": "print 'hello'\n",
        "e/setup.cfg": "[metadata\n",
        "e/test_e.py": TEST,
    }
    workspace = look(tmp_path, files)
    (tmp_path / "latin").mkdir()
    (tmp_path / "latin/pyproject.toml").write_bytes(b"# \xff\n")
    errors = {p.path: p.error for p in look(tmp_path).projects}
    assert errors["a"] == "a/pyproject.toml is not valid TOML: Invalid value (at line 2, column 8)"
    assert errors["b"] is None
    assert (errors["c"] or "").startswith("c/setup.py is not valid Python: ")
    assert (errors["c"] or "").endswith("(at line 1)")
    assert "d" not in errors
    assert (errors["e"] or "").startswith("e/setup.cfg is not a valid ini file: ")
    assert errors["latin"] == "latin/pyproject.toml is not UTF-8 (byte 2): save it as UTF-8"
    assert running(workspace)["b"] == ("test_b.py",)


@pytest.mark.parametrize(
    "manifest",
    [
        {"p/pyproject.toml": named("p", '[project.entry-points.pytest11]\np = "p"\n')},
        {"p/pyproject.toml": '[tool.poetry]\nname = "p"\n[tool.poetry.plugins.pytest11]\np = "p"\n'},
        {"p/setup.cfg": "[metadata]\nname = p\n[options.entry_points]\npytest11 =\n    p = p\n"},
        {"p/setup.py": "from setuptools import setup\nsetup(name='p', entry_points={'pytest11': ['p=p']})\n"},
    ],
    ids=["standard", "poetry", "setup.cfg", "setup.py"],
)
def test_who_is_a_pytest_plugin(tmp_path: Path, manifest: dict[str, str]) -> None:
    cache = tmp_path / "cache"
    root = write(tmp_path / "root", {**manifest, "q/pyproject.toml": named("q"), "q/test_q.py": TEST})
    for _ in range(2):  # the second one remembers
        found = discover(root, Settings(), cache)
        assert [p.path for p in found.projects if p.pytest_plugin] == ["p"]


def test_names(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": "",
        "test_r.py": TEST,
        "a/pyproject.toml": named("My_Lib.Core"),
        "a/test_a.py": TEST,
        "b/setup.py": "from setuptools import setup\nsetup(name='my-lib-core')\n",
        "b/test_b.py": TEST,
        "libs/c/pytest.ini": "",
        "libs/c/test_c.py": TEST,
    }
    workspace = look(tmp_path, files)
    names = {p.path: p.name for p in workspace.projects}
    assert names == {".": tmp_path.name, "a": "my-lib-core", "b": "my-lib-core", "libs/c": "libs/c"}
    assert workspace.warnings == (
        "2 projects are named 'my-lib-core': 'a', 'b'; they are told apart by their paths",
    )


def test_git_ignored_files_are_not_there_and_untracked_ones_are(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    files = {
        ".gitignore": "out/\n",
        "a/setup.py": "",
        "a/test_a.py": TEST,
        "a/test_gone.py": TEST,
        "out/b/setup.py": "",
        "out/b/test_b.py": TEST,
    }
    write(tmp_path, files)
    git(tmp_path, "add", "-A")
    (tmp_path / "a/test_gone.py").unlink()
    assert running(look(tmp_path, {"a/test_new.py": TEST})) == {"a": ("test_a.py", "test_new.py")}
