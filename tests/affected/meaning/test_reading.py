"""What reading both versions of a changed file adds to the rule; each comparison has tests of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from pytest_monorepo.affected.meaning.reading import Versions, read_changes, worst
from pytest_monorepo.affected.rules.values import ChangedFile, Reach, Side, Touch
from pytest_monorepo.affected.sides import Origin, State
from pytest_monorepo.workspace.graph import build
from pytest_monorepo.workspace.imports.edges import ImportEdges
from pytest_monorepo.workspace.model import Project, Workspace

CORE = Project("core", "core", distribution="core", test_files=("core/tests/test_a.py",))
TOP = Project(".", "top", distribution="top", test_files=("tests/test_a.py",), packages=("top",))


def member(path: str) -> Project:
    return Project(path, path, test_files=(f"{path}/tests/test_a.py",))


def state(
    *projects: Project,
    readers: Mapping[str, tuple[Touch, ...]] | None = None,
    promoted: str = "",
    files: Sequence[str] = (),
) -> State:
    workspace = Workspace(Path("/workspace"), projects, tuple(sorted(files)))
    side = Side(workspace, build(projects), readers=readers or {})
    return State(side, ImportEdges(promoted=frozenset((promoted,))), Origin(lambda path: None, {}, None))


def read(path: str, before: str | None, after: str | None, now: State) -> ChangedFile:
    old, new = (
        {} if text is None else {path: text.encode(errors="surrogateescape")} for text in (before, after)
    )
    (found,) = read_changes([path], Versions(old.get, new.get), now, now)
    return found


@pytest.mark.parametrize(
    ("before", "after", "reach"),
    [
        ('[project]\ndependencies = ["a"]\n', '[project]\ndependencies = ["b"]\n', Reach.SOURCE),
        ('[dependency-groups]\ndev = ["a"]\n', '[dependency-groups]\ndev = ["b"]\n', Reach.TESTS),
        ("[tool.ruff]\nline-length = 1\n", "[tool.ruff]\nline-length = 2\n", Reach.TESTS),
    ],
)
def test_a_manifest_reaches_as_far_as_its_tables_can_be_seen(before: str, after: str, reach: Reach) -> None:
    assert read("core/pyproject.toml", before, after, state(CORE)).own is reach


def test_only_pytest_tables_concern_those_below() -> None:
    linter = read("core/pyproject.toml", "[tool.ruff]\na = 1\n", "[tool.ruff]\na = 2\n", state(CORE))
    tests = read("core/pyproject.toml", "", '[tool.pytest.ini_options]\naddopts = "-x"\n', state(CORE))
    assert (linter.settings, tests.settings) == (False, True)


@pytest.mark.parametrize(
    ("after", "whole"),
    [
        ('[project]\nname = "top"\nversion = "2"\n', False),
        ('[project]\nname = "top"\n[tool.poetry]\nversion = "2"\n', False),
        ('[project]\nname = "top"\n[tool.poetry.group.dev.dependencies]\na = "1"\n', True),
        ('[project]\nname = "top"\n[tool.uv.sources]\na = {workspace = true}\n', True),
        ('[project]\nname = "top"\n[tool.pytest-monorepo]\nworkers = 2\n', True),
    ],
)
def test_what_of_the_root_manifest_is_the_root_projects_own(after: str, whole: bool) -> None:
    found = read("pyproject.toml", '[project]\nname = "top"\n', after, state(TOP, CORE))
    assert (found.everything is not None) is whole


def test_the_same_manifest_of_a_virtual_root_affects_all() -> None:
    found = read("pyproject.toml", '[project]\nname = "top"\n', '[project]\nname = "other"\n', state(CORE))
    assert found.everything is not None


@pytest.mark.parametrize("name", ["setup.cfg", "pytest.ini"])
def test_test_settings_in_the_root_affect_all(name: str) -> None:
    section = "tool:pytest" if name == "setup.cfg" else "pytest"
    found = read(name, f"[{section}]\naddopts = -q\n", f"[{section}]\naddopts = -v\n", state(TOP, CORE))
    assert found.everything is not None


def test_requirements_of_the_tests_stay_there() -> None:
    assert read("core/requirements-dev.txt", "a\n", "b\n", state(CORE)).own is Reach.TESTS
    assert read("core/requirements.txt", "a\n", "b\n", state(CORE)).own is None


def test_a_lock_that_cannot_be_understood_affects_all_unless_its_readers_are_known() -> None:
    readers = {"requirements.txt": (Touch("core", Reach.SOURCE, "includes it"),)}
    assert read("requirements.txt", "a\n", "\udcff\n", state(CORE, readers=readers)).everything is None
    assert read("requirements.txt", "a\n", "\udcff\n", state(CORE)).everything is not None
    assert read("uv.lock", "version = 1\n", "version = 99\n", state(CORE)).everything is not None


def test_a_test_file_that_the_own_source_imports_is_source() -> None:
    assert read("core/tests/x.py", "", "x", state(CORE, promoted="core/tests/x.py")).own is Reach.SOURCE
    assert read("core/tests/x.py", "", "x", state(CORE)).own is None


def test_several_bases_together_say_the_most_that_one_of_them_says() -> None:
    none = ChangedFile("a", own=Reach.TESTS, harmless="only ruff", settings=False, touches=())
    some = ChangedFile("a", own=Reach.SOURCE, touches=(Touch("core", Reach.TESTS),))
    assert worst([none, none]) == none
    both = worst([none, some])
    assert (both.own, both.harmless, both.settings) == (Reach.SOURCE, None, True)
    assert both.touches == (Touch("core", Reach.TESTS),)
    assert worst([none, ChangedFile("a", everything="doubt")]).everything == "doubt"


TRIAGE = "on: issues\njobs:\n  one:\n    steps:\n      - run: echo hello\n"
HERE = "on: push\njobs:\n  one:\n    steps:\n      - run: pytest\n        working-directory: {place}\n"


def test_a_workflow_without_tests_concerns_nobody() -> None:
    path, now = ".github/workflows/triage.yml", state(*map(member, "ab"))
    assert read(path, TRIAGE, TRIAGE.replace("hello", "world"), now).unseen
    assert read(path, None, TRIAGE, now).unseen
    assert read(path, TRIAGE.replace("echo", "pytest"), TRIAGE, now).everything
    assert read(path, TRIAGE, TRIAGE.replace("echo", "pytest"), now).everything


def test_a_workflow_that_tests_one_project_concerns_its_tests() -> None:
    path, now = ".github/workflows/test.yml", state(*map(member, ("libs/a", "libs/b")))
    one, other = HERE.format(place="libs/a"), HERE.format(place="libs/a/src")
    assert read(path, one, other, now).touches == (
        Touch("libs/a", Reach.TESTS, "a workflow that runs its tests"),
    )
    changed = read(path, one, HERE.format(place="libs"), now)
    assert [touch.project for touch in changed.touches or ()] == ["libs/a", "libs/b"]
    assert read(path, one, HERE.format(place="elsewhere"), now).everything
    assert read(path, one, f"# new\n{one}", now).unseen == "only comments and layout changed"


@pytest.mark.parametrize(
    ("files", "place", "unseen"),
    [
        (["java/pom.xml", "java/src/a.java"], "java", True),
        (["java/pom.xml", "java/src/a.java"], "java/src", True),
        (["java/pom.xml", "java/setup.py"], "java", False),
        (["web/package.json", "web/build.py"], "web", True),
        (["web/package.json", "web/tests/test_page.py"], "web", False),
        (["go/a/go.mod", "go/b/go.mod"], "go", True),
        (["go/a/go.mod", "go/run.py"], "go", False),
        (["libs/package.json"], "libs", False),
        (["java/src/a.java"], "java", False),
    ],
)
def test_a_workflow_that_runs_tests_of_other_languages_alone(
    files: list[str], place: str, unseen: bool
) -> None:
    now = state(*map(member, ("libs/a", "libs/b")), files=files)
    found = read(".github/workflows/x.yml", TRIAGE, HERE.format(place=place), now)
    assert bool(found.unseen) is unseen


def test_a_workflow_that_is_started_for_one_project_concerns_its_tests() -> None:
    path, now = ".github/workflows/test.yml", state(*map(member, ("libs/a", "libs/b")))
    paths = HERE.replace("push", "\n  push:\n    paths:\n      - libs/a/**").format(place="x")
    unclear = paths.replace("        working-directory: x\n", "").replace("pytest", "make test-a")
    changed = read(path, unclear, unclear.replace("make", "just"), now)
    assert [touch.project for touch in changed.touches or ()] == ["libs/a"]
    # as it was before, it was started for all
    assert read(path, HERE.format(place="."), unclear, now).everything
    nowhere = unclear.replace("libs/a/**", "none/**")
    assert read(path, nowhere, nowhere.replace("make", "just"), now).everything
    assert read(path, unclear, f"name: other\n{unclear}", now).unseen


@pytest.mark.parametrize(
    ("run", "projects"),
    [
        ("uv run --package a pytest", ["libs/a"]),
        ("tox -e py310-a", ["libs/a"]),
        ("pytest libs/a libs/b", ["libs/a", "libs/b"]),
        ("pytest", None),
        ("make test", None),
        ("pytest --monorepo --project a", None),
        ("pytest libs/b", None),
    ],
)
def test_what_starts_for_one_project_and_does_not_say_that_it_tests_it_may_test_all(
    run: str, projects: list[str] | None
) -> None:
    path, now = ".github/workflows/test.yml", state(*map(member, ("libs/a", "libs/b")))
    text = "on:\n  push:\n    paths:\n      - libs/a/**\njobs:\n  a:\n    name: Tests of a\n    steps:\n"
    text += f"      - uses: actions/setup-python@v6\n      - name: a\n        run: {run}\n"
    changed = read(path, text, text.replace("@v6", "@v7"), now)
    assert (changed.everything is not None) == (projects is None)
    if projects:
        assert [touch.project for touch in changed.touches or ()] == projects
    lint = "  lint:\n    steps:\n      - run: ruff check\n"
    assert read(path, text + lint, text.replace("@v6", "@v7") + lint, now) == changed


def test_hooks_concern_nobody_unless_they_run_tests() -> None:
    now = state(member("a"))
    assert read(".pre-commit-config.yaml", None, "repos: []\n", now).unseen
    hooks = "- repo: local\n  hooks:\n  - entry: pytest\n"
    assert read(".pre-commit-config.yaml", hooks, "repos: []\n", now).everything


MODULES = (
    '[submodule "a"]\n\tpath = libs/a\n\turl = ../a\n# another\n[submodule "d"]\n\tpath = d\n\turl = ../d\n'
)


@pytest.mark.parametrize(
    ("before", "after", "touched"),
    [
        (MODULES, MODULES.replace("url = ../a", "url = https://example.org/a"), ["libs/a"]),
        (MODULES, MODULES.replace("url = ../a", "url = ../a\n\tbranch = next"), ["libs/a"]),
        (MODULES, MODULES.replace("libs/a", "libs"), ["libs/a", "libs/b"]),
        (MODULES, MODULES.replace("# another", "; one more"), []),
        (MODULES, MODULES.replace("../d", "../docs"), []),
        (MODULES[: MODULES.index("#")], MODULES, []),
        (None, MODULES, ["libs/a"]),
        (MODULES, None, ["libs/a"]),
        (MODULES, MODULES + "[include]\n\tpath = x\n", None),
        (MODULES, MODULES + '[submodule "x"]\n\tpath = "a b"\n', None),
    ],
)
def test_what_a_list_of_submodules_says_otherwise(
    before: str | None, after: str | None, touched: list[str] | None
) -> None:
    now = state(*map(member, ("libs/a", "libs/b", "c")))
    found = read(".gitmodules", before, after, now).touches
    assert (None if found is None else [touch.project for touch in found]) == touched
