"""What of a workflow its tests see, and for which folders it is there; on texts alone."""

from __future__ import annotations

import pytest

from pytest_monorepo.affected.workflows.triggers import declared_places
from pytest_monorepo.affected.workflows.trimmed import same_tests

BASE = """\
name: tests
on:
  push:
    branches: [main]
permissions:
  contents: read
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - name: Test
        run: pytest
      - uses: codecov/codecov-action@v5
"""


def replaced(old: str, new: str, text: str = BASE) -> bool:
    assert old in text
    return same_tests(text.encode(), text.replace(old, new).encode())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: tests", "name: others"),
        ("name: tests", "name: tests\nrun-name: by hand\nconcurrency:\n  group: one"),
        ("branches: [main]", "branches: [main, next]"),
        ("on:\n", "on:\n  schedule:\n    - cron: '0 0 * * *'\n"),
        ("contents: read", "contents: write"),
        ("permissions:\n  contents: read\n", ""),
        ("    runs-on", "    name: One\n    permissions: {}\n    runs-on"),
        ("name: Test", "name: Tests of all"),
        ("action@v5", "action@v6"),
        ("      - uses: codecov/codecov-action@v5\n", ""),
        (
            "action@v5\n",
            "action@v5\n      - uses: actions/upload-artifact@v6\n        with:\n          name: x\n",
        ),
        ("action@v5\n", "action@v5\n        if: always()\n"),
        ("action@v5\n", "action@v5\n      - uses: acme/notify-team@v1\n"),
        (
            "action@v5\n",
            "action@v5\n      - uses: py-cov-action/python-coverage-comment-action@0a1b\n        id: x\n",
        ),
    ],
)
def test_what_no_test_sees(old: str, new: str) -> None:
    assert replaced(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("run: pytest", "run: pytest -x"),
        ("checkout@v6", "checkout@v7"),
        ("ubuntu-latest", "ubuntu-24.04"),
        ("    runs-on", "    env:\n      A: 1\n    runs-on"),
        ("    runs-on", "    timeout-minutes: 5\n    runs-on"),
        ("jobs:", "env:\n  A: 1\njobs:"),
        ("jobs:", "defaults:\n  run:\n    working-directory: a\njobs:"),
        ("on:\n", "on:\n  workflow_dispatch:\n    inputs:\n      a:\n        default: x\n"),
        ("on:\n", "on:\n  workflow_call:\n"),
        ("jobs:", "jobs:\n  two:\n    runs-on: x\n    steps:\n      - run: pytest"),
        ("action@v5\n", "action@v5\n      - uses: acme/action@v1\n"),
        ("codecov/codecov-action@v5", "./.github/actions/notify-all"),
        ("run: pytest", "run: pytest\n        if: false"),
        ("name: Test", "id: test"),
    ],
)
def test_what_tests_may_see(old: str, new: str) -> None:
    assert not replaced(old, new)


def test_permissions_of_a_token_that_the_tests_have() -> None:
    given = BASE.replace("run: pytest", "run: pytest\n        env:\n          X: ${{ github.token }}")
    assert not replaced("contents: read", "contents: write", given)


def test_an_artifact_that_another_job_takes_up() -> None:
    up = "      - uses: actions/upload-artifact@v6\n        with:\n          path: a\n"
    down = "  two:\n    steps:\n      - uses: actions/download-artifact@v6\n      - run: pytest\n"
    assert replaced("path: a", "path: b", BASE + up)
    assert not replaced("path: a", "path: b", BASE + up + down)
    asked = down.replace("uses: actions/download-artifact@v6", "run: gh run download")
    assert not replaced("path: a", "path: b", BASE + up + asked)


@pytest.mark.parametrize("told", ["${{ github.workflow }}", "$GITHUB_WORKFLOW"])
def test_a_name_that_the_tests_are_told(told: str) -> None:
    given = BASE.replace("run: pytest", f"run: pytest --junitxml={told}.xml")
    assert not replaced("name: tests", "name: others", given)


@pytest.mark.parametrize("asked", ["steps['cov'].outputs.x", "toJSON(steps)", "steps.*.outcome"])
def test_a_report_whose_outputs_are_asked_for_in_other_words(asked: str) -> None:
    used = BASE.replace(
        "action@v5\n", f"action@v5\n        id: cov\n      - run: pytest ${{{{ {asked} }}}}\n"
    )
    assert not replaced("action@v5", "action@v6", used)


def test_a_report_whose_outputs_are_used() -> None:
    used = BASE.replace(
        "action@v5\n", "action@v5\n        id: cov\n      - run: pytest ${{ steps.cov.outputs.x }}\n"
    )
    assert not replaced("action@v5", "action@v6", used)


@pytest.mark.parametrize("text", ["jobs: *x", "\ufffe", "- a\n"])
def test_what_cannot_be_read_is_not_the_same(text: str) -> None:
    assert not same_tests(text.encode(), text.encode() + b"# more\n")
    assert not same_tests(None, text.encode())
    assert declared_places(text.encode()) is None


def on(*lines: str, folder: str = "") -> frozenset[str] | None:
    head = f"defaults:\n  run:\n    working-directory: {folder}\n" if folder else ""
    return declared_places("\n".join([f"{head}on:", *(f"  {line}" for line in lines), "jobs:"]).encode())


PATHS = (
    "pull_request:",
    "  paths:",
    "    - 'libs/a/**'",
    '    - "!libs/a/*.md"',
    "    - .github/workflows/a.yml",
)


@pytest.mark.parametrize(
    ("lines", "folder", "places"),
    [
        (PATHS, "", {"libs/a"}),
        ((*PATHS, "push:", "  paths:", "    - libs/b/src/**"), "", {"libs/a", "libs/b/src"}),
        ((*PATHS, "    - libs/core/pyproject.toml"), "", {"libs/a", "libs/core"}),
        ((*PATHS, "schedule:", "  - cron: '0 0 * * *'"), "libs/a", {"libs/a"}),
        ((*PATHS, "workflow_dispatch:"), "./libs/a/tests", {"libs/a"}),
        ((*PATHS, "schedule:", "  - cron: '0 0 * * *'"), "", None),
        ((*PATHS, "schedule:", "  - cron: '0 0 * * *'"), "libs", None),
        ((*PATHS, "workflow_call:"), "libs/a", None),
        ((*PATHS, "push:", "  branches: [main]"), "libs/a", None),
        ((*PATHS, "push:"), "libs/a", None),
        ((*PATHS, "    - pyproject.toml"), "", None),
        ((*PATHS, "push:", "  tags: ['v*']", "  paths:", "    - libs/a/**"), "libs/a", None),
        ((*PATHS, "    - '**.py'"), "", None),
        ((*PATHS, "    - '*/a/**'"), "", None),
        (("pull_request:", "  paths-ignore:", "    - docs/**"), "", None),
        (("pull_request:", "  paths:", "    - .github/workflows/a.yml"), "", None),
        (("pull_request:", "  paths: [libs/a/**]"), "", None),
    ],
)
def test_for_which_folders_a_workflow_is_there(
    lines: tuple[str, ...], folder: str, places: set[str] | None
) -> None:
    assert on(*lines, folder=folder) == places


@pytest.mark.parametrize("text", ["on: push\n", "on: [push]\n", "jobs:\n", ""])
def test_a_workflow_that_names_no_paths(text: str) -> None:
    assert declared_places(text.encode()) is None
    assert declared_places(None) is None
