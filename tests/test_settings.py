from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.errors import SettingsError
from pytest_monorepo.settings import ProjectSettings, Settings, load, parse, unknown_projects

FULL = """
[tool.pytest-monorepo]
members = ["libs/*", "services/*"]
exclude = ["libs/old"]
workers = 4
run-all-on = ["Dockerfile"]
ignore-changes = []
ignore-imports = ["services/api -> libs/core"]
affected-fallback = "error"
other-languages = "all"
project-timeout = 600
flaky = "fail"
resources = {database = 2}

[tool.pytest-monorepo.projects."./services/api/"]
args = ["--slow"]
env = {MODE = "test"}
python = "3.12"
timeout = 1.5
resources = ["database"]
depends-on = ["libs/proto"]
inputs = ["schemas/**/*.json"]
"""


def written(root: Path, text: str) -> Path:
    (root / "pyproject.toml").write_text(text, encoding="utf-8")
    return root


def complaints(root: Path, table: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(written(root, "[tool.pytest-monorepo]\n" + table))
    return str(caught.value).splitlines()


def test_everything_at_once(tmp_path: Path) -> None:
    assert load(written(tmp_path, FULL)) == Settings(
        projects=("libs/*", "services/*"),
        exclude=("libs/old",),
        per_project={
            "services/api": ProjectSettings(
                args=("--slow",),
                env={"MODE": "test"},
                python="3.12",
                timeout=1.5,
                resources=("database",),
                depends_on=("libs/proto",),
                inputs=("schemas/**/*.json",),
            )
        },
        resources={"database": 2},
        workers=4,
        run_all_on=("Dockerfile",),
        ignore_changes=(),
        ignore_imports=("services/api -> libs/core",),
        affected_fallback="error",
        other_languages="all",
        project_timeout=600.0,
        flaky="fail",
    )


@pytest.mark.parametrize("text", ["", "[tool.other]\n", "[tool.pytest-monorepo]\n", "tool = 3\n"])
def test_defaults(tmp_path: Path, text: str) -> None:
    assert load(written(tmp_path, text)) == Settings()


def test_no_file_is_no_settings(tmp_path: Path) -> None:
    assert load(tmp_path) == Settings()


@pytest.mark.parametrize("key", ["projects", "members"])
def test_the_list_form(tmp_path: Path, key: str) -> None:
    table = f'[tool.pytest-monorepo]\n{key} = ["libs/*"]\nworkers = "auto"\n'
    assert load(written(tmp_path, table)) == Settings(projects=("libs/*",))


def test_of_gives_defaults(tmp_path: Path) -> None:
    settings = load(written(tmp_path, FULL))
    assert settings.of("services/api").python == "3.12"
    assert settings.of("libs/core") == ProjectSettings()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("exlcude = []", "unknown key 'exlcude'; did you mean 'exclude'?"),
        ("run_all_on = []", "unknown key 'run_all_on'; did you mean 'run-all-on'?"),
        ("workers = 0", "'workers' must be 'auto' or a whole number of at least 1, not 0"),
        ("workers = true", "'workers' must be 'auto' or a whole number of at least 1, not true"),
        ("workers = 'all'", "'workers' must be 'auto' or a whole number of at least 1, not 'all'"),
        ("cached-wait = nan", "'cached-wait' must be a number of seconds above 0, not nan"),
        ("cached-wait = inf", "'cached-wait' must be a number of seconds above 0, not inf"),
        ("preload = 'all'", "'preload' must be 'auto', 'off' or a list of names of modules, not 'all'"),
        ("preload = []", "'preload' must be 'auto', 'off' or a list of names of modules, not []"),
        ("preload = ['a b']", "'preload' must be 'auto', 'off' or a list of names of modules, not ['a b']"),
        ("preload = ['a.']", "'preload' must be 'auto', 'off' or a list of names of modules, not ['a.']"),
        ("workers = 2.0", "'workers' must be 'auto' or a whole number of at least 1, not 2.0"),
        ("exclude = 'libs'", "'exclude' must be a list of non-empty strings, not 'libs'"),
        ("exclude = ['']", "'exclude' must be a list of non-empty strings, not ['']"),
        ("projects = [1]", "'projects' must be a list of non-empty strings, not [1]"),
        ("projects = 3", "'projects' must be a list of non-empty strings, not 3"),
        ("affected-fallback = 'none'", "'affected-fallback' must be 'all' or 'error', not 'none'"),
        ("flaky = false", "'flaky' must be 'pass' or 'fail', not false"),
        ("project-timeout = 0", "'project-timeout' must be a number of seconds above 0, not 0"),
        ("project-timeout = nan", "'project-timeout' must be a number of seconds above 0, not nan"),
        ("project-timeout = inf", "'project-timeout' must be a number of seconds above 0, not inf"),
        (
            "resources = {db = 0}",
            "'resources' must be a table of names and whole numbers of at least 1, or { count = 1, per ="
            " 'machine' or 'cluster' }, not {'db': 0}",
        ),
        (
            "resources = {db = {count = 0}}",
            "'resources' must be a table of names and whole numbers of at least 1, or { count = 1, per ="
            " 'machine' or 'cluster' }, not {'db': {'count': 0}}",
        ),
        (
            "resources = {db = {per = 'node'}}",
            "'resources' must be a table of names and whole numbers of at least 1, or { count = 1, per ="
            " 'machine' or 'cluster' }, not {'db': {'per': 'node'}}",
        ),
        (
            "resources = {db = {counts = 1}}",
            "'resources' must be a table of names and whole numbers of at least 1, or { count = 1, per ="
            " 'machine' or 'cluster' }, not {'db': {'counts': 1}}",
        ),
        ("cluster-keep = -1", "'cluster-keep' must be a whole number of at least 0, not -1"),
        ("cluster-keep = true", "'cluster-keep' must be a whole number of at least 0, not true"),
        ("cluster-silence = 0", "'cluster-silence' must be a number of seconds above 0, not 0"),
        (
            "cluster-path = 'srv/acme'",
            "'cluster-path' must be an absolute path, the same on every node, not 'srv/acme'",
        ),
        (
            "ignore-imports = ['a']",
            "'ignore-imports' must be a list of 'dependent -> dependency' pairs, not ['a']",
        ),
        (
            "projects = ['a']\nmembers = ['b']",
            "'members' and a list under 'projects' say the same thing; keep one of them",
        ),
    ],
)
def test_one_complaint(tmp_path: Path, line: str, expected: str) -> None:
    assert complaints(tmp_path, line) == [f"pyproject.toml: [tool.pytest-monorepo] {expected}"]


