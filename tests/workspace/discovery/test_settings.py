"""What the settings say of projects holds whatever discovery finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.errors import SettingsError
from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.discovery.discover import discover
from tests.workspace.trees import TEST, named, project, running, write

OVERRIDE = {
    "libs/a/pyproject.toml": named("a"),
    "libs/a/test_a.py": TEST,
    "libs/b/pyproject.toml": named("b"),
    "libs/b/test_b.py": TEST,
    "libs/bare/test_c.py": TEST,
    "vendor/v/setup.py": "",
    "vendor/v/test_v.py": TEST,
    "a/tests/data/setup.py": "",
    "a/tests/data/test_d.py": TEST,
}


@pytest.mark.parametrize(
    ("configured", "expected"),
    [
        ({"projects": ("libs/*",)}, {"libs/a", "libs/b", "libs/bare"}),
        ({"projects": ("./libs/a/",)}, {"libs/a"}),
        ({"projects": ("libs/**",)}, {"libs/a", "libs/b"}),
        ({"projects": ("vendor/v", "a/tests/data")}, {"vendor/v", "a/tests/data"}),
        ({"projects": (".",)}, {"."}),
        ({"exclude": ("libs/b",)}, {"libs/a", "a/tests/data", "."}),
        ({"exclude": ("libs",)}, {"a/tests/data"}),
        ({"exclude": (".",)}, {"libs/a", "libs/b", "a/tests/data"}),
        ({"projects": ("libs/*",), "exclude": ("libs/[!a]*",)}, {"libs/a"}),
    ],
)
def test_settings_override_discovery(
    tmp_path: Path, configured: dict[str, tuple[str, ...]], expected: set[str]
) -> None:
    write(tmp_path, OVERRIDE)
    assert set(running(discover(tmp_path, Settings(**configured)))) == expected  # type: ignore[arg-type]


def test_an_excluded_project_stays_in_the_graph_and_its_tests_are_nobodys(tmp_path: Path) -> None:
    write(tmp_path, {**OVERRIDE, "test_root.py": TEST})
    workspace = discover(tmp_path, Settings(exclude=("libs/b", "libs/bare")))
    assert not project(workspace, "libs/b").runs
    assert running(workspace)["."] == ("test_root.py",)
    assert workspace.foreign == ("libs/b", "libs/bare", "vendor/v")


def test_a_nameless_project_left_out_does_not_fall_to_the_one_around_it(tmp_path: Path) -> None:
    write(tmp_path, {"a/setup.py": "", "a/test_a.py": TEST, "b/setup.py": "", "b/test_b.py": TEST})
    workspace = discover(tmp_path, Settings(exclude=("a",)))
    assert running(workspace) == {"b": ("test_b.py",)}
    assert workspace.foreign == ("a",)


def test_an_unlisted_manifest_in_a_listed_project_is_part_of_it(tmp_path: Path) -> None:
    files = {"a/setup.py": "", "a/test_a.py": TEST, "a/b/setup.py": "", "a/b/test_b.py": TEST}
    write(tmp_path, {**files, "c/pyproject.toml": named("c"), "c/test_c.py": TEST})
    workspace = discover(tmp_path, Settings(projects=("a",)))
    assert running(workspace) == {"a": ("b/test_b.py", "test_a.py")}
    assert not project(workspace, "c").runs


def test_a_configured_glob_that_matches_nothing_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, OVERRIDE)
    with pytest.raises(SettingsError, match=r"'lib/\*' matches no folder.*\n.*'x' matches no folder"):
        discover(tmp_path, Settings(projects=("lib/*", "libs/*", "x")))
