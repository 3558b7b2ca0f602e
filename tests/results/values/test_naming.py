"""Whether paths that a call names hold no more than a run of all has seen, as a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.results.entries.entry import Entry
from pytest_monorepo.results.replays import naming
from pytest_monorepo.results.values.section import Section
from pytest_monorepo.workspace.model import Project, PytestSettings

SEEN = ("a/tests/unit/test_one.py", "a/tests/unit/deep/test_two.py", "a/docs/page.rst", "a/src/code.py")
UNSEEN = ("a/tests/unit/checks.py", "a/tests/integration/test_far.py", "a/tests/unit/__init__.py", "a/.hid/x")
NEW = "a/tests/unit/test_new.py"


def roster(*unit: str) -> Entry:
    return Entry("a", "", 0.0, "", (), Section(), b"", 0, 0.0, unit=unit)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path in (*SEEN, *UNSEEN, NEW):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    return tmp_path


def stray(root: Path, testpaths: tuple[str, ...], *paths: str, seen: tuple[str, ...] = SEEN) -> bool:
    settings = PytestSettings(rootdir="a", testpaths=testpaths)
    project = Project("a", "a", settings=settings, test_files=(*SEEN, NEW))
    return naming.of(root, project, paths).stray(roster(*seen)) is not None


@pytest.mark.parametrize(
    ("testpaths", "paths", "more"),
    [
        ((), ["a/tests/unit/test_one.py"], False),
        # a new file runs, and so the others are not all; beside a folder nothing tells that it must
        ((), ["a/tests/unit/test_one.py", NEW], False),
        ((), ["a/tests/unit/deep", NEW], True),
        ((), ["a/tests/unit/test_one.py", "a/tests/unit/checks.py"], True),
        ((), ["a/tests/unit/test_one.py", "a/tests/integration/test_far.py"], True),
        # seen as doctests: named, they hold tests besides
        ((), ["a/src/code.py"], True),
        ((), ["a/docs/page.rst"], True),
        # a whole package before pytest 8
        ((), ["a/tests/unit/__init__.py"], True),
        ((), ["a/tests"], False),
        ((), ["a/tests/unit", "a/src"], False),
        ((), ["a/tests/unit", "a/.hid"], True),
        (("tests/unit",), ["a/tests/unit"], False),
        (("tests/unit",), ["a/tests/unit/deep"], False),
        (("tests/unit",), ["a/tests"], True),
        (("tests/unit",), ["a/tests/unit", "a/tests/integration"], True),
        (("./tests/unit/",), ["a/tests/unit"], False),
        (("tests/*",), ["a/tests"], True),
        (("tests/*",), ["a/tests/unit"], False),
        (("t*",), ["a/tests"], False),
        # the second start may lie where the first does not go
        (("tests", "tests/unit/deep"), ["a/tests/unit"], True),
        # pytest passes over those that are not there
        (("gone",), ["a/tests"], False),
        (("gone", "tests/unit"), ["a/tests"], True),
    ],
)
def test_what_is_named_is_more_than_all_where_all_does_not_look(
    root: Path, testpaths: tuple[str, ...], paths: list[str], more: bool
) -> None:
    assert stray(root, testpaths, *paths) is more


def test_without_a_roster_discovery_says_what_is_known(root: Path) -> None:
    project = Project("a", "a", test_files=SEEN)
    assert naming.of(root, project, [SEEN[0]]).stray(None) is None
    assert naming.of(root, project, [SEEN[0], UNSEEN[0]]).stray(None) is not None


def test_nothing_named_is_nothing_more(root: Path) -> None:
    assert not stray(root, ("tests/unit",))
