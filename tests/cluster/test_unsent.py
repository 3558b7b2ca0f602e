from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.cluster.joining.unsent import Unsent
from pytest_monorepo.workspace.model import Project, Workspace

IGNORED = "is ignored by git and was not sent to the nodes: name it in cluster-include"


@pytest.fixture
def unsent(tmp_path: Path) -> Unsent:
    for name in (
        "libs/a/src/a/_version.py",
        "libs/a/src/a/fast.cpython-311.so",
        "libs/a/here.dat",
        "seen.txt",
    ):
        (tmp_path / "repo" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "repo" / name).touch()
    (tmp_path / "outside.txt").touch()
    projects = (Project("libs/a", "a", source_roots=("libs/a/src",)),)
    top = tmp_path / "repo"
    return Unsent(Workspace(top, projects), top, {"seen.txt", "libs/a/src/a/__init__.py"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "FileNotFoundError: [Errno 2] No such file or directory: '{repo}/libs/a/here.dat'",
            "libs/a/here.dat",
        ),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'here.dat'", "libs/a/here.dat"),
        ("E   ModuleNotFoundError: No module named 'a._version'", "libs/a/src/a/_version.py"),
        ("E   ModuleNotFoundError: No module named 'a.fast'", "libs/a/src/a/fast.cpython-311.so"),
        ("ImportError: cannot import name '_version' from 'a' (/x)", "libs/a/src/a/_version.py"),
        # sent, not here either, or nothing of the kind
        ("FileNotFoundError: [Errno 2] No such file or directory: '{repo}/seen.txt'", None),
        ("FileNotFoundError: [Errno 2] No such file or directory: '{repo}/libs/a/src/a'", None),
        ("FileNotFoundError: [Errno 2] No such file or directory: '{repo}/nowhere'", None),
        ("ModuleNotFoundError: No module named 'numpy'", None),
        ("ModuleNotFoundError: No module named 'a'", None),
        ("assert 1 == 2", None),
    ],
)
def test_what_was_not_sent_is_named_with_what_brings_it(
    unsent: Unsent, text: str, expected: str | None
) -> None:
    said = unsent.hint(text.replace("{repo}", str(unsent.top)), "libs/a")
    assert said == (f"{expected} {IGNORED}" if expected else None)


def test_what_lies_outside_the_repository_is_said_to(unsent: Unsent) -> None:
    file = unsent.top.parent / "outside.txt"
    said = unsent.hint(f"No such file or directory: '{file}'", "libs/a")
    assert said == f"{file} is on this machine only: nothing outside the repository is sent to the nodes"
