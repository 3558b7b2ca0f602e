"""What CONTRIBUTING.md says of places: a path that it names is there, in the room that its row is about."""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "pytest_monorepo"
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
# beside the package: the repository's own, and what users have
ELSEWHERE = (
    "setup.py",
    "noxfile.py",
    "docs/",
    "tests/",
    "benchmarks/",
    "findings/",
    ".ci/",
    ".github/",
    "sample_repo/",
)
TOP = {
    *(".ci", ".github", ".gitignore", ".pre-commit-config.yaml", "pyproject.toml"),
    *("CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md"),
    *("benchmarks", "docs", "findings", "pytest_monorepo", "sample_repo", "tests"),
}
"""What the repository's own folder holds: whatever else lies there came in by mistake."""
_PATH = re.compile(r"[\w./-]+(?:/|\.(?:py|html|js))")


@functools.cache
def places() -> frozenset[str]:
    """All files and folders of the package, folders with a slash at their end."""
    found = [place for place in PACKAGE.rglob("*") if "__pycache__" not in place.parts]
    return frozenset(f"{place.relative_to(PACKAGE).as_posix()}{'/' * place.is_dir()}" for place in found)


def section(title: str) -> str:
    return re.split(rf"(?m)^#+ {re.escape(title)}\n", TEXT)[1].partition("\n#")[0]


def named(text: str) -> list[str]:
    """The paths among what stands between backticks."""
    quoted = re.findall(r"`([^`\n]+)`", text)
    return [word for word in quoted if _PATH.fullmatch(word) and not word.startswith(ELSEWHERE)]


def meant(path: str, room: str) -> list[str]:
    """The places that end so, in ``room`` (``""``: anywhere)."""
    return [place for place in places() if f"/{place}".endswith(f"/{path}") and place.startswith(room)]


def unknown(text: str) -> Iterator[str]:
    """The paths that are not there, short ones seen from the rooms that a whole one before them has named."""
    rooms: set[str] = set()
    for path in named(text):
        found = [path] if path in places() else [place for room in rooms for place in meant(path, room)]
        if not found:
            yield path
        rooms |= {place.partition("/")[0] + "/" for place in found}


def rows() -> list[str]:
    table = section("I want to change …")
    return [line for line in table.splitlines() if line.startswith("| ") and "go to" not in line]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.split(" | ")[0].strip("| "))
def test_the_places_of_a_row_are_there(row: str) -> None:
    assert named(row)
    assert list(unknown(row)) == []


def test_the_floors_are_drawn_as_they_are() -> None:
    drawing = re.search(r"```\n(.*?)```", section("The floors"), re.DOTALL)
    assert drawing is not None
    words = re.findall(r"(?<![\w/])[\w/]+(?:/|\.py)(?!\w)", drawing[1])
    assert [word for word in words if not meant(word, "")] == []
    rooms = {place for place in places() if place.count("/") == 1 and place.endswith("/")}
    assert rooms <= set(words)


@pytest.mark.parametrize("title", ["The floors", "One `pytest --monorepo --affected` run"])
def test_the_places_of_a_section_are_there(title: str) -> None:
    of_the_package = section(title).partition("`tests/` has")[0]
    assert [path for path in named(of_the_package) if not meant(path, "")] == []


def test_nothing_else_lies_in_the_repositorys_own_folder() -> None:
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    assert {path.partition("/")[0] for path in listed.stdout.split("\0") if path} == TOP


def test_the_data_flow_has_ten_lines() -> None:
    lines = section("One `pytest --monorepo --affected` run").splitlines()
    assert [line[:2].strip(". ") for line in lines if re.match(r"\d", line)] == [
        *map(str, range(1, 10)),
        "10",
    ]


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("`run/plan/schedule.py` and `state/splitting.py`", []),
        ("`run/plan/schedule.py` and `plan/splitting.py`", ["plan/splitting.py"]),
        ("`workspace/files/` has `schedule.py`", ["schedule.py"]),
        ("`nowhere/`, `docs/generate.py`, `--option`", ["nowhere/"]),
    ],
)
def test_a_path_that_is_not_there_is_found(text: str, missing: list[str]) -> None:
    assert list(unknown(text)) == missing