def test_a_key_like_nothing_is_answered_with_all_of_them(tmp_path: Path) -> None:
    (complaint,) = complaints(tmp_path, "zzz = 1")
    known = "known are affected-fallback, affected-level, affected-sample, affected-trust, "
    assert f"unknown key 'zzz'; {known}" in complaint


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("depend-on = []", "unknown key 'depend-on'; did you mean 'depends-on'?"),
        ("timeout = '5'", "'timeout' must be a number of seconds above 0, not '5'"),
        ("env = {A = 1}", "'env' must be a table of names and strings, not {'A': 1}"),
        ("env = {'A=B' = ''}", "'env' must be a table of names and strings, not {'A=B': ''}"),
        ("python = ''", "'python' must be a non-empty string, not ''"),
        ("args = '-q'", "'args' must be a list of non-empty strings, not '-q'"),
    ],
)
def test_one_complaint_about_a_project(tmp_path: Path, line: str, expected: str) -> None:
    assert complaints(tmp_path, f'projects."libs/a".{line}') == [
        f'pyproject.toml: [tool.pytest-monorepo.projects."libs/a"] {expected}'
    ]


def test_a_project_that_is_no_table(tmp_path: Path) -> None:
    assert complaints(tmp_path, 'projects."libs/a" = 3') == [
        'pyproject.toml: [tool.pytest-monorepo.projects."libs/a"] must be a table, not 3'
    ]


def test_the_table_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"\[tool.pytest-monorepo\] must be a table, not \[\]"):
        load(written(tmp_path, "[tool]\npytest-monorepo = []\n"))


def test_all_complaints_at_once(tmp_path: Path) -> None:
    text = "workers = 0\nexlcude = []\n[tool.pytest-monorepo.projects.x]\ntimeout = -1\n"
    assert len(complaints(tmp_path, text)) == 3


def test_what_is_not_toml_names_the_place(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"pyproject.toml: is not valid TOML: .*\(at line 2, column"):
        load(written(tmp_path, "[tool]\nx = \n"))


def test_what_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"# \xff")
    with pytest.raises(SettingsError, match=r"pyproject.toml: is not UTF-8 \(byte 2\)"):
        load(tmp_path)


def test_projects_that_the_workspace_does_not_have(tmp_path: Path) -> None:
    settings = load(written(tmp_path, FULL))
    assert unknown_projects(settings, ["services/api", "libs/proto"]) == []
    assert unknown_projects(settings, ["services/apis", "libs/protos"]) == [
        "pyproject.toml: [tool.pytest-monorepo.projects] 'services/api' is no project;"
        " did you mean 'services/apis'?",
        'pyproject.toml: [tool.pytest-monorepo.projects."services/api"] depends-on:'
        " 'libs/proto' is no project; did you mean 'libs/protos'?",
    ]


def test_resources_are_of_all_machines_unless_they_say_otherwise() -> None:
    read = parse({"resources": {"a": 2, "b": {"count": 3, "per": "machine"}, "c": {"per": "cluster"}}})
    assert read.resources == {"a": 2, "b": 3, "c": 1}
    assert read.resources_per_machine == {"b"}


def test_a_number_that_no_clock_can_count_is_a_complaint() -> None:
    with pytest.raises(SettingsError, match="'cached-wait' must be a number of seconds above 0, not 1000"):
        parse({"cached-wait": 10**400})
