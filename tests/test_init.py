"""``--monorepo-init``: fitted to what is there, read back by our own reader, and never over a file."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import tomli

from pytest_monorepo import settings
from pytest_monorepo.init import facts, texts
from pytest_monorepo.init.command import parts

from .run.space import Space

PROJECT = '[project]\nname = "{name}"\nversion = "1"\ndependencies = [{dependencies}]\n'
GREEN = "def test_it():\n    pass\n"

UV = {
    "pyproject.toml": '[tool.uv.workspace]\nmembers = ["libs/*"]\n',
    "uv.lock": "version = 1\n",
}
POETRY = {
    "pyproject.toml": '[tool.poetry]\nname = "root"\nversion = "1"\npackage-mode = false\n',
    "poetry.lock": 'content-hash = "x"\n',
}


@pytest.fixture
def space(tmp_path: Path) -> Space:
    root = tmp_path / "repo"
    root.mkdir()
    (root / ".git").mkdir()
    return Space(root)


def workspace(space: Space, extra: Mapping[str, str] = {}) -> Path:
    """Two projects, the second one needing the first, and the given files."""
    space.write(
        {
            "libs/a/pyproject.toml": PROJECT.format(name="a", dependencies=""),
            "libs/a/tests/test_main.py": GREEN,
            "libs/b/pyproject.toml": PROJECT.format(name="b", dependencies='"a"'),
            "libs/b/tests/test_main.py": GREEN,
            **extra,
        }
    )
    return space.root


def init(space: Space, *args: str) -> str:
    run = space.plain("-p", "pytest_monorepo.plugin", *args)
    assert run.code == 0, run.out
    return run.out


def files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and ".pytest_cache" not in path.parts
    }


def installed(root: Path) -> list[str]:
    return texts.install(facts.gather(root))


@pytest.mark.parametrize("manager", [UV, POETRY, {}], ids=["uv", "poetry", "plain"])
def test_what_is_written_works_and_stays(space: Space, manager: Mapping[str, str]) -> None:
    root = workspace(space, manager)
    before = files(root)
    out = init(space, "--monorepo-init=write")
    written = files(root)
    assert set(written) - set(before) >= {".github/workflows/monorepo.yml", ".vscode/settings.json"}
    assert written["pyproject.toml"].startswith(before.get("pyproject.toml", b"").rstrip())
    assert settings.load(root) == settings.Settings()
    assert all(written[path] == before[path] for path in before if path != "pyproject.toml")
    space.run("--workers=2").has(r"=+ 2 passed in .*")

    again = init(space, "--monorepo-init=write")
    assert files(root) == written
    assert out.count("written") + out.count("added at the end") == again.count("nothing to add") == 3


def test_prints_by_default(space: Space) -> None:
    root = workspace(space)
    before = files(root)
    out = init(space, "--monorepo-init")
    assert files(root) == before
    assert "[tool.pytest-monorepo]" in out
    assert "fetch-depth: 0" in out
    assert "Nothing was written" in out


def test_works_from_a_project_and_with_the_switch_in_addopts(space: Space) -> None:
    root = workspace(space, {"pyproject.toml": '[tool.pytest.ini_options]\naddopts = "-q --monorepo"\n'})
    out = space.plain("-p", "pytest_monorepo.plugin", "--monorepo-init=write", cwd="libs/a").out
    assert "../../pyproject.toml: table added at the end" in out
    assert "addopts =" not in (root / "pyproject.toml").read_text().partition("[tool.pytest-monorepo]")[2]
    assert json.loads((root / ".vscode/settings.json").read_text())["python.testing.pytestArgs"] == []


def test_overwrites_no_file(space: Space) -> None:
    kept = {
        ".github/workflows/monorepo.yml": "on: push\n",
        ".vscode/settings.json": '{\n  // mine\n  "editor.rulers": [100]\n}\n',
        "pyproject.toml": "tool = {black = {}}\n",
    }
    root = workspace(space, kept)
    out = init(space, "--monorepo-init=write")
    assert {path: (root / path).read_text() for path in kept} == kept
    assert out.count("exists and stays as it is; add this part") == 3


def test_appends_with_the_line_ends_that_are_there(space: Space) -> None:
    root = workspace(space)
    (root / "pyproject.toml").write_bytes(b"[tool.black]\r\nline-length = 90\r\n\r\n")
    init(space, "--monorepo-init=write")
    content = (root / "pyproject.toml").read_bytes()
    assert content.startswith(b"[tool.black]\r\nline-length = 90\r\n\r\n[tool.pytest-monorepo]\r\n")
    assert content.count(b"\n") == content.count(b"\r\n")


def test_members_left_out_by_the_workspace_table_are_excluded(space: Space) -> None:
    outside = {
        "tools/c/pyproject.toml": PROJECT.format(name="c", dependencies=""),
        "tools/c/tests/test_c.py": GREEN,
    }
    root = workspace(space, {**UV, **outside})
    init(space, "--monorepo-init=write")
    assert settings.load(root).exclude == ("tools/c",)
    space.run("--monorepo-list").lacks("warning", "outside-table")


def test_every_commented_key_is_one_that_settings_know(space: Space) -> None:
    root = workspace(space, {"deploy/site.yml": "x: 1\n"})
    table = texts.table(facts.gather(root))
    live = "".join(
        f"{line.removeprefix('# ')}\n" for line in table.splitlines() if " = " in line or "[tool" in line[:8]
    )
    document = tomli.loads(live)
    parsed = settings.parse(document["tool"]["pytest-monorepo"])
    assert parsed.projects == ("libs/*",)
    assert parsed.ignore_changes is not None
    assert "deploy/**" in parsed.ignore_changes
    assert document["tool"]["pytest"]["ini_options"]["addopts"] == "--monorepo"
    assert max(map(len, table.splitlines())) <= 100


@pytest.mark.parametrize(
    ("extra", "commands", "runner"),
    [
        (
            UV,
            [
                "python -m pip install uv",
                "uv sync --locked --all-packages --all-extras --all-groups",
                "uv pip install pytest-monorepo",
            ],
            "uv run --no-sync pytest",
        ),
        (
            {**POETRY, "requirements-dev.txt": "pytest-monorepo>=0.1\n"},
            ["python -m pip install poetry", "poetry install --all-extras --all-groups"],
            "poetry run pytest",
        ),
        (
            {"pyproject.toml": "[tool.pdm]\n"},
            [
                "python -m pip install pdm",
                "pdm install --group :all",
                "pdm run python -m ensurepip --upgrade",
                "pdm run python -m pip install pytest-monorepo",
            ],
            "pdm run pytest",
        ),
        (
            {"hatch.toml": "", "libs/a/dev-requirements.txt": "pytest-monorepo\n"},
            ["python -m pip install hatch", "hatch env create"],
            "hatch run pytest",
        ),
        (
            {"requirements.txt": "requests\n"},
            ["python -m pip install -r requirements.txt -e ./libs/a -e ./libs/b pytest-monorepo"],
            "python -m pytest",
        ),
        (
            {
             "libs/b/poetry.lock": "",
             "libs/c/requirements.txt": "requests\n",
             "libs/c/tests/test_c.py": GREEN,
             "libs/c/pyproject.toml": PROJECT.format(name="c", dependencies='"requests"')},
            [
                "python -m pip install poetry",
                "POETRY_VIRTUALENVS_IN_PROJECT=true poetry --directory libs/b install"
                " --all-extras --all-groups",
                "python -m pip install -r libs/c/requirements.txt -e ./libs/a -e ./libs/c pytest-monorepo",
            ],
            "python -m pytest",
        ),
    ],
    ids=["uv", "poetry", "pdm", "hatch", "pip", "environments of their own"],
)  # fmt: skip
def test_installs_as_the_workspace_does(
    space: Space, extra: Mapping[str, str], commands: list[str], runner: str
) -> None:
    root = workspace(space, extra)
    assert installed(root) == commands
    assert texts.pytest_command(facts.gather(root)) == runner


def test_pip_installs_the_extras_and_groups_of_tests(space: Space) -> None:
    manifest = PROJECT.format(name="a", dependencies='"requests"')
    extras = '[project.optional-dependencies]\ntest = ["x"]\nsql = ["y"]\n[dependency-groups]\ndev = ["z"]\n'
    root = workspace(space, {"libs/a/pyproject.toml": manifest + extras})
    assert installed(root) == [
        "python -m pip install --upgrade 'pip>=25.1'",
        "python -m pip install -e './libs/a[test]' --group libs/a/pyproject.toml:dev -e ./libs/b"
        " pytest-monorepo",
    ]


SETUP = '[build-system]\nrequires = ["setuptools"]\n'
NAMED = f'[project]\nname = "a"\nversion = "1"\n{SETUP}'
POETRY_GROUP = '[tool.poetry]\nname = "a"\nversion = "1"\n[tool.poetry.group.test.dependencies]\nx = "*"\n'


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (
            {
                "libs/a/pyproject.toml": SETUP,
                "libs/a/setup.cfg": "[metadata]\nname = a\n[options.extras_require]\ndocs=s\ntests=x\n",
            },
            "-e './libs/a[tests]'",
        ),
        (
            {
                "libs/a/pyproject.toml": SETUP,
                "libs/a/setup.cfg": "[metadata]\nname = a\n[options]\ninstall_requires = file: base.txt\n"
                "[options.extras_require]\ntest = file: test.txt\n",
            },
            "-e './libs/a[test]'",
        ),
        (
            {
                "libs/a/pyproject.toml": SETUP,
                "libs/a/setup.py": "import setuptools as s\ns.setup(name='a', extras_require={'dev': []})\n",
            },
            "-e './libs/a[dev]'",
        ),
        (
            {
                "libs/a/pyproject.toml": SETUP
                + '[tool.poetry]\nname = "a"\n[tool.poetry.extras]\ntest = ["x"]\n'
            },
            "-e './libs/a[test]'",
        ),
        # setuptools builds it where no backend is named, and pip installs extras of what it builds
        (
            {
                "libs/a/pyproject.toml": '[project]\nname = "a"\nversion = "1"\n'
                '[project.optional-dependencies]\ntest = ["x"]\n'
            },
            "-e './libs/a[test]'",
        ),
        # a project that nobody builds has groups, too, and so has a root that is none
        (
            {"libs/a/pyproject.toml": '[dependency-groups]\ntest = ["x"]\n[tool.pytest.ini_options]\n'},
            "--group libs/a/pyproject.toml:test",
        ),
        ({"pyproject.toml": '[dependency-groups]\ndev = ["x"]\n'}, "--group pyproject.toml:dev"),
        (
            {
                "requirements.txt": "x\n",
                "libs/a/requirements/test.txt": "y\n",
                "libs/b/requirements.txt": "z\n",
            },
            "-r requirements.txt -r libs/a/requirements/test.txt -r libs/b/requirements.txt",
        ),
        # what no pip reads: environments, and groups from before there was a standard for them
        (
            {
                "libs/a/pyproject.toml": NAMED + "[tool.hatch.envs.hatch-test]\n"
                'extra-dependencies = ["x>=2", "b", "c @ {root:parent:uri}/c"]\n'
                '[tool.hatch.envs.docs]\ndependencies = ["sphinx", "pytest"]\n'
            },
            "-e ./libs/a 'x>=2' -e ./libs/b pytest-monorepo",
        ),
        (
            {
                "libs/a/pyproject.toml": NAMED,
                "libs/a/hatch.toml": '[envs.default]\ndependencies = ["x"]\n'
                '[envs.lint]\ndependencies = ["y"]\n',
            },
            "-e ./libs/a x -e ./libs/b pytest-monorepo",
        ),
        (
            {
                "libs/a/pyproject.toml": NAMED
                + '[project.optional-dependencies]\nsql = ["x"]\nother = ["y"]\n'
                '[dependency-groups]\nchecks = ["z"]\n'
                '[tool.hatch.envs.default]\nfeatures = ["sql"]\ndependency-groups = ["checks"]\n'
            },
            "-e './libs/a[sql]' --group libs/a/pyproject.toml:checks -e ./libs/b pytest-monorepo",
        ),
        (
            {
                "libs/a/pyproject.toml": NAMED + "[tool.pdm.dev-dependencies]\n"
                'test = ["x", "-e file:///${PROJECT_ROOT}/../b#egg=b"]\ndocs = ["y"]\n'
            },
            "-e ./libs/a x -e ./libs/b pytest-monorepo",
        ),
        (
            {
                "libs/a/pyproject.toml": NAMED
                + "[tool.uv]\ndev-dependencies = [\"x ; python_version > '3'\"]\n"
            },
            """-e ./libs/a 'x ; python_version > '"'"'3'"'"'' -e ./libs/b pytest-monorepo""",
        ),
        (
            {
                f"libs/{name}/pyproject.toml": NAMED.replace('"a"', f'"{name}"')
                + '[tool.uv]\ndev-dependencies = ["x"]\n'
                for name in "ab"
            },
            "-e ./libs/a x -e ./libs/b pytest-monorepo",
        ),
    ],
    ids=[
        "setup.cfg",
        "a file",
        "setup.py",
        "poetry extras",
        "extras and no build system",
        "not built",
        "root",
        "requirements",
        "hatch",
        "hatch.toml",
        "features",
        "pdm",
        "uv",
        "twice",
    ],
)
def test_pip_installs_what_each_project_says(space: Space, extra: Mapping[str, str], words: str) -> None:
    assert words in installed(workspace(space, extra))[-1]


@pytest.mark.parametrize(
    "path", ["docs-requirements.txt", "libs/a/requirements-lint.txt", "libs/a/requirements.in"]
)
def test_what_no_test_needs_is_not_installed(space: Space, path: str) -> None:
    assert installed(workspace(space, {path: "x\n"})) == [
        "python -m pip install -e ./libs/a -e ./libs/b pytest-monorepo"
    ]


@pytest.mark.parametrize(
    "manifest",
    [
        POETRY_GROUP,
        '[tool.poetry]\nname = "a"\nversion = "1"\n[tool.poetry.dev-dependencies]\nx = "*"\n',
        '[project]\nname = "a"\nversion = "1"\n[tool.poetry]\npackage-mode = false\n',
    ],
)
def test_poetry_installs_without_a_lock_what_only_poetry_reads(space: Space, manifest: str) -> None:
    root = workspace(space, {"libs/a/pyproject.toml": manifest, "libs/b/pyproject.toml": SETUP})
    assert installed(root)[:2] == [
        "python -m pip install poetry",
        "POETRY_VIRTUALENVS_IN_PROJECT=true poetry --directory libs/a install --all-extras --all-groups",
    ]
    assert "libs/a" not in installed(root)[-1]


def test_requirements_with_hashes_or_folders_have_a_call_of_their_own(space: Space) -> None:
    root = workspace(
        space,
        {
            "requirements.txt": "x==1 \\\n    --hash=sha256:00\n",
            "libs/a/requirements.txt": "-e ../b\n",
            "libs/b/requirements.txt": "requests\n",
        },
    )
    assert installed(root) == [
        "python -m pip install -r requirements.txt",
        "(cd libs/a && python -m pip install -r requirements.txt)",
        "python -m pip install -r libs/b/requirements.txt -e ./libs/a -e ./libs/b pytest-monorepo",
    ]


def test_a_manager_gets_what_it_knows_nothing_of(space: Space) -> None:
    service = {"svc/x/requirements.txt": "x\n", "svc/x/tests/test_x.py": GREEN}
    assert installed(workspace(space, {**UV, **service, "libs/a/requirements.txt": "exported\n"}))[-1] == (
        "uv pip install -r svc/x/requirements.txt pytest-monorepo"
    )


def test_services_with_requirements_only_are_projects_of_what_is_written(space: Space) -> None:
    """From nothing to a green run, by what is written alone."""
    for name in ("web", "jobs"):
        space.write(
            {
                f"services/{name}/requirements.txt": f"{name}-needs-this\n",
                f"services/{name}/app.py": f"N = '{name}'\n",
                f"services/{name}/tests/test_app.py": f"import app\ndef test_a(): assert app.N == '{name}'\n",
                f"services/{name}/tests/__init__.py": "",
                f"services/{name}/conftest.py": "",
            }
        )
    init(space, "--monorepo-init=write")
    assert settings.load(space.root).projects == ("services/*",)
    workflow = (space.root / ".github/workflows/monorepo.yml").read_text()
    words = "-r services/jobs/requirements.txt -r services/web/requirements.txt"
    assert f"python -m pip install {words} pytest-monorepo\n" in workflow
    run = space.run()
    run.has(r"^monorepo: 2 projects")
    assert {line.split()[0] for line in run.lines if line.startswith("services/")} >= {
        "services/jobs",
        "services/web",
    }
    assert run.counts == {"passed": 2}
    # and once more: what is there stays, and is enough
    before = files(space.root)
    init(space, "--monorepo-init=write")
    assert files(space.root) == before


def test_gitlab_gets_a_file_of_its_own_and_the_line_that_includes_it(space: Space) -> None:
    root = workspace(space, {".gitlab-ci.yml": "stages: [test]\n"})
    out = init(space, "--monorepo-init=write")
    assert not (root / ".github").exists()
    assert (root / ".gitlab-ci.yml").read_text() == "stages: [test]\n"
    assert "  - local: .gitlab/pytest-monorepo.yml" in out
    job = (root / ".gitlab/pytest-monorepo.yml").read_text()
    assert "python -m pytest --monorepo --affected --junitxml=report.xml" in job
    assert 'GIT_DEPTH: "0"' in job


def test_a_workspace_in_a_subfolder_has_its_workflow_at_gits_top(space: Space) -> None:
    inner = Space(space.root / "python")
    inner.root.mkdir()
    workspace(
        inner, {"pyproject.toml": "[tool.uv.workspace]\nmembers = ['libs/*']\n", ".python-version": "3.12\n"}
    )
    init(inner, "--monorepo-init=write")
    workflow = (space.root / ".github/workflows/monorepo.yml").read_text()
    assert "working-directory: python" in workflow
    assert "python-version-file: python/.python-version" in workflow
    assert (inner.root / ".vscode/settings.json").exists()


@pytest.mark.parametrize(
    ("requires", "python"),
    [(">=3.9,<3.12", "3.11"), (">=3.13", "3.13"), ("<3.9", "3.10"), (">=3.8,<4.0", "3.12")],
)
def test_the_python_of_the_workflow_suits_all_projects(space: Space, requires: str, python: str) -> None:
    manifest = PROJECT.format(name="a", dependencies="") + f'requires-python = "{requires}"\n'
    root = workspace(
        space, {"libs/a/pyproject.toml": manifest if requires else manifest.partition("requires-")[0]}
    )
    assert facts.gather(root).python == python


def test_a_table_that_is_there_is_kept(space: Space) -> None:
    root = workspace(space, {"pyproject.toml": "[tool.pytest-monorepo]\nworkers = 3\n"})
    assert parts(facts.gather(root)).__next__().there is not None
    init(space, "--monorepo-init=write")
    assert settings.load(root).workers == 3


def test_broken_settings_are_a_usage_error(space: Space) -> None:
    workspace(space, {"pyproject.toml": "[tool.pytest-monorepo]\nworker = 3\n"})
    run = space.plain("-p", "pytest_monorepo.plugin", "--monorepo-init")
    assert run.code == pytest.ExitCode.USAGE_ERROR
    run.has(r"ERROR: .*unknown key 'worker'; did you mean 'workers'")


def test_actionlint_has_no_complaint(space: Space) -> None:
    command = shutil.which("actionlint")
    if command is None:
        pytest.skip("actionlint is not installed")
    root = workspace(space, UV)
    init(space, "--monorepo-init=write")
    done = subprocess.run([command], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
