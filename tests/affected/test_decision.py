"""The whole decision, on real repositories."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_monorepo import settings
from pytest_monorepo.affected.decision import Decision, decide
from pytest_monorepo.affected.git.mergebase import NoMergeBase, UnknownRef
from pytest_monorepo.affected.git.process import LostObject
from pytest_monorepo.workspace.discovery.discover import discover
from tests.workspace.trees import QUIETLY, SPARED

Write = Callable[..., None]


class Repo:
    """A workspace under git: ``core`` ← ``api`` ← ``web`` by Poetry paths, and ``tool`` on its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "-q", "-b", "main")
        self.write("pyproject.toml", "[tool.pytest-monorepo]\n")
        self.project("libs/core", "core")
        self.project("services/api", "api", 'core = { path = "../../libs/core", develop = true }')
        self.project("services/web", "web", 'api = { path = "../api" }')
        self.project("tool", "tool")
        self.commit()

    def project(self, path: str, name: str, dependencies: str = "", tables: str = "") -> None:
        self.write(
            f"{path}/pyproject.toml",
            f'[tool.poetry]\nname = "{name}"\nversion = "1"\n'
            f"[tool.poetry.dependencies]\n{dependencies}\n{tables}\n"
            f'[tool.pytest.ini_options]\ntestpaths = ["tests"]\n',
        )
        self.write(f"{path}/{name}/__init__.py", "")
        self.write(f"{path}/tests/test_{name}.py", "def test_it():\n    pass\n")

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def remove(self, *paths: str) -> None:
        self.git("rm", "-rq", *paths)

    def git(self, *args: str) -> None:
        self.told(*args)

    def told(self, *args: str) -> str:
        environment = {
            **os.environ,
            "GIT_CONFIG_GLOBAL": os.devnull,
            **{
                f"GIT_{who}_{what}": "t@example.org"
                for who in ("AUTHOR", "COMMITTER")
                for what in ("NAME", "EMAIL")
            },
            **SPARED,
        }
        command = ["git", *QUIETLY, *args]
        done = subprocess.run(
            command, cwd=self.root, env=environment, check=True, capture_output=True, encoding="utf-8"
        )
        return done.stdout

    def revision(self) -> str:
        return (self.root / ".git/refs/heads/main").read_text().strip()

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", "step", "--allow-empty")

    def decide(self, ref: str | None = "HEAD", cache: Path | None = None, **environ: str) -> Decision:
        found = settings.load(self.root)
        return decide(self.root, discover(self.root, found), found, ref, environ=environ, cache=cache)

    def selected(self, ref: str = "HEAD") -> list[str]:
        return list(self.decide(ref).selection.selected)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path)


ALL = ["libs/core", "services/api", "services/web", "tool"]


def test_nothing_changed(repo: Repo) -> None:
    decision = repo.decide()
    assert decision.selection.selected == {}
    assert decision.header.startswith("affected by HEAD (")
    assert decision.header.endswith(", 0 files): 0 of 4 projects, 4 deselected")


def test_a_change_reaches_dependents_with_a_chain(repo: Repo) -> None:
    repo.write("libs/core/core/x.py", "x = 1\n")
    selection = repo.decide().selection
    assert list(selection.selected) == ["libs/core", "services/api", "services/web"]
    reason = selection.selected["services/api"]
    assert reason.file == "libs/core/core/x.py"
    assert [step.how for step in reason.steps] == ["", "poetry path dependency"]


def test_a_removed_dependency_still_counts(repo: Repo) -> None:
    repo.project("services/api", "api")
    repo.write("libs/core/core/x.py", "x = 1\n")
    repo.commit()
    assert repo.selected("HEAD~1") == ["libs/core", "services/api", "services/web"]


def test_a_removed_import_still_counts(repo: Repo) -> None:
    repo.write("tool/tool/main.py", "import core\n")
    repo.commit()
    repo.write("tool/tool/main.py", "\n")
    repo.write("libs/core/core/x.py", "x = 1\n")
    graph = repo.decide().graph
    assert "tool" not in graph.dependents("libs/core")
    repo.git("checkout", "-q", "tool")
    assert "tool" in repo.selected()


