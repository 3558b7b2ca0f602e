"""What a project's first recorded run keeps where two workers are there: nobody knows which files are one."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.run.space import Run, Space, replayed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

WORDS = ("--cached", "--workers=2", "--monorepo-split=file", "-rA")
TEST = """
import app, os, time
def test():
    time.sleep({})
    print('in', os.environ['PYTEST_XDIST_WORKER'])
"""
# the first file has it keep something, which all others could see
BINDS = TEST.replace("time.sleep", "app.twice(1); time.sleep")
FILES = {
    "pyproject.toml": "[tool.pytest-monorepo]\ncached-clock = true\n",
    "p/pyproject.toml": "[tool.pytest.ini_options]\npythonpath = '.'\n",
    "p/app.py": "import functools\n@functools.lru_cache\ndef twice(number): return 2 * number\n",
}
SOON = "from pytest_monorepo.run.state import splitting\nsplitting.PATIENCE = 0.1\n"
"""A plugin of the controller's."""


@pytest.fixture
def space(tmp_path: Path) -> Space:
    space = Space(tmp_path / "space")
    space.write({**FILES, "../lib/soon.py": SOON})
    return space


def _runs(space: Space, *words: str) -> tuple[Run, Run]:
    """Two in a row."""
    tmp = space.root.parent
    environ = {"XDG_CACHE_HOME": str(tmp / "cache"), "HOME": str(tmp), "PYTHONPATH": str(tmp / "lib")}
    with space.environment(**environ):
        return space.run(*WORDS, *words), space.run(*WORDS, *words, "--cached-explain")


def _workers(run: Run) -> set[str]:
    return set(re.findall(r"^in (gw\d+)", run.out, re.MULTILINE))


def test_files_that_are_one_are_kept_by_the_first_run(space: Space) -> None:
    """A worker takes two files at once: the others are the second one's."""
    space.write({f"p/tests/test_{n}.py": (TEST if n else BINDS).format(0.2) for n in range(4)})
    first, second = _runs(space)
    assert _workers(first) == {"gw0"}, first.out
    assert replayed(second) == 4, second.out


ORDER = {
    "p/app.py": "seen = []\n",
    "p/tests/test_a.py": "import app\ndef test():\n    {}\n",
    "p/tests/test_b.py": "import app, time\ndef test():\n    {}\n    time.sleep(0.6)\n    {}\n",
    "p/tests/test_c.py": "def test(): pass\n",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("assert app.seen == ['b']", ("pass", "app.seen.append('b')")),
        ("app.seen.append(1)", ("assert app.seen == []", "pass")),
    ],
    ids=["the-first-sees-the-last", "the-last-does-not-see-the-first"],
)
def test_nothing_is_kept_of_files_that_are_one_and_ran_in_another_order(
    space: Space, a: str, b: tuple[str, str]
) -> None:
    """Of a project that is known a file that takes long begins; in a run of all one of the two fails."""
    space.write({**ORDER, "p/tests/test_a.py": "def test(): pass\n", "p/tests/test_b.py": TEST.format(0.6)})
    _runs(space)
    space.write({"p/tests/test_a.py": ORDER["p/tests/test_a.py"].format(a)})
    space.write({"p/tests/test_b.py": ORDER["p/tests/test_b.py"].format(*b)})
    first, second = _runs(space)
    assert first.code == 0, first.out  # the long one began
    assert second.code == 1, second.out


@pytest.mark.slow
def test_a_project_that_proves_long_is_shared_and_what_is_apart_is_kept(space: Space) -> None:
    space.write({f"p/tests/test_{n}.py": TEST.format(0.5) for n in range(4)})
    first, second = _runs(space, "-p", "soon")
    assert len(_workers(first)) == 2, first.out
    assert replayed(second) == 4, second.out


@pytest.mark.slow
def test_a_long_project_of_which_all_is_one_is_not_shared(space: Space) -> None:
    """Said by its worker after the first file, which has ended by then."""
    sleeps = [0.0, 0.6, 0.6, 0.6]
    space.write(
        {f"p/tests/test_{n}.py": (TEST if n else BINDS).format(sleep) for n, sleep in enumerate(sleeps)}
    )
    space.write({"../lib/soon.py": SOON.replace("0.1", "1.0")})
    first, second = _runs(space, "-p", "soon")
    assert _workers(first) == {"gw0"}, first.out
    assert replayed(second) == 4, second.out


@pytest.mark.slow
def test_of_a_long_project_what_is_one_with_what_has_run_is_the_first_workers(space: Space) -> None:
    apart = TEST.replace("import app, os", "import os")
    texts = [BINDS.format(0), *[TEST.format(1.2)] * 2, *[apart.format(1.2)] * 2]
    space.write({f"p/tests/test_{n}.py": text for n, text in enumerate(texts)})
    space.write({"../lib/soon.py": SOON.replace("0.1", "1.0")})
    first, second = _runs(space, "-p", "soon")
    assert len(_workers(first)) == 2, first.out
    assert replayed(second) == 5, second.out
