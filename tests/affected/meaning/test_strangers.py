"""Files of no Python project: folders of other languages, prose, requirements aside; on real repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.affected.test_decision import ALL, Repo

UI = {"ui/package.json": "{}\n", "ui/src/app.ts": "x\n"}
CORE, API, SERVED = "libs/core", "services/api", ["services/api", "services/web"]
MANIFEST = "[project]\nname = 'api'\nversion = '1'\n"
TOOL = "[tool.x]\nelsewhere = '../../libs'\n"
WORKFLOW = "on: push\njobs:\n  one:\n    steps:\n      - run: {run}\n"


def changed(tmp_path: Path, files: dict[str, str], path: str, *, root: str = "") -> list[str]:
    """Who is selected where ``path`` of a repository with these files beside its projects changes."""
    repo = Repo(tmp_path)
    for name, text in files.items():
        repo.write(name, text)
    if root:
        repo.write("pyproject.toml", root)
    repo.commit()
    repo.write(path, "changed\n")
    return repo.selected()


@pytest.mark.parametrize(
    "mark",
    [
        "package.json",
        "go.mod",
        "Cargo.toml",
        "App.csproj",
        "package.xml",
        "Chart.yaml",
        "pom.xml",
        "x.gemspec",
        "deps.edn",
        "build.zig",
        "x.nimble",
    ],
)
def test_a_folder_of_another_language_concerns_nobody(tmp_path: Path, mark: str) -> None:
    assert (
        changed(tmp_path, {f"apps/face/{mark}": "", "apps/face/src/a.txt": ""}, "apps/face/src/a.txt") == []
    )


@pytest.mark.parametrize(
    ("file", "text", "selected"),
    [
        (f"{API}/api/x.py", 'X = Path(__file__).parents[2] / "ui" / "x.json"\n', SERVED),
        (f"{API}/api/x.py", "X = open('../../ui/x.json')\n", SERVED),
        (f"{API}/api/x.py", 'run("cd ui && make", shell=True)\n', SERVED),
        (f"{API}/tests/x.py", "X = '../../ui/x.json'\n", [API]),
        (f"{API}/tests/conftest.py", "X = f'{ROOT}/ui'\n", [API]),
        (f"{API}/setup.cfg", "[files]\ndata = ../../ui/dist\n", SERVED),
        (f"{API}/Cargo.toml", '[dependencies]\nx = { path = "../../ui" }\n', SERVED),
        ("conftest.py", "X = 'ui/x.json'\n", []),
        ("Makefile", "test:\n\tcd ui && npm ci\n", ALL),
        ("noxfile.py", "X = 'ui/x'\n", ALL),
        (".github/workflows/test.yml", WORKFLOW.format(run="cd ui && npm ci && cd .. && pytest"), ALL),
        (".github/workflows/test.yml", WORKFLOW.format(run="ls **/*.ui a.{py,ts}.ui && pytest"), []),
        (".github/workflows/docs.yml", WORKFLOW.format(run="ls ui"), []),
        (
            ".github/workflows/ui.yml",
            WORKFLOW.format(run="npm test\n        working-directory: ui"),
            [],
        ),
        (
            ".github/workflows/ui.yml",
            WORKFLOW.format(run="npm t -C ../x" + "\n        working-directory: ui"),
            ALL,
        ),
        (".github/workflows/ui.yml", WORKFLOW.format(run="cd ui && npm test"), []),
        (f"{API}/api/x.py", "ui = 1  # a ui of things\nimport website, my_web\n", []),
        (f"{API}/README.md", "See ../../ui\n", []),
        ("scripts/x.py", "X = 'ui/x'\n", []),
        ("poetry.lock", 'name = "ui"\n', []),
    ],
)
def test_who_names_a_folder_of_another_language(
    tmp_path: Path, file: str, text: str, selected: list[str]
) -> None:
    assert changed(tmp_path, {**UI, file: text}, "ui/src/app.ts") == selected


def test_a_folder_of_another_language_that_another_one_leads_to(tmp_path: Path) -> None:
    files = {
        "crates/low/Cargo.toml": "",
        "crates/low/a.rs": "",
        "crates/high/Cargo.toml": 'low = { path = "../low" }\n',
        f"{API}/Cargo.toml": 'high = { path = "../../crates/high" }\n',
    }
    assert changed(tmp_path, files, "crates/low/a.rs") == SERVED


@pytest.mark.parametrize(("run", "selected"), [("npm ci && pytest", ALL), ("ls ws/ui", [])])
def test_a_workflow_above_the_workspace_may_name_it(tmp_path: Path, run: str, selected: list[str]) -> None:
    (tmp_path / "ws").mkdir()
    repo = Repo(tmp_path / "ws")
    (tmp_path / "ws/.git").rename(tmp_path / ".git")
    for path, text in UI.items():
        repo.write(path, text)
    repo.write("../.github/workflows/test.yml", WORKFLOW.format(run=f"cd ws/ui && {run}"))
    repo.git("add", "-A", ":/")
    repo.commit()
    repo.write("ui/src/app.ts", "changed")
    assert repo.selected() == selected


@pytest.mark.parametrize(("place", "selected"), [("go", []), ("go/b", []), ("go/c", ALL), (".", ALL)])
def test_tests_of_other_folders_of_other_languages_are_none_of_pythons(
    tmp_path: Path, place: str, selected: list[str]
) -> None:
    files = {
        "go/a/go.mod": "module a\n",
        "go/a/a.go": "",
        "go/b/go.mod": "module b\n",
        "go/c/x": "",
        ".github/workflows/go.yml": WORKFLOW.format(
            run=f"make test ARGS=go/a\n        working-directory: {place}"
        ),
    }
    assert changed(tmp_path, files, "go/a/a.go") == selected


@pytest.mark.parametrize(
    ("more", "selected"),
    [
        ({}, []),
        ({".github/workflows/t.yml": WORKFLOW.format(run="ls\n      - uses: ./.github/actions/wait")}, []),
        (
            {".github/workflows/t.yml": WORKFLOW.format(run="pytest\n      - uses: ./.github/actions/wait")},
            ALL,
        ),
        ({".github/actions/other/action.yml": "x: ./.github/actions/wait\n"}, ALL),
        ({"wait.sh": "cat .github/actions/wait/action.yml\n"}, ALL),
        ({"README.md": "see .github/actions/wait\n"}, []),
        ({".github/actions/wait/action.yml": "outputs:\n  a: {value: b}\nruns:\n  steps: []\n"}, ALL),
        ({".github/actions/wait/action.yml": "runs:\n  steps:\n    - run: pytest\n      shell: bash\n"}, ALL),
        ({".github/actions/wait/action.yml": "runs:\n  using: node20\n  main: x.js\n"}, ALL),
    ],
)
def test_an_action_counts_where_a_job_that_runs_tests_uses_it(
    tmp_path: Path, more: dict[str, str], selected: list[str]
) -> None:
    path = ".github/actions/wait/action.yml"
    text = "runs:\n  using: composite\n  steps:\n    - run: sleep 1\n      shell: bash\n"
    repo = Repo(tmp_path)
    for name, content in {**UI, path: text, **more}.items():
        repo.write(name, content)
    repo.commit()
    repo.write(path, f"{more.get(path, text)}# a\ndescription: b\n")
    assert repo.selected() == selected


def test_a_new_folder_of_another_language(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    for path, text in UI.items():
        repo.write(path, text)
    assert repo.selected() == []


def test_a_folder_that_is_python_too_affects_all(tmp_path: Path) -> None:
    assert changed(tmp_path, {**UI, "ui/requirements.txt": "x\n"}, "ui/src/app.ts") == ALL


def test_a_folder_with_python_projects_affects_all(tmp_path: Path) -> None:
    assert changed(tmp_path, {"libs/package.json": "{}\n"}, "libs/turbo.json") == ALL


def test_a_folder_without_a_manifest_affects_all(tmp_path: Path) -> None:
    assert changed(tmp_path, {"schemas/a.json": ""}, "schemas/a.json") == ALL


@pytest.mark.parametrize("path", ["ui/src/app.ts", "package-lock.json", "services/README.md"])
def test_the_setting_takes_it_for_a_file_of_no_project(tmp_path: Path, path: str) -> None:
    root = '[tool.pytest-monorepo]\nother-languages = "all"\n'
    assert changed(tmp_path, UI, path, root=root) == ALL


@pytest.mark.parametrize(
    ("files", "path", "selected"),
    [
        ({}, "package-lock.json", []),
        ({}, "package.json", []),
        ({f"{API}/package.json": "{}"}, "package-lock.json", SERVED),
        ({f"{API}/tests/x.py": "run(['node', 'x.js'])\n"}, "package-lock.json", [API]),
        ({".github/workflows/test.yml": WORKFLOW.format(run="npm ci && pytest")}, "package-lock.json", ALL),
        ({}, "Cargo.lock", ALL),
    ],
)
def test_manifests_of_other_languages_at_the_root(
    tmp_path: Path, files: dict[str, str], path: str, selected: list[str]
) -> None:
    assert changed(tmp_path, files, path) == selected


@pytest.mark.parametrize(
    ("file", "text", "selected"),
    [
        ("x.txt", "", []),
        (f"{API}/tests/x.py", "X = 'services/api/data'\n", []),
        (f"{API}/tests/x.py", "X = 'services/README.md'\n", [API]),
        (f"{API}/tests/x.py", "X = ROOT / 'services' / name\n", [API]),
        (f"{API}/tests/x.py", "X = glob('services/*.md')\n", [API]),
        (f"{API}/tests/x.py", "services = 1\n", []),
        (f"{API}/pyproject.toml", f"{MANIFEST}readme = 'README.md'\nlicense = 'MIT'\n{TOOL}", []),
        (f"{API}/pyproject.toml", f"{MANIFEST}readme = {{file = 'README.md'}}\n{TOOL}", []),
        (f"{API}/pyproject.toml", f"{MANIFEST}readme = '../README.md'\n", SERVED),
        (f"{API}/pyproject.toml", f"{MANIFEST}{TOOL}[tool.poe.tasks]\nx = 'cat README.md'\n", SERVED),
    ],
)
def test_prose_below_folders_of_no_project(tmp_path: Path, file: str, text: str, selected: list[str]) -> None:
    assert changed(tmp_path, {file: text}, "services/README.md") == selected


@pytest.mark.parametrize(
    ("files", "path", "selected"),
    [
        ({}, f"{CORE}/README.md", [CORE]),
        ({}, f"{CORE}/docs/use.rst", [CORE]),
        ({f"{CORE}/setup.py": "open('README.md')\n"}, f"{CORE}/README.md", [CORE]),
        ({f"{CORE}/tests/x.py": "open('README.md')\n"}, f"{CORE}/README.md", [CORE]),
        ({f"{CORE}/core/x.py": "open('README.md')\n"}, f"{CORE}/README.md", [CORE, *SERVED]),
        ({f"{CORE}/core/x.py": "glob('*.md')\n"}, f"{CORE}/README.md", [CORE, *SERVED]),
        ({f"{CORE}/core/x.py": "X = HERE / 'prompts'\n"}, f"{CORE}/prompts/a.md", [CORE, *SERVED]),
        ({}, f"{CORE}/core/prompt.md", [CORE, *SERVED]),
        ({}, "README.md", []),
    ],
)
def test_prose_of_a_project_reaches_its_own_tests(
    tmp_path: Path, files: dict[str, str], path: str, selected: list[str]
) -> None:
    assert changed(tmp_path, files, path) == selected


@pytest.mark.parametrize("folder", ["docs", "tools"])
@pytest.mark.parametrize(
    ("file", "text", "selected"),
    [
        ("x.txt", "", []),
        (".readthedocs.yaml", "requirements: {folder}/requirements.txt\n", []),
        (".github/workflows/docs.yml", WORKFLOW.format(run="pip install -r {folder}/requirements.txt"), []),
        (
            ".github/workflows/test.yml",
            WORKFLOW.format(run="pip install -r {folder}/requirements.txt && pytest"),
            ALL,
        ),
        ("Makefile", "test:\n\tpip install -r {folder}/requirements.txt\n", ALL),
        (f"{API}/requirements-dev.txt", "-r ../../{folder}/requirements.txt\n", SERVED),
    ],
)
@pytest.mark.parametrize("pinned", ["sphinx==8\n", "sphinx>=8\n"])
def test_requirements_of_documentation_and_tools(
    tmp_path: Path, folder: str, file: str, text: str, selected: list[str], pinned: str
) -> None:
    requirements = f"{folder}/requirements.txt"
    repo = Repo(tmp_path)
    repo.write(requirements, pinned)
    repo.write(file, text.replace("{folder}", folder))
    repo.commit()
    repo.write(requirements, pinned.replace("8", "9"))
    assert repo.selected() == selected


def test_requirements_reach_the_projects_below(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.project("tools/gen", "gen")
    repo.write("tools/requirements.txt", "x==1\n")
    repo.commit()
    repo.write("tools/requirements.txt", "x==2\n")
    assert repo.selected() == ["tools/gen"]


def test_requirements_in_a_folder_for_all_of_them_still_reach_all(tmp_path: Path) -> None:
    assert changed(tmp_path, {"requirements/dev.txt": "x==1\n"}, "requirements/dev.txt") == ALL


@pytest.mark.parametrize(
    "path",
    [
        ".github/dependabot.yml",
        ".github/labeler.yml",
        ".pre-commit-config.yaml",
        ".release-please-manifest.json",
        ".cz.toml",
        ".secrets.baseline",
        ".readthedocs.yaml",
        "mkdocs.yml",
        "newsfragments/12.fixed",
        "changelog.d/12.added.md",
        "news/12.bugfix",
        "cliff.toml",
        ".codespellrc",
        ".changeset/a.md",
    ],
)
def test_what_serves_no_tests(tmp_path: Path, path: str) -> None:
    assert changed(tmp_path, {}, path) == []


@pytest.mark.parametrize(
    "path", ["news/x.py", "changes/a.json", "release.sh", ".github/scripts/run.sh", "x.yml"]
)
def test_what_may_serve_tests(tmp_path: Path, path: str) -> None:
    assert changed(tmp_path, {}, path) == ALL


@pytest.mark.parametrize("folder", ["", "libs/core/"])
@pytest.mark.parametrize(
    "path",
    [
        "report.xml",
        "lcov.info",
        "report.html",
        "junit.xml",
        "test-results.xml",
        ".coverage",
        ".coverage.host.1",
        "coverage.json",
        "htmlcov/index.html",
        "allure-results/a.json",
        "junit/a.xml",
        "reports/a.xml",
        ".pytest_cache/v/x",
        "core/__pycache__/x.pyc",
        ".hypothesis/examples/x",
        ".ruff_cache/x",
        ".benchmarks/x.json",
    ],
)
def test_what_a_run_leaves_selects_nothing(tmp_path: Path, folder: str, path: str) -> None:
    assert changed(tmp_path, {}, folder + path) == []


@pytest.mark.parametrize("path", ["libs/core/tests/data/report.xml", "libs/core/reports/x.py"])
def test_what_is_not_where_a_run_leaves_it(tmp_path: Path, path: str) -> None:
    assert CORE in changed(tmp_path, {}, path)


def test_a_report_that_git_knows_is_a_file(tmp_path: Path) -> None:
    assert CORE in changed(tmp_path, {"libs/core/report.xml": "x"}, "libs/core/report.xml")


SCRIPTS = {"scripts/gen.py": "", "scripts/lib/x.json": "{}"}


@pytest.mark.parametrize(
    ("file", "text", "selected"),
    [
        (f"{API}/README.md", "See ../../scripts/gen.py\n", []),
        (f"{API}/setup.cfg", "[options.scripts]\n[scripts]\nscripts = 1\n", []),
        (f"{API}/package.json", '{"scripts": {}}\n', []),
        (f"{API}/api/x.py", "scripts = [1]  # of scripts\n", []),
        (".pre-commit-config.yaml", "- repo: local\n  hooks:\n  - entry: echo scripts/gen.py\n", []),
        ("ruff.toml", 'exclude = ["scripts/*"]\n', []),
        (".github/workflows/x.yml", WORKFLOW.format(run="ls scripts"), []),
        ("Makefile", "scripts: x\n", []),
        (f"{API}/tests/x.py", "run(['../../scripts/gen.py'])\n", [API]),
        (f"{API}/tests/x.py", "from lib import scripts\n", [API]),
        (f"{API}/api/x.py", "sys.path.insert(0, str(ROOT / 'scripts'))\n", SERVED),
        (f"{API}/pytest.ini", "[pytest]\npythonpath = ../../scripts\n", SERVED),
        (f"{API}/config.yml", "folder: scripts\n", SERVED),
        ("noxfile.py", "session.run('scripts/gen.py')\n", ALL),
        ("Makefile", "test:\n\tpython scripts/gen.py\n", ALL),
        (".github/workflows/x.yml", WORKFLOW.format(run="python scripts/gen.py && pytest"), ALL),
        ("run_tests.sh", "python scripts/gen.py\n", ALL),
        ("ci/start.py", "run('scripts/gen.py')\n", ALL),
        # a manifest that makes no project: what a tool writes new ones from
        ("scripts/templates/pyproject.toml", "[project]\nname = '{{ name }}'\n", []),
        ("scripts/a/tests/test_a.py", "", sorted([*ALL, "scripts/a"])),
    ],
)
def test_who_names_a_folder_of_scripts(tmp_path: Path, file: str, text: str, selected: list[str]) -> None:
    repo = Repo(tmp_path)
    for name, held in {**SCRIPTS, file: text}.items():
        repo.write(name, held)
    if file.startswith("scripts/a/"):
        repo.project("scripts/a", "a")
    repo.commit()
    for path in SCRIPTS:
        repo.write(path, "changed\n")
        assert repo.selected() == selected
        repo.git("checkout", "-q", path)


CONF = {"docs/conf.py": "", "docs/source/conf.py": "", "docs/_ext/x.py": "", "docs/examples/x.py": ""}


@pytest.mark.parametrize(
    ("file", "text", "path", "selected"),
    [
        ("Makefile", "docs:\n\tsphinx-build docs site\n", "docs/conf.py", []),
        (
            ".github/workflows/x.yml",
            WORKFLOW.format(run="pytest && sphinx-build docs x"),
            "docs/_ext/x.py",
            [],
        ),
        (f"{API}/README.md", "See ../../docs\n", "docs/source/conf.py", []),
        (f"{API}/tests/x.py", "sys.path.insert(0, '../../docs')\nimport conf\n", "docs/conf.py", [API]),
        (f"{API}/tests/x.py", "run(['sphinx-build', f'{ROOT}/docs', 'x'])\n", "docs/_ext/x.py", [API]),
        (f"{API}/tests/x.py", "CONF = ROOT / 'docs' / 'conf.py'\n", "docs/conf.py", [API]),
        (f"{API}/api/x.py", "CONF = ROOT / 'docs' / 'conf.py'\n", "docs/conf.py", SERVED),
        (f"{API}/tests/x.py", "X = '../../docs/examples'\n", "docs/conf.py", []),
        ("Makefile", "docs:\n", "docs/examples/x.py", ALL),
        ("Makefile", "docs:\n", f"{CORE}/docs/conf.py", [CORE]),
        (f"{CORE}/core/x.py", "X = ROOT / 'docs'\n", f"{CORE}/docs/conf.py", [CORE, *SERVED]),
        ("Makefile", "docs:\n", f"{CORE}/docs/examples/x.py", [CORE, *SERVED]),
    ],
)
def test_code_of_documentation_concerns_those_who_name_it(
    tmp_path: Path, file: str, text: str, path: str, selected: list[str]
) -> None:
    assert changed(tmp_path, {**CONF, f"{CORE}/docs/conf.py": "", file: text}, path) == selected


INSIDE = "on: push\ndefaults:\n  run:\n    working-directory: {folder}\njobs:\n  one:\n    steps:\n"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        # the script starts in its folder, and tests what lies elsewhere
        (".github/workflows/test.yml", INSIDE.format(folder="scripts") + "      - run: ./all.sh\n"),
        ("pyproject.toml", '[tool.pytest-monorepo]\n[tool.poe.tasks]\ntest = "scripts/all.sh"\n'),
        ("pyproject.toml", '[tool.pytest-monorepo]\n[tool.pdm.scripts]\ntest = "scripts/all.sh"\n'),
        ("pyproject.toml", '[tool.pytest-monorepo]\n[build-system]\nbackend-path = ["scripts"]\n'),
        ("Pipfile", '[scripts]\ntest = "./scripts/all.sh"\n'),
    ],
)
def test_a_script_that_may_test_all_concerns_all(tmp_path: Path, file: str, text: str) -> None:
    assert changed(tmp_path, {"scripts/all.sh": "pytest --monorepo\n", file: text}, "scripts/all.sh") == ALL


@pytest.mark.parametrize(
    "text",
    [
        '[tool.ruff.lint.per-file-ignores]\n"scripts/*" = ["T20"]\n',
        '[tool.pdm.scripts]\ntest = "pytest"\n',
        '[tool.mypy]\nexclude = "scripts/"\n',
    ],
)
def test_a_manifest_that_says_of_scripts_how_they_are_checked(tmp_path: Path, text: str) -> None:
    root = "[tool.pytest-monorepo]\n" + text
    assert changed(tmp_path, {"scripts/a.sh": ""}, "scripts/a.sh", root=root) == []


@pytest.mark.parametrize("path", ["docs/conf.py", "docs/_ext/links.py", "docs/_ext/test_links.py"])
def test_code_of_the_documentation_of_a_root_with_tests_concerns_those(tmp_path: Path, path: str) -> None:
    root = '[project]\nname = "top"\nversion = "1"\n[tool.pytest-monorepo]\n'
    files = {"top/__init__.py": "", "tests/test_top.py": "def test_it(): pass\n", path: ""}
    assert changed(tmp_path, files, path, root=root) == ["."]


def test_code_of_the_documentation_that_the_source_of_a_root_names_concerns_its_dependents(
    tmp_path: Path,
) -> None:
    root = '[project]\nname = "top"\nversion = "1"\n[tool.pytest-monorepo]\n'
    files = {"top/__init__.py": "X = 'docs/conf.py'\n", "tests/test_top.py": "def test_it(): pass\n"}
    needs = f"{API}/api/x.py", "import top\n"
    repo = dict((*files.items(), needs, ("docs/conf.py", "")))
    assert API in changed(tmp_path, repo, "docs/conf.py", root=root)