def test_a_deleted_project_affects_those_that_depended_on_it(repo: Repo) -> None:
    repo.project("services/api", "api")
    repo.remove("libs/core")
    assert repo.selected() == ["services/api", "services/web"]


def test_a_deleted_project_that_was_only_imported(repo: Repo) -> None:
    repo.write("tool/tool/main.py", "import core\n")
    repo.commit()
    repo.remove("libs/core")
    repo.project("services/api", "api")
    assert repo.selected() == ["services/api", "services/web", "tool"]


def test_a_deleted_module_of_a_shared_namespace_affects_its_importers(repo: Repo) -> None:
    for name in ("one", "two"):
        repo.write(f"ns/{name}/pyproject.toml", f'[project]\nname = "acme-{name}"\n')
        repo.write(f"ns/{name}/src/acme/{name}/a.py", "import acme.one.b\n" if name == "two" else "")
        repo.write(f"ns/{name}/src/acme/{name}/b.py", "")
        repo.write(f"ns/{name}/tests/test_a.py", "def test_it():\n    pass\n")
    repo.commit()
    repo.remove("ns/one/src/acme/one/b.py")
    assert repo.selected() == ["ns/one", "ns/two"]


def test_a_renamed_file_affects_both_projects(repo: Repo) -> None:
    repo.write("libs/core/core/x.py", "x = 1\n" * 20)
    repo.commit()
    repo.git("mv", "libs/core/core/x.py", "tool/tool/x.py")
    assert repo.selected() == ALL


def test_a_table_of_a_linter_stays_in_its_project(repo: Repo) -> None:
    repo.project("libs/core", "core", tables="[tool.ruff]\nline-length = 100")
    assert repo.selected() == ["libs/core"]


def test_a_linter_in_the_virtual_root_affects_nothing(repo: Repo) -> None:
    repo.write("pyproject.toml", "[tool.pytest-monorepo]\n[tool.ruff]\nline-length = 100\n")
    selection = repo.decide().selection
    assert selection.selected == {}
    assert selection.files["pyproject.toml"].startswith("ignored")


@pytest.mark.parametrize(
    "table", ["workers = 2", "[tool.pytest.ini_options]", "[tool.uv]", "[dependency-groups]\na = []"]
)
def test_workspace_settings_affect_all(repo: Repo, table: str) -> None:
    repo.write("pyproject.toml", f"[tool.pytest-monorepo]\n{table}\n")
    assert repo.selected() == ALL


def test_pytest_settings_of_the_root_affect_all(repo: Repo) -> None:
    repo.write("pyproject.toml", '[tool.pytest-monorepo]\n[tool.pytest.ini_options]\naddopts = "-x"\n')
    assert repo.selected() == ALL


def test_the_test_settings_of_a_project_stay_there(repo: Repo) -> None:
    repo.write("libs/core/pytest.ini", "[pytest]\naddopts = -v\n")
    assert repo.selected() == ["libs/core"]


def test_a_root_project_with_its_own_version(repo: Repo) -> None:
    table = '[project]\nname = "top"\nversion = "{}"\n[tool.pytest-monorepo]\n'
    repo.write("pyproject.toml", table.format(1))
    repo.write("tests/test_top.py", "def test_it():\n    pass\n")
    repo.commit()
    repo.write("pyproject.toml", table.format(2))
    assert repo.selected() == ["."]


def test_a_lock_reaches_the_projects_that_need_the_package(repo: Repo) -> None:
    lock = (
        '[[package]]\nname = "requests"\nversion = "{}"\ndescription = ""\noptional = false\n'
        'python-versions = ">=3.8"\ngroups = ["main"]\nfiles = []\n\n'
        '[metadata]\nlock-version = "2.1"\npython-versions = "*"\ncontent-hash = "0"\n'
    )
    repo.write("tool/poetry.lock", lock.format("2.31.0"))
    repo.project("tool", "tool", 'requests = "*"')
    repo.commit()
    repo.write("tool/poetry.lock", lock.format("2.32.0"))
    selection = repo.decide().selection
    assert list(selection.selected) == ["tool"]
    assert "requests 2.31.0 → 2.32.0" in selection.files["tool/poetry.lock"]


