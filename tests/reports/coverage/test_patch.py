from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pytest_monorepo.reports.coverage.model import FileCoverage, Numbers
from pytest_monorepo.reports.coverage.patch import changed_lines, patch_coverage


def diff(*lines: str) -> bytes:
    return "\n".join([*lines, ""]).encode()


@pytest.mark.parametrize(
    ("hunk", "expected"),
    [
        (["@@ -1 +1 @@", "-a", "+b"], {1}),
        (["@@ -0,0 +1,2 @@", "+a", "+b"], {1, 2}),
        (["@@ -5,2 +4,0 @@", "-a", "-b"], set()),
        (["@@ -3,0 +4,2 @@ def f():", "+a", "+b", "@@ -9 +12 @@", "-x", "+y"], {4, 5, 12}),
        (["@@ -1 +1 @@", "-a", "\\ No newline at end of file", "+b", "\\ No newline at end of file"], {1}),
        (["@@ -1,3 +1,3 @@", " a", "-b", "+c", " d"], {2}),
    ],
)
def test_hunks(hunk: list[str], expected: set[int]) -> None:
    found = changed_lines(diff("diff --git a/x.py b/x.py", "--- a/x.py", "+++ b/x.py", *hunk))

    assert found == ({"x.py": frozenset(expected)} if expected else {})


def test_a_changed_line_that_looks_like_a_header_is_a_line() -> None:
    found = changed_lines(
        diff(
            "diff --git a/x.py b/x.py",
            "--- a/x.py",
            "+++ b/x.py",
            "@@ -1,2 +1,2 @@",
            "--- a/other.py",
            "-@@ -1 +1 @@",
            "+++ b/other.py",
            "+diff --git a/q b/q",
            "diff --git a/y.py b/y.py",
            "--- /dev/null",
            "+++ b/y.py",
            "@@ -0,0 +1 @@",
            "+y",
        )
    )

    assert found == {"x.py": frozenset({1, 2}), "y.py": frozenset({1})}


def test_a_deleted_file_has_no_changed_lines() -> None:
    gone = ["diff --git a/x.py b/x.py", "deleted file mode 100644", "--- a/x.py", "+++ /dev/null"]

    assert changed_lines(diff(*gone, "@@ -1 +0,0 @@", "-a")) == {}


def test_a_folder_named_b_is_kept_without_prefixes() -> None:
    plain = ["diff --git b/x.py b/x.py", "--- b/x.py", "+++ b/x.py", "@@ -1 +1 @@", "-a", "+b"]

    assert changed_lines(diff(*plain)) == {"b/x.py": frozenset({1})}


@pytest.mark.parametrize(
    "name", ["plain.py", "with space.py", "käse.py", 'quo"te.py', "tab\there.py", "b/c.py"]
)
def test_names_as_git_writes_them(tmp_path: Path, name: str) -> None:
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("a\n")
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "a"], check=True)
    file.write_text("a\nb\n")

    found = subprocess.run([*git, "diff", "-U0", "--no-ext-diff"], check=True, capture_output=True).stdout

    assert changed_lines(found) == {name: frozenset({2})}


def test_only_executable_changed_lines_count() -> None:
    file = FileCoverage("libs/a/x.py", "libs/a", Numbers(), executed=(1, 2, 5), missing=(6, 7), excluded=(9,))

    patch = patch_coverage([file], {"libs/a/x.py": [2, 3, 6, 9]}, ["libs/a/setup.py"])

    assert [(f.executable, f.missing) for f in patch.files] == [((2, 6), (6,))]
    assert (patch.executable, patch.missing, patch.percent) == (2, 1, 50.0)
    assert patch.unmeasured == ("libs/a/setup.py",)


def test_nothing_executable_changed_is_no_number() -> None:
    assert patch_coverage([], {"README.md": [1]}).percent is None
