"""The rule, on values alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_monorepo.affected.rules.path_kinds import harmless, matches, runs_tests
from pytest_monorepo.affected.rules.values import ChangedFile, Reach, Selection, Side, Touch
from pytest_monorepo.affected.selection import select, select_everything
from pytest_monorepo.settings import ProjectSettings, Settings
from pytest_monorepo.workspace.graph import Edge, Graph
from pytest_monorepo.workspace.model import Project, PytestSettings, Scope, Workspace


def project(path: str, *, ini: str | None = None, rootdir: str | None = None, **more: object) -> Project:
    """A project with one test file, whose pytest configuration is its own unless ``ini`` names another."""
    own = ini if ini is not None else f"{path}/pyproject.toml"
    settings = PytestSettings(inifile=own or None, rootdir=rootdir or path)
    tests = f"{path}/tests/test_main.py" if path != "." else "tests/test_main.py"
    made = Project(path, path.rpartition("/")[2], settings=settings, test_files=(tests,), packages=("x",))
    return replace(made, **more)  # type: ignore[arg-type]


def side(*projects: Project, edges: tuple[Edge, ...] = (), **more: object) -> Side:
    ordered = tuple(sorted(projects, key=lambda p: p.path))
    workspace = Workspace(Path("/workspace"), ordered)
    return Side(workspace, Graph(tuple(p.path for p in ordered), edges), **more)  # type: ignore[arg-type]


def runtime(dependent: str, dependency: str) -> Edge:
    return Edge(dependent, dependency, Scope.RUNTIME, "path dependency")


def test_edge(dependent: str, dependency: str) -> Edge:
    return Edge(dependent, dependency, Scope.TEST, "dev group")


test_edge.__test__ = False  # type: ignore[attr-defined]


def selected(
    now: Side, *paths: str | ChangedFile, base: Side | None = None, settings: Settings | None = None
) -> Selection:
    changes = [path if isinstance(path, ChangedFile) else ChangedFile(path) for path in paths]
    return select(changes, now, () if base is None else (base,), settings or Settings())


CORE, API, WEB, TOOL = (project(path) for path in ("libs/core", "services/api", "services/web", "tool"))
CHAIN = side(
    CORE,
    API,
    WEB,
    TOOL,
    edges=(runtime("services/api", "libs/core"), runtime("services/web", "services/api")),
)


def test_a_source_change_reaches_the_project_and_its_transitive_dependents() -> None:
    selection = selected(CHAIN, "libs/core/core/x.py")
    assert list(selection.selected) == ["libs/core", "services/api", "services/web"]
    assert selection.skipped == ("tool",)
    assert selection.changed == ("libs/core",)
    reason = selection.selected["services/web"]
    assert reason.file == "libs/core/core/x.py"
    assert [(step.project, step.how) for step in reason.steps] == [
        ("libs/core", ""),
        ("services/api", "path dependency"),
        ("services/web", "path dependency"),
    ]
    assert selection.files == {"libs/core/core/x.py": "libs/core: source"}


@pytest.mark.parametrize(
    "path",
    [
        "libs/core/tests/test_main.py",
        "libs/core/conftest.py",
        "libs/core/tests/data/a.json",
        "libs/core/x/test/a.py",
    ],
)
def test_a_change_in_test_files_does_not_spread(path: str) -> None:
    assert list(selected(CHAIN, path).selected) == ["libs/core"]


def test_a_module_that_looks_like_a_test_but_is_not_collected_is_source() -> None:
    assert "services/web" in selected(CHAIN, "libs/core/core/test_utils.py").selected


def test_imported_test_files_carry_a_change_of_tests_on() -> None:
    borrowed = (Edge("services/api", "libs/core", Scope.TEST, "imports core.tests in tests/test_main.py:1"),)
    now = CHAIN._replace(borrowed=borrowed)
    assert list(selected(now, "libs/core/tests/helpers.py").selected) == ["libs/core", "services/api"]


def test_test_files_imported_by_source_carry_it_to_dependents_too() -> None:
    now = CHAIN._replace(borrowed=(Edge("services/api", "libs/core", Scope.RUNTIME, "imports core.tests"),))
    assert "services/web" in selected(now, "libs/core/tests/helpers.py").selected


def test_a_test_edge_ends_at_its_dependent() -> None:
    now = side(
        CORE,
        API,
        WEB,
        edges=(test_edge("services/api", "libs/core"), runtime("services/web", "services/api")),
    )
    assert list(selected(now, "libs/core/core/x.py").selected) == ["libs/core", "services/api"]


def test_a_project_reached_by_a_test_edge_first_still_carries_on_what_reaches_its_source() -> None:
    edges = (
        test_edge("services/api", "libs/core"),
        runtime("tool", "libs/core"),
        runtime("services/api", "tool"),
        runtime("services/web", "services/api"),
    )
    selection = selected(side(CORE, API, WEB, TOOL, edges=edges), "libs/core/core/x.py")
    assert "services/web" in selection.selected
    assert len(selection.selected["services/api"].steps) == 2  # the shorter chain is shown


def test_the_source_of_a_pytest_plugin_reaches_the_tests_of_all() -> None:
    plugin = project("tools/plugin", pytest_plugin=True)
    now = side(CORE, API, TOOL, plugin, edges=(runtime("tools/plugin", "libs/core"),))
    everyone = ["libs/core", "services/api", "tool", "tools/plugin"]
    assert list(selected(now, "tools/plugin/plugin.py").selected) == everyone
    assert list(selected(now, "libs/core/core/x.py").selected) == everyone
    assert list(selected(now, "tools/plugin/tests/test_main.py").selected) == ["tools/plugin"]
    assert [step.how for step in selected(now, "tools/plugin/plugin.py").selected["tool"].steps] == [
        "",
        "pytest plugin of the workspace",
    ]


def test_a_project_that_was_a_pytest_plugin_reaches_all_too() -> None:
    was = side(CORE, TOOL, project("tools/plugin", pytest_plugin=True))
    now = side(CORE, TOOL, project("tools/plugin"))
    selection = selected(now, "tools/plugin/pyproject.toml", base=was)
    assert list(selection.selected) == ["libs/core", "tool", "tools/plugin"]


def test_a_cycle_is_walked_once() -> None:
    now = side(CORE, API, edges=(runtime("services/api", "libs/core"), runtime("libs/core", "services/api")))
    assert list(selected(now, "services/api/a.py").selected) == ["libs/core", "services/api"]


def test_a_removed_edge_of_the_base_counts() -> None:
    now = side(CORE, API)
    base = side(CORE, API, edges=(runtime("services/api", "libs/core"),))
    assert list(selected(now, "libs/core/x.py", base=base).selected) == ["libs/core", "services/api"]


def test_a_deleted_project_affects_those_that_depended_on_it() -> None:
    base = side(CORE, API, TOOL, edges=(runtime("services/api", "libs/core"),))
    selection = selected(side(API, TOOL), "libs/core/core/x.py", "libs/core/pyproject.toml", base=base)
    assert list(selection.selected) == ["services/api"]
    assert selection.changed == ()


def test_a_file_that_changes_hands_affects_both_owners() -> None:
    outer, inner = project("libs"), project("libs/core")
    assert list(selected(side(outer, inner), "libs/core/x.py", base=side(outer)).selected) == [
        "libs",
        "libs/core",
    ]


def test_the_deepest_project_owns_a_file() -> None:
    now = side(project("."), project("libs"), project("libs/core"))
    assert list(selected(now, "libs/core/x.py").selected) == ["libs/core"]


def test_inputs_reach_the_project_that_names_them_and_its_dependents() -> None:
    settings = Settings(per_project={"services/api": ProjectSettings(inputs=("schemas/**/*.json",))})
    selection = selected(CHAIN, "schemas/v1/a.json", settings=settings)
    assert list(selection.selected) == ["services/api", "services/web"]
    assert "inputs" in selection.selected["services/api"].steps[0].how


def test_inputs_inside_another_project_reach_both() -> None:
    settings = Settings(per_project={"tool": ProjectSettings(inputs=("libs/core/data/*",))})
    assert "tool" in selected(CHAIN, "libs/core/data/a.json", settings=settings).selected
    assert "libs/core" in selected(CHAIN, "libs/core/data/a.json", settings=settings).selected


def test_inputs_outrank_what_is_harmless() -> None:
    settings = Settings(
        per_project={"tool": ProjectSettings(inputs=("docs/spec.md",))}, ignore_changes=("docs/**",)
    )
    assert list(selected(CHAIN, "docs/spec.md", settings=settings).selected) == ["tool"]


def test_a_conftest_reaches_those_whose_pytest_reads_it() -> None:
    below = project("libs/core", ini="pytest.ini")
    now = side(below, project("libs/own", ini="libs/own/pytest.ini"), project("tool", ini="pytest.ini"))
    assert list(selected(now, "libs/conftest.py").selected) == ["libs/core"]


def test_a_configuration_reaches_those_without_a_nearer_one() -> None:
    now = side(project("libs/core", ini="libs/tox.ini"), project("libs/own"), project("tool"))
    assert list(selected(now, "libs/tox.ini").selected) == ["libs/core"]


def test_a_pytest_ini_that_no_project_reads_affects_nothing() -> None:
    now = side(project("libs/core"), project("tool"))
    assert not selected(now, "libs/pytest.ini").selected
    assert len(selected(now, "pytest.ini").selected) == 2


@pytest.mark.parametrize("path", ["libs/conftest.py", "conftest.py"])
def test_a_conftest_that_no_project_reads_affects_nothing(path: str) -> None:
    now = side(project("libs/core"), project("tool"))
    assert not selected(now, path).selected
    moved = Settings(confcutdir=True)
    assert "libs/core" in selected(now, path, settings=moved).selected
    settings = PytestSettings("libs/core/pytest.ini", "libs/core", addopts=("--confcutdir=../..",))
    own = side(project("libs/core", settings=settings), project("tool"))
    assert list(selected(own, path).selected) == ["libs/core"]
    imported = now._replace(readers={path: (Touch("tool", Reach.SOURCE, f"imports {path}"),)})
    assert list(selected(imported, path).selected) == ["tool"]


def test_a_configuration_above_the_workspace_reaches_its_readers() -> None:
    now = side(project("libs/core", ini="../pytest.ini"), project("tool"))
    assert list(selected(now, "../conftest.py").selected) == ["libs/core"]


def test_readers_of_a_loose_file() -> None:
    now = CHAIN._replace(
        readers={"requirements.txt": (Touch("tool", Reach.SOURCE, "-r in tool/requirements.txt"),)}
    )
    assert list(selected(now, "requirements.txt").selected) == ["tool"]


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/ci.yml",
        "Dockerfile",
        ".gitlab-ci.yml",
        "tox.ini",
        "schemas/a.json",
        ".gitattributes",
    ],
)
def test_what_carries_the_run_or_is_unknown_affects_all(path: str) -> None:
    selection = selected(CHAIN, path)
    assert len(selection.selected) == 4
    assert selection.everything is not None
    assert path in selection.everything
    assert selection.files[path].startswith("affects all")


@pytest.mark.parametrize(
    ("path", "reached"),
    [
        ("members/core/src/core.py", []),
        ("members/all/core/src/core.py", []),
        ("members/core", [CORE, API, WEB, TOOL]),  # the link itself
        ("members/plain/x.bin", [CORE, API, WEB, TOOL]),
        ("vendor/x.bin", [CORE, API, WEB, TOOL]),
    ],
)
def test_a_project_s_file_seen_through_a_link_is_that_project_s(path: str, reached: list[Project]) -> None:
    workspace = replace(
        CHAIN.workspace,
        files=("members/all", "members/core", "members/plain", "vendor/x.bin"),
        foreign=("members/all/core", "members/core", "vendor"),
    )
    found = selected(CHAIN._replace(workspace=workspace), path)
    assert list(found.selected) == [one.path for one in reached]


def test_the_workflow_affects_all_where_the_root_is_a_project() -> None:
    now = side(project("."), CORE)
    assert list(selected(now, ".github/workflows/ci.yml").selected) == [".", "libs/core"]
    assert list(selected(now, "src/x.py").selected) == ["."]


def test_run_all_on_affects_all_even_inside_a_project() -> None:
    settings = Settings(run_all_on=("libs/core/proto",), ignore_changes=("libs/**",))
    assert len(selected(CHAIN, "libs/core/proto/a.proto", settings=settings).selected) == 4


@pytest.mark.parametrize(
    "path", ["README.md", "LICENSE", "docs/a/b.png", ".vscode/settings.json", "CHANGELOG"]
)
def test_the_harmless_affects_nothing_and_is_listed(path: str) -> None:
    selection = selected(CHAIN, path)
    assert not selection.selected
    assert selection.everything is None
    assert selection.files[path].startswith("ignored: ")


def test_prose_inside_a_project_is_a_file_of_the_project() -> None:
    assert "services/web" in selected(CHAIN, "libs/core/README.md").selected


def test_root_prose_reaches_the_tests_of_a_root_project_only() -> None:
    now = side(project("."), CORE, edges=(runtime("libs/core", "."),))
    assert list(selected(now, "README.md").selected) == ["."]
    assert not selected(now, ".editorconfig").selected
    assert not selected(side(project(".", test_files=(), packages=()), CORE), "README.md").selected


def test_what_reaches_a_project_itself_stops_there() -> None:
    borrowed = (Edge("services/api", "libs/core", Scope.TEST, "imports core.tests in tests/test_main.py:1"),)
    now = CHAIN._replace(borrowed=borrowed)
    prose = ChangedFile("libs/core/README.md", own=Reach.ITSELF, how="prose")
    assert list(selected(now, prose).selected) == ["libs/core"]


def test_what_nobody_names_affects_nothing_and_what_somebody_names_those() -> None:
    touch = Touch("services/api", Reach.SOURCE, "names web")
    assert not selected(CHAIN, ChangedFile("web/a.ts", strange=())).selected
    assert list(selected(CHAIN, ChangedFile("web/a.ts", strange=(touch,))).selected) == [
        "services/api",
        "services/web",
    ]
    assert len(selected(CHAIN, "web/a.ts").selected) == 4


def test_what_no_test_can_see_is_outranked_by_inputs_and_run_all_on() -> None:
    unseen = ChangedFile(".github/workflows/triage.yml", unseen="a workflow that runs no tests")
    assert not selected(CHAIN, unseen).selected
    inputs = Settings(per_project={"tool": ProjectSettings(inputs=(".github/**",))})
    assert list(selected(CHAIN, unseen, settings=inputs).selected) == ["tool"]
    assert len(selected(CHAIN, unseen, settings=Settings(run_all_on=(".github/**",))).selected) == 4


def test_ignore_changes_replaces_the_defaults() -> None:
    settings = Settings(ignore_changes=("libs/core/notes/**",))
    assert not selected(CHAIN, "libs/core/notes/a.txt", settings=settings).selected
    assert len(selected(CHAIN, "README.md", settings=settings).selected) == 4


def test_a_root_without_tests_and_packages_owns_nothing() -> None:
    now = side(project(".", test_files=(), packages=()), CORE)
    assert selected(now, "data.bin").everything is not None


def test_what_a_comparison_showed_outranks_the_place() -> None:
    assert list(selected(CHAIN, ChangedFile("libs/core/pyproject.toml", own=Reach.TESTS)).selected) == [
        "libs/core"
    ]
    own = ChangedFile("libs/core/tests/helpers.py", own=Reach.SOURCE, how="imported by its own source")
    assert "services/web" in selected(CHAIN, own).selected


def test_a_lock_reaches_its_packages_projects_only() -> None:
    touch = Touch("libs/core", Reach.SOURCE, "requests 1 → 2")
    assert "tool" not in selected(CHAIN, ChangedFile("uv.lock", touches=(touch,))).selected
    nothing = selected(CHAIN, ChangedFile("uv.lock", touches=()))
    assert not nothing.selected
    assert nothing.files["uv.lock"].startswith("ignored")
    assert len(selected(CHAIN, ChangedFile("uv.lock", everything="unknown version 9")).selected) == 4
    all_on_lock = Settings(run_all_on=("*.lock",))
    assert len(selected(CHAIN, ChangedFile("uv.lock", touches=()), settings=all_on_lock).selected) == 4
    inputs = Settings(per_project={"tool": ProjectSettings(inputs=("uv.lock",))})
    assert list(selected(CHAIN, ChangedFile("uv.lock", touches=()), settings=inputs).selected) == ["tool"]


def test_comparison_can_clear_a_root_manifest() -> None:
    now = side(project("libs/core", ini="pyproject.toml"))
    cleared = ChangedFile("pyproject.toml", harmless="only [tool.ruff]", settings=False)
    assert not selected(now, cleared).selected
    assert selected(now, "pyproject.toml").selected


def test_a_changed_project_whose_name_is_unknown_affects_all() -> None:
    now = side(replace(CORE, error="libs/core/pyproject.toml is not valid TOML"), API)
    assert list(selected(now, "libs/core/x.py").selected) == ["libs/core", "services/api"]


def test_own_chains_survive_a_change_that_affects_all() -> None:
    selection = selected(CHAIN, "libs/core/x.py", "unknown.bin")
    assert selection.selected["libs/core"].file == "libs/core/x.py"
    assert selection.selected["tool"].file == "unknown.bin"


def test_order_of_changes_does_not_matter() -> None:
    paths = ["libs/core/x.py", "services/api/a.py", "README.md"]
    assert selected(CHAIN, *paths) == selected(CHAIN, *reversed(paths))


def test_nothing_changed_selects_nothing() -> None:
    assert selected(CHAIN).selected == {}


def test_everything() -> None:
    selection = select_everything(CHAIN.workspace, "no merge base", [ChangedFile("a")])
    assert len(selection.selected) == 4
    assert selection.everything == "no merge base"


def test_patterns() -> None:
    assert matches("docs/a/b", ("docs",)) == "docs"
    assert matches("docs/a/b", ("docs/**",)) == "docs/**"
    assert matches("a/x.md", ("*.md",)) is None
    assert matches("schemas/a.json", ("schemas/**/*.json",))


@pytest.mark.parametrize(
    "path",
    [
        "requirements.txt",
        "requirements-dev.txt",
        "constraints.txt",
        "data.txt",
        "LICENSE_check.py",
        "x/README.md",
    ],
)
def test_not_harmless(path: str) -> None:
    assert harmless(path) is None


def test_names_above_a_sub_folder_workspace() -> None:
    assert harmless("../../README.md")
    assert runs_tests("../.github/workflows/x.yml")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (".coverage", "coverage data"),
        (".coveragerc", None),
        (".all-contributorsrc", "settings of checks"),
        ("zizmor.yml", "settings of checks"),
        (".cursor/rules/x.mdc", "editor settings"),
        (".cursor/hook.py", None),
        (".agents/scripts/post.sh", "settings of coding agents"),
        (".claude/skills/x/SKILL.md", "settings of coding agents"),
        (".agents/hook.py", None),
        ("libs/a/.claude/x.json", None),
    ],
)
def test_what_a_measured_run_leaves_behind_is_no_change(path: str, kind: str | None) -> None:
    assert harmless(path) == kind


@pytest.mark.parametrize(
    "path",
    [
        *("coverage.xml", "coverage.json", "coverage.lcov", "junit.xml", "htmlcov/a.js", "cobertura.xml"),
        *("pytest.xml", "TEST-a.xml", "test_output.xml", "pytest.log", ".pymon"),
    ],
)
def test_a_report_of_a_run_is_harmless_while_git_does_not_know_it(path: str) -> None:
    assert not selected(CHAIN, ChangedFile(path, untracked=True)).selected
    assert len(selected(CHAIN, path).selected) == 4
    assert not selected(side(project("."), CORE), ChangedFile(path, untracked=True)).selected
    assert not selected(CHAIN, ChangedFile(f"libs/core/{path}", untracked=True)).selected
    assert selected(CHAIN, f"libs/core/{path}").selected
    assert selected(CHAIN, ChangedFile(f"libs/core/core/{path}", untracked=True)).selected