def test_an_unreadable_lock_affects_all(repo: Repo) -> None:
    repo.write("uv.lock", "version = 99\n")
    repo.commit()
    repo.write("uv.lock", "version = 98\n")
    assert repo.selected() == ALL


def test_included_requirements_reach_those_who_include_them(repo: Repo) -> None:
    repo.write("requirements/base.in", "requests\n")
    repo.write("tool/requirements.txt", "-r ../requirements/base.in\n")
    repo.commit()
    repo.write("requirements/base.in", "requests\nattrs\n")
    assert "tool" in repo.selected()


def test_a_module_of_no_project_reaches_its_importers(repo: Repo) -> None:
    repo.write("shared/__init__.py", "")
    repo.write("shared/things.py", "x = 1\n")
    repo.write("tool/tests/test_tool.py", "import sys\nsys.path.append('..')\nimport shared.things\n")
    repo.commit()
    repo.write("shared/things.py", "x = 2\n")
    assert "tool" in repo.selected()


def test_what_a_conftest_above_imports_reaches_all_below_it(repo: Repo) -> None:
    repo.write("pytest.ini", "[pytest]\n")
    for path in ("services/api", "services/web"):
        text = (repo.root / path / "pyproject.toml").read_text().partition("[tool.pytest")[0]
        repo.write(
            f"{path}/pyproject.toml", text.replace('core = { path = "../../libs/core", develop = true }', "")
        )
    repo.write("services/conftest.py", "import core.x\n")
    repo.write("libs/core/core/x.py", "x = 1\n")
    repo.commit()
    repo.write("libs/core/core/x.py", "x = 2\n")
    assert repo.selected() == ["libs/core", "services/api", "services/web"]


def test_test_helpers_that_others_import(repo: Repo) -> None:
    repo.write("libs/core/core/tests/__init__.py", "")
    repo.write("libs/core/core/tests/helpers.py", "x = 1\n")
    repo.write("tool/tests/test_tool.py", "from core.tests.helpers import x\n")
    repo.commit()
    repo.write("libs/core/core/tests/helpers.py", "x = 2\n")
    assert repo.selected() == ["libs/core", "tool"]
    repo.remove("-f", "libs/core/core/tests/helpers.py")
    assert repo.selected() == ["libs/core", "tool"]


def test_test_helpers_that_the_own_source_imports(repo: Repo) -> None:
    repo.write("libs/core/core/tests/__init__.py", "")
    repo.write("libs/core/core/tests/helpers.py", "x = 1\n")
    repo.write("libs/core/core/api.py", "from .tests.helpers import x\n")
    repo.commit()
    repo.write("libs/core/core/tests/helpers.py", "x = 2\n")
    assert repo.selected() == ["libs/core", "services/api", "services/web"]


def test_two_refs_are_compared_with_each_other(repo: Repo) -> None:
    repo.write("tool/tool/x.py", "")
    repo.commit()
    repo.write("libs/core/core/x.py", "")
    assert repo.selected("HEAD~1..HEAD") == ["tool"]


def test_several_merge_bases_all_count(repo: Repo) -> None:
    repo.git("checkout", "-qb", "other")
    repo.write("tool/tool/x.py", "")
    repo.commit()
    repo.git("checkout", "-q", "main")
    repo.write("services/web/web/x.py", "")
    repo.commit()
    repo.git("branch", "before")
    repo.git("merge", "-q", "--no-edit", "other")
    repo.git("checkout", "-q", "other")
    repo.git("merge", "-q", "--no-edit", "before")
    decision = repo.decide("main")
    assert decision.changes is not None
    assert len(decision.changes.bases) == 2
    assert list(decision.selection.selected) == ["services/web", "tool"]


