"""Of one branch is what a file leaves, of another who sees it: a merge of both runs them, and fails."""

from __future__ import annotations

import re
import sys

import pytest

from tests.run.space import Run, Space, replayed

from .test_loggers import asked_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

NOTHING = "def test(): pass\n"
FILES = {
    "pyproject.toml": "[tool.pytest-monorepo]\n",
    "libs/a/pyproject.toml": "[tool.pytest.ini_options]\npythonpath = '.'\ntestpaths = 'tests'\n",
    "libs/a/box.py": "seen = []\n",
    "libs/a/app/__init__.py": "",
    "libs/a/app/extra.py": "",
    "libs/a/tests/test_c.py": "import app\ndef test(): assert app\n",
}
# what one branch has test_a do, what another has test_b ask for
ROWS = {
    "variable-of-a-module": (
        "import box\ndef test(): box.seen.append(1)\n",
        "import box\ndef test(): assert not box.seen\n",
    ),
    "variable-of-a-module-in-functions": (
        "def test():\n    import box\n    box.seen.append(1)\n",
        "def test():\n    import box\n    assert not box.seen\n",
    ),
    "at-import": (
        "import box\nbox.seen.append(1)\ndef test(): pass\n",
        "import box\ndef test(): assert not box.seen\n",
    ),
    "environment": (
        "import os\ndef test(): os.environ['ZZ'] = '1'\n",
        "import os\ndef test(): assert 'ZZ' not in os.environ\n",
    ),
    "everybodys": (
        "import sys\ndef test(): sys.setrecursionlimit(2345)\n",
        "import sys\ndef test(): assert sys.getrecursionlimit() != 2345\n",
    ),
    "written": (
        "def test(): open('left.txt', 'w').close()\n",
        "import os\ndef test(): assert not os.path.exists('left.txt')\n",
    ),
    "listed": (
        "def test(): open('data/left.txt', 'w').close()\n",
        "import os\ndef test(): assert os.listdir('data') == ['one']\n",
    ),
    "loaded": (
        "def test(): import app.extra\n",
        "import sys\ndef test(): assert 'app.extra' not in sys.modules\n",
    ),
    "attribute-of-a-package": (
        "def test(): import app.extra\n",
        "import app\ndef test(): assert not hasattr(app, 'extra')\n",
    ),
    "whatever-is-loaded": (
        "def test(): import app.extra\n",
        "import sys\ndef test(): assert not [one for one in sys.modules if one.startswith('app.e')]\n",
    ),
    "number-of-a-folder": (
        "def test(tmp_path_factory): tmp_path_factory.mktemp('same')\n",
        "def test(tmp_path_factory): assert tmp_path_factory.mktemp('same').name == 'same0'\n",
    ),
}
HOOK = "def pytest_collection_modifyitems(items): pass\n"


def take(space: Space, way: str, first: str, second: str) -> None:
    """A project as a branch has it."""
    (space.root / f"libs/{way}/left.txt").unlink(missing_ok=True)
    (space.root / f"libs/{way}/data/left.txt").unlink(missing_ok=True)
    space.write({f"libs/{way}/tests/test_a.py": first, f"libs/{way}/tests/test_b.py": second})


def step(space: Space, first: str, second: str) -> tuple[int, int, str]:
    take(space, "a", first, second)
    run = space.run("--cached", "--cached-explain", "--workers=1")
    return run.code, replayed(run), run.out


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Run:
    """After a run of each branch, of a workspace with a project for each row."""
    space = Space(tmp_path_factory.mktemp("branches") / "space")
    ways = asked_for(ROWS, request)
    for way in ways:
        files = {path.replace("libs/a/", f"libs/{way}/"): text for path, text in FILES.items()}
        space.write({**files, f"libs/{way}/data/one": "1"})
    for first, second, code in ((True, False, 0), (False, True, 0), (True, True, 1)):
        for way in ways:
            leaves, sees = ROWS[way]
            take(space, way, leaves if first else NOTHING, sees if second else NOTHING)
        run = space.run("--cached", "--cached-explain", "--workers=1")
        assert run.code == code, run.out
    return run


@pytest.mark.slow
@pytest.mark.sampled("way", one_in=3)
@pytest.mark.parametrize("way", ROWS)
def test_what_one_branch_leaves_and_another_sees_runs_after_a_merge(merged: Run, way: str) -> None:
    assert re.search(rf"^FAILED libs/{way}/tests/test_b\.py::test", merged.out, re.MULTILINE), merged.out


def test_what_two_branches_have_run_is_replayed_after_a_merge_where_nothing_ties_it(space: Space) -> None:
    space.write(FILES)
    leaves, _ = ROWS["variable-of-a-module"]
    reads = "import app\ndef test(): assert app\n"
    assert step(space, leaves, NOTHING)[0] == 0
    assert step(space, NOTHING, reads)[0] == 0
    assert step(space, leaves, reads)[:2] == (0, 3)


def test_a_project_that_is_one_is_replayed_from_one_run(space: Space) -> None:
    space.write({**FILES, "libs/a/conftest.py": HOOK})
    reads = "import app\ndef test(): assert app\n"
    for pair in ((reads, NOTHING), (NOTHING, reads)):
        assert step(space, *pair)[:2] == (0, 0)
    assert step(space, NOTHING, reads)[:2] == (0, 3)
    code, cached, out = step(space, reads, reads)
    assert (code, cached) == (0, 0), out


@pytest.mark.parametrize("hook", ["", HOOK])
def test_who_goes_to_another_branch_and_back_has_the_results_of_both(space: Space, hook: str) -> None:
    space.write({**FILES, "libs/a/conftest.py": hook})
    leaves, sees = "import box\ndef test(): box.seen.append(1)\n", "import box\ndef test(): assert box.seen\n"
    one, other = (f"{leaves}# {branch}\n" for branch in ("one", "other"))
    step(space, one, sees)
    assert step(space, other, sees)[:2] == (0, 0 if hook else 1)
    for first in (one, other, one):
        code, cached, out = step(space, first, sees)
        assert (code, cached) == (0, 3), out
    # what is on neither has no run
    assert step(space, other, f"{sees}# another\n")[:2] == (0, 0 if hook else 1)
