"""Settings of linters, formatters and type checkers: whose tests run the tool; on real repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.affected.rules.checks import checker_of
from tests.affected.test_decision import ALL, Repo

from .test_strangers import API, CORE, SERVED, WORKFLOW, changed

SETTINGS = (
    "ruff.toml",
    ".flake8",
    ".mypy.ini",
    ".pylintrc",
    "pyrightconfig.json",
    "tools/mypy.ini",
    "eslint.config.mjs",
)
TEST = f"{API}/tests/test_types.py"
DEV = '[dependency-groups]\ndev = ["mypy", "ruff"]\n[tool.mypy]\nstrict = true\n'


def test_settings_of_tools_that_no_test_runs_concern_nobody(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    for path in SETTINGS:
        repo.write(path, "")
    repo.commit()
    for path in SETTINGS:
        repo.write(path, "changed\n")
    assert repo.selected() == []


@pytest.mark.parametrize(
    ("file", "text", "selected"),
    [
        # what runs it in the tests
        (TEST, "from mypy import api\n", [API]),
        (TEST, 'run(["mypy", "api"])\n', [API]),
        (TEST, 'run("python -m mypy api", shell=True)\n', [API]),
        (TEST, "CONFIG = ROOT / 'mypy.ini'\n", [API]),
        (TEST, "run(['pre-commit', 'run', '-a'])\n", [API]),
        (TEST, "run('make lint', shell=True)\n", [API]),
        (TEST, "run([sys.executable, '-m', 'pre_commit', 'run'])\n", [API]),
        (TEST, "run('uv run pre-commit run -a', shell=True)\n", [API]),
        (TEST, "run('python -m nox -s lint'.split())\n", [API]),
        (TEST, "run('cd ../.. && make lint', shell=True)\n", [API]),
        (TEST, "run(['yarn', 'lint'])\n", [API]),
        (TEST, "run(['stubtest', 'api'])\n", [API]),
        (TEST, "FILES = ROOT.glob('*.ini')\n", [API]),
        (TEST, "FILES = DATA.glob('*.ini')\n", []),
        (TEST, "X = 'to make lint of it'\n", []),
        (TEST, "run(['./../../scripts/types.sh'])\n", []),
        (f"{API}/tests/conftest.py", 'pytest_plugins = ["pytest_mypy"]\n', [API]),
        (f"{API}/tests/cases.yml", "- run: mypy api\n", [API]),
        (f"{API}/api/check.py", "import mypy.api\n", SERVED),
        (f"{API}/setup.py", "from mypyc.build import mypycify\n", [API]),
        (f"{API}/pytest.ini", "[pytest]\naddopts = --mypy\n", [API]),
        (f"{API}/requirements-test.txt", "pytest-mypy\n", [API]),
        (f"{API}/scripts/types.sh", "mypy api\n", [API]),
        (f"{API}/bin/types", "#!/bin/sh\nmypy api\n", [API]),
        # what has it installed or started for all
        ("requirements-dev.txt", "pytest-mypy-plugins==3\n", ALL),
        ("pytest.ini", "[pytest]\naddopts = --mypy\n", ALL),
        ("tox.ini", "[testenv]\ncommands = pytest --mypy\n", ALL),
        ("noxfile.py", "session.run('pytest', '--mypy')\n", ALL),
        (".github/workflows/test.yml", WORKFLOW.format(run="pytest --mypy"), ALL),
        ("ci/run.sh", "pip install pytest-mypy\npytest --monorepo\n", ALL),
        ("ci/run", "pytest --monorepo --mypy\n", ALL),
        ("ci/run.py", "pytest.main(['--mypy'])\n", ALL),
        (".envrc", "export PYTEST_ADDOPTS=--mypy\n", ALL),
        ("package.json", '{"scripts": {"test": "pytest --mypy"}}', ALL),
        # what runs it beside the tests, or only speaks of it
        (".github/workflows/types.yml", WORKFLOW.format(run="mypy libs"), []),
        (".pre-commit-config.yaml", "repos:\n- repo: x\n  hooks:\n  - id: mypy\n", []),
        ("noxfile.py", "session.run('mypy', 'libs')\n", []),
        ("Makefile", "types:\n\tmypy libs\n", []),
        ("requirements-dev.txt", "mypy==1.19\n", []),
        (f"{API}/noxfile.py", "session.run('mypy')\n", []),
        (f"{API}/Makefile", "types:\n\tmypy api\n", []),
        (f"{API}/setup.cfg", "[mypy]\nstrict = true\n[options.extras_require]\ndev = mypy\n", []),
        (f"{API}/tests/test_x.py", '"""What mypy says."""\nX = 1  # mypy: ignore\n', []),
        (f"{API}/tests/test_x.py", "x = my_mypy  # pre-commit\n", []),
        ("docs/types.md", "Run pytest --mypy\n", []),
        (f"{API}/README.md", "Run mypy with mypy.ini\n", []),
        ("scripts/types.py", "run(['mypy'])\n", []),
    ],
)
def test_whose_tests_run_a_tool(tmp_path: Path, file: str, text: str, selected: list[str]) -> None:
    assert changed(tmp_path, {"mypy.ini": "", file: text}, "mypy.ini") == selected


def test_a_script_of_nobody_that_runs_it_for_a_test(tmp_path: Path) -> None:
    files = {"mypy.ini": "", "scripts/types.sh": "mypy .\n", TEST: "run(['../../scripts/types.sh'])\n"}
    assert changed(tmp_path, files, "mypy.ini") == [API]


def test_a_helper_of_nobody_that_the_source_of_a_project_imports(tmp_path: Path) -> None:
    files = {"mypy.ini": "", "shared/types.py": "run(['mypy'])\n", f"{API}/api/x.py": "import shared.types\n"}
    assert changed(tmp_path, files, "mypy.ini") == SERVED


@pytest.mark.parametrize(("text", "selected"), [("", [CORE]), ("run(['ruff'])\n", [CORE, *SERVED])])
def test_settings_inside_of_a_project_concern_its_own_tests(
    tmp_path: Path, text: str, selected: list[str]
) -> None:
    files = {f"{CORE}/ruff.toml": "", f"{CORE}/core/x.py": text}
    assert changed(tmp_path, files, f"{CORE}/ruff.toml") == selected


def test_a_root_with_tests_of_its_own_sees_them_alone(tmp_path: Path) -> None:
    files = {"mypy.ini": "", "top/__init__.py": "", "tests/test_top.py": "def test_it(): pass\n"}
    root = '[project]\nname = "top"\nversion = "1"\n' + DEV
    assert changed(tmp_path, files, "mypy.ini", root=root) == ["."]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("libs/a/.flake8", "flake8"),
        (".eslintrc", "eslint"),
        (".eslintrc.cjs", "eslint"),
        (".github/linters/.python-black", "super-linter"),
        (".trunk/trunk.yaml", "trunk"),
        ("flake8", None),
        ("mypy.py", None),
        ("eslint.configuration", None),
        ("libs/.trunk/trunk.yaml", None),
        ("pytest.ini", None),
        ("pyproject.toml", None),
    ],
)
def test_which_tool_a_name_tells(path: str, name: str | None) -> None:
    assert next(iter(checker_of(path)), None) == name