def _apart(repo: Repo) -> None:
    repo.git("checkout", "-q", "--orphan", "apart")
    repo.write("apart", "")
    repo.commit()


def _lost(what: str) -> Callable[[Repo], None]:
    """As in a partial clone whose remote is away, or in a copy of one's data that lacks files."""

    def lose(repo: Repo) -> None:
        repo.write("tool/pyproject.toml", '[project]\nname = "tool"\nversion = "2"\n')
        (name,) = repo.told("rev-parse", what).split()
        (repo.root / ".git/objects" / name[:2] / name[2:]).unlink()

    return lose


INCOMPARABLE = {
    "no common ancestor": _apart,
    "the content of 'tool/pyproject.toml'": _lost("main:tool/pyproject.toml"),
    "git cannot read this repository (bad tree object": _lost("main^{tree}"),
    "which 'HEAD' names": _lost("main"),
}


@pytest.mark.parametrize("why", INCOMPARABLE)
def test_where_there_is_nothing_to_compare_with_everything_runs_with_a_warning(repo: Repo, why: str) -> None:
    INCOMPARABLE[why](repo)
    decision = repo.decide("main" if why == "no common ancestor" else "HEAD")
    assert list(decision.selection.selected) == ALL
    assert decision.changes is None
    assert why in decision.warnings[0]
    assert decision.header.startswith("affected: all projects")


@pytest.mark.parametrize(("why", "kind"), [(0, NoMergeBase), (1, LostObject)])
def test_that_can_be_an_error(repo: Repo, why: int, kind: type[Exception]) -> None:
    repo.write("pyproject.toml", '[tool.pytest-monorepo]\naffected-fallback = "error"\n')
    [*INCOMPARABLE.values()][why](repo)
    with pytest.raises(kind):
        repo.decide("HEAD" if why else "main")


@pytest.mark.parametrize("ref", ["nowhere", "--output=x", "HEAD; touch x", "a\nb"])
def test_an_unknown_ref_is_an_error(repo: Repo, ref: str) -> None:
    with pytest.raises(UnknownRef):
        repo.decide(ref)
    assert not (repo.root / "x").exists()


def test_without_ref_the_default_branch_is_compared(repo: Repo) -> None:
    repo.git("checkout", "-qb", "feature")
    repo.write("tool/tool/x.py", "")
    repo.commit()
    decision = repo.decide(None)
    assert decision.changes is not None
    assert decision.changes.ref == "main"
    assert list(decision.selection.selected) == ["tool"]


def test_the_base_of_the_ci(repo: Repo) -> None:
    repo.git("update-ref", "refs/remotes/origin/main", "main")
    repo.write("tool/tool/x.py", "")
    repo.commit()
    decision = repo.decide(None, GITHUB_ACTIONS="true", GITHUB_BASE_REF="main")
    assert decision.changes is not None
    assert decision.changes.ref == "origin/main"
    assert list(decision.selection.selected) == ["tool"]


@pytest.mark.parametrize(
    "environ",
    [
        {"CI": "true", "BITBUCKET_BUILD_NUMBER": "7"},
        {"TF_BUILD": "True", "BUILD_SOURCEBRANCH": "refs/heads/main"},
        {"CIRCLECI": "true"},
        {"CIRCLECI": "true", "CIRCLE_BASE_REVISION": "main"},
        {"BUILD_NUMBER": "7", "JENKINS_URL": "https://ci.example.org"},
        {"CI": "true"},
        # of a tag
        {"BUILDKITE": "true", "BUILDKITE_BRANCH": "v1", "BUILDKITE_PIPELINE_DEFAULT_BRANCH": "main"},
        {"GITLAB_CI": "true", "CI_DEFAULT_BRANCH": "main"},
        # the entry of a queue that has been merged since
        {"GITLAB_CI": "true", "CI_COMMIT_BRANCH": "gh-readonly-queue/main/pr-1-abc"},
        {"PROW_JOB_ID": "1", "PULL_BASE_SHA": "main"},
    ],
    ids=lambda environ: "-".join(environ.values()),
)
def test_a_build_is_not_compared_with_itself(repo: Repo, environ: dict[str, str]) -> None:
    repo.git("update-ref", "refs/remotes/origin/main", "main")
    repo.git("checkout", "-q", "--detach")
    decision = repo.decide(None, None, **environ)
    assert list(decision.selection.selected) == ALL
    assert "is in '" in decision.warnings[0]
    assert "--affected REF" in decision.warnings[0]


