"""A failure on the page whose file read nothing of what ``--affected`` says has changed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.run.space import MANIFEST, Space

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

TAG = "reads nothing that you changed"
FILES = {
    "pyproject.toml": "[tool.pytest-monorepo]\n",
    "a/pyproject.toml": MANIFEST.format(name="a"),
    "a/src/a.py": "def f(): return 1\n",
    "a/tests/test_it.py": "import a\ndef test_it(): assert a.f() == 2\n",
    # not the project's own folder, in which pytest keeps .pytest_cache
    "a/data/one.txt": "",
    "a/tests/test_other.py": """\
        import pathlib
        def test_it(): assert not list((pathlib.Path(__file__).parents[1] / "data").iterdir())
    """,
    "b/pyproject.toml": MANIFEST.format(name="b") + '[tool.pytest-monorepo]\ninputs = ["../notes/*"]\n',
    "b/tests/test_it.py": "def test_it(): assert 0\n",
    "notes/one.md": "one\n",
}


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Space]:
    space = Space(tmp_path / "space")
    space.write(FILES)
    git(space, "init", "-q")
    git(space, "add", "-A")
    git(space, "commit", "-qm", "all")
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        yield space


def git(space: Space, *words: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", *who, *words], cwd=space.root, check=True)


def tagged(space: Space, *words: str) -> set[str]:
    """The failures on the page that bear the tag."""
    # Where a second worker takes the other file first, that file's inputs hold the changed package, and
    # less is said of it; presumably since a process's first failure asks where each module lies
    # (inspect.getmodule).
    compared = ("--cached", "--affected-audit", "--affected", "HEAD", "--workers=1")
    run = space.run(*compared, "--monorepo-html", "page", *words)
    assert run.code == 1, run.out
    page = (space.root / "page" / "index.html").read_text()
    facts = re.findall(r'<p class="facts">(.*?)</p>', page, re.DOTALL)
    return {re.findall(r'data-copy="pytest --monorepo ([^"]+)"', one)[0] for one in facts if TAG in one}


A, OTHER, B = "a/tests/test_it.py::test_it", "a/tests/test_other.py::test_it", "b/tests/test_it.py::test_it"


@pytest.mark.sampled("changed", "expected")
@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"a/src/a.py": "def f(): return 3\n"}, {OTHER, B}),
        ({"a/src/a/__init__.py": "def f(): return 3\n"}, {OTHER, B}),
        ({"a/tests/conftest.py": ""}, {B}),
        ({"a/data/more.txt": ""}, {A, B}),
        ({"notes/one.md": "two\n"}, {A, OTHER, B}),
        ({"b/requirements.txt": "x\n"}, set()),
        ({"a/pyproject.toml": MANIFEST.format(name="a") + "# more\n"}, set()),
    ],
)
def test_a_failure_that_no_change_can_have_made_says_so(
    space: Space, changed: dict[str, str], expected: set[str]
) -> None:
    space.write(changed)
    assert tagged(space) == expected


@pytest.mark.slow
def test_nothing_is_said_where_it_is_not_known(space: Space) -> None:
    clock = "import time\ndef test_it(): assert time.time() == 0\n"
    child = "import subprocess, sys\ndef test_it(): assert subprocess.run([sys.executable, '-c', '']) == 1\n"
    space.write({"c/pyproject.toml": MANIFEST.format(name="c"), "c/tests/test_c.py": clock})
    space.write({"c/tests/test_d.py": child, "notes/one.md": "two\n"})
    git(space, "add", "c")
    git(space, "commit", "-qm", "c", "c")
    assert tagged(space) == {A, OTHER, B}
    space.run("--cached", "--monorepo-html", "page")
    assert TAG not in (space.root / "page" / "index.html").read_text()