def test_a_build_that_has_a_second_base_is_compared_with_that(repo: Repo) -> None:
    """A pull request's job that is repeated after it was merged."""
    before = repo.revision()
    repo.write("tool/tool/x.py", "")
    repo.commit()
    repo.git("update-ref", "refs/remotes/origin/main", "main")
    environ = {
        "GITLAB_CI": "true",
        "CI_MERGE_REQUEST_EVENT_TYPE": "merge_train",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": before,
    }
    assert list(repo.decide(None, None, **environ).selection.selected) == ["tool"]


@pytest.mark.parametrize("environ", [{}, {"CI": ""}, {"CI": "false"}])
def test_outside_of_a_ci_the_default_branch_itself_has_no_changes(
    repo: Repo, environ: dict[str, str]
) -> None:
    assert repo.decide(None, None, **environ).selection.selected == {}


def test_a_cache_changes_nothing(repo: Repo, tmp_path_factory: pytest.TempPathFactory) -> None:
    cache = tmp_path_factory.mktemp("cache") / "imports"
    repo.write("tool/tool/main.py", "import core\n")
    repo.commit()
    repo.write("libs/core/core/x.py", "")
    first = repo.decide(cache=cache).selection
    assert repo.decide(cache=cache).selection == first == repo.decide().selection
    assert "tool" in first.selected


def test_configuration_of_a_folder_between(repo: Repo) -> None:
    text = (repo.root / "services/web/pyproject.toml").read_text().partition("[tool.pytest")[0]
    repo.write("services/web/pyproject.toml", text)
    repo.write("services/pytest.ini", "[pytest]\n")
    repo.commit()
    repo.remove("services/pytest.ini")
    assert repo.selected() == ["services/web"]


def test_undeclared_imports_are_named(repo: Repo) -> None:
    repo.write("tool/tool/main.py", "import core\n")
    assert any("tool" in sentence and "libs/core" in sentence for sentence in repo.decide().undeclared)


def test_reports_that_a_run_left_at_the_root_select_nothing_until_they_are_added(repo: Repo) -> None:
    repo.write("coverage.xml", "<coverage/>")
    repo.write("junit.xml", "<testsuites/>")
    assert repo.selected() == []
    repo.git("add", "coverage.xml")
    assert len(repo.selected()) == 4
    repo.commit()
    repo.git("rm", "-q", "--cached", "coverage.xml")
    assert len(repo.selected()) == 4


def test_a_root_lock_reaches_a_project_whose_own_requirements_pin_nothing(repo: Repo) -> None:
    repo.write("requirements.txt", "requests==2.31.0\n")
    repo.write("tool/requirements.txt", "requests\n")
    repo.commit()
    repo.write("requirements.txt", "requests==2.32.0\n")
    assert "tool" in repo.selected()
    repo.write("tool/requirements.txt", "requests==2.31.0\n")
    repo.commit()
    repo.write("requirements.txt", "requests==2.33.0\n")
    assert "tool" not in repo.selected()


def test_a_page_in_the_checkout_is_no_change_untracked_or_committed(repo: Repo) -> None:
    repo.write("site/summary.json", '{"format": 1, "writer": "pytest-monorepo"}')
    repo.write("site/data/tests.js", "receive(1);")
    assert repo.selected() == []
    repo.commit()
    assert repo.selected("HEAD~1") == []
    repo.write("site/notes.cfg", "1")  # not of the page
    assert len(repo.selected()) == 4
