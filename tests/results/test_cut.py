"""A project that shards cut: each keeps what it has run, and replays it only beside what others have."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

import pytest

from tests.run.space import Run, Space, replayed

from .test_branches import FILES, NOTHING, ROWS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

FIXTURE = """
import os, pytest
@pytest.fixture(scope='session')
def marked():
    open('left.txt', 'w').close()
    yield
    os.remove('left.txt')
@pytest.fixture(scope='session')
def box():
    return []
@pytest.fixture(scope='session')
def touched():
    import subprocess
    subprocess.check_call(['touch', 'left.txt'])
    yield
    subprocess.check_call(['rm', 'left.txt'])
@pytest.fixture(scope='session', params=[1, 2])
def number(request):
    return request.param
"""
WRITES_TOO = """
import os, pytest
@pytest.fixture(scope='session')
def {0}():
    there = os.path.exists('left.txt')
    open('left.txt', 'w').close()
    yield there
    if not there:
        os.remove('left.txt')
def test({0}): assert not {0}
"""
TIES = {
    **{name: row for name, row in ROWS.items() if name != "at-import"},  # every shard collects all
    "written-for-a-session": (
        "def test(marked): pass\n",
        "import os\ndef test(): assert not os.path.exists('left.txt')\n",
    ),
    "written-by-two-fixtures": ("def test(marked): pass\n", WRITES_TOO.format("other")),
    "written-by-two-fixtures-of-a-name": ("def test(marked): pass\n", WRITES_TOO.format("marked")),
    "written-by-a-program-and-removed": (
        "def test(touched): pass\n",
        "import os\ndef test(): assert not os.path.exists('left.txt')\n",
    ),
    "needs-what-was-written": (
        "def test(): open('left.txt', 'w').close()\n",
        "import os\ndef test(): assert not os.path.isfile('left.txt')\n",
    ),
    "value-of-a-fixture": (
        "def test(box): box.append(1)\n",
        "def test(box): assert not box\n",
    ),
    "state-of-the-conftest": (
        "import conftest\ndef test(): conftest.state = 1\n",
        "import conftest\ndef test(): assert not hasattr(conftest, 'state')\n",
    ),
    "leaves-and-fails": (
        "import box, os\ndef test():\n    box.seen.append(1)\n    assert 'FAIL' not in os.environ\n",
        "import box\ndef test(): assert not box.seen\n",
    ),
    "runs-a-program-that-writes": (
        "import subprocess\ndef test(): subprocess.check_call(['touch', 'left.txt'])\n",
        "import os\ndef test(): assert not os.path.exists('left.txt')\n",
    ),
}


def sharded(space: Space, count: int, order: Sequence[int] | None = None, *words: str) -> list[Run]:
    """Each shard with what is in the store by then, divided by names."""
    runs = {}
    for number in order or range(1, count + 1):
        shutil.rmtree(space.root / ".pytest_cache", ignore_errors=True)
        (space.root / "libs/a/left.txt").unlink(missing_ok=True)
        (space.root / "libs/a/data/left.txt").unlink(missing_ok=True)
        args = ("--cached", "--cached-explain", "--workers=1", f"--shard={number}/{count}", *words)
        runs[number] = space.run(*args)
    return [runs[number] for number in sorted(runs)]


@pytest.mark.sampled("name", "order", first=False, one_in=9)
@pytest.mark.parametrize("order", [(1, 2), (2, 1)], ids=["first-first", "second-first"])
@pytest.mark.parametrize("name", TIES)
def test_what_sees_what_a_file_of_another_shard_leaves_is_not_replayed(
    space: Space, name: str, order: tuple[int, int]
) -> None:
    leaves, sees = TIES[name]
    space.write({**FILES, "libs/a/conftest.py": FIXTURE, "libs/a/data/one": "1"})
    (space.root / "libs/a/tests/test_c.py").unlink()
    space.write({"libs/a/tests/test_a.py": leaves, "libs/a/tests/test_b.py": sees})
    with space.environment(**({"FAIL": "1"} if "fails" in name else {})):
        for _ in range(3):
            runs = sharded(space, 2, order)
            assert runs[1].code == 0, runs[1].out
            assert replayed(runs[1]) == 0, runs[1].out
        (space.root / "libs/a/left.txt").unlink(missing_ok=True)
        (space.root / "libs/a/data/left.txt").unlink(missing_ok=True)
        whole = space.run("--cached", "--cached-explain", "--workers=1", "-rA")
    assert "FAILED libs/a/tests/test_b.py" in whole.out, whole.out


@pytest.mark.sampled("count", first=False)
@pytest.mark.parametrize("count", [2, 3])
def test_what_nothing_ties_is_replayed_wherever_the_cut_lies(space: Space, count: int) -> None:
    space.write({**FILES, "libs/a/conftest.py": FIXTURE})
    tests = {"a": "def test(box): assert not box\n", "b": ROWS["environment"][1], "d": NOTHING}
    space.write({f"libs/a/tests/test_{name}.py": text for name, text in tests.items()})
    cold = sharded(space, count)
    assert [run.code for run in cold] == [0] * count
    assert sum(map(replayed, cold)) == 0
    for other in (2, 3):
        warm = sharded(space, other)
        assert [run.code for run in warm] == [0] * other
        assert sum(map(replayed, warm)) == 4, [run.out for run in warm]
    whole = space.run("--cached", "--cached-explain", "--workers=1")
    assert (whole.code, replayed(whole)) == (0, 4), whole.out


def test_of_a_change_only_what_it_concerns_runs(space: Space) -> None:
    space.write({**FILES, "libs/a/one.py": "value = 1\n"})
    space.write({"libs/a/tests/test_a.py": "import one\ndef test(): assert one.value\n"})
    space.write({"libs/a/tests/test_b.py": NOTHING})
    sharded(space, 2)
    space.write({"libs/a/one.py": "value = 2\n"})
    assert sum(map(replayed, sharded(space, 2))) == 2
    assert sum(map(replayed, sharded(space, 3))) == 3


def test_a_new_file_is_no_reason_to_run_the_others(space: Space) -> None:
    space.write({**FILES, "libs/a/tests/test_a.py": NOTHING, "libs/a/tests/test_b.py": NOTHING})
    sharded(space, 2)
    space.write({"libs/a/tests/test_d.py": NOTHING})
    assert sum(map(replayed, sharded(space, 2))) == 3
    assert sum(map(replayed, sharded(space, 3))) == 4


def test_a_file_that_is_skipped_as_a_whole_counts_wherever_it_lies(space: Space) -> None:
    skips = "import pytest\npytest.importorskip('absent')\ndef test(): pass\n"
    space.write({**FILES, "libs/a/tests/test_a.py": NOTHING, "libs/a/tests/test_b.py": skips})
    sharded(space, 3)
    warm = sharded(space, 3)
    assert sum(run.counts.get("skipped", 0) for run in warm) == 1, [run.out for run in warm]
    whole = space.run("--cached", "--cached-explain", "--workers=1")
    assert whole.counts == {"passed": 2, "skipped": 1}
    space.write({"libs/a/absent.py": ""})
    whole = space.run("--cached", "--cached-explain", "--workers=1")
    assert whole.counts == {"passed": 3}


def test_a_project_that_is_one_is_not_kept_in_parts(space: Space) -> None:
    hook = "def pytest_collection_modifyitems(items): pass\n"
    space.write({**FILES, "libs/a/conftest.py": hook, "libs/a/tests/test_a.py": NOTHING})
    runs = [*sharded(space, 2), *sharded(space, 2)]
    assert sum(map(replayed, runs)) == 0
    runs[-1].has("its project is one .*, and a part of it runs elsewhere")


ZZ_LEFT = "import os\ndef test({0}): os.environ['ZZ'] = '1'\n"
ZZ_SEEN = "import os, pytest\n{1}def test({0}): assert 'ZZ' not in os.environ\n"
SLOW = "@pytest.mark.slow\ndef test_slow(): pass\n"
DESELECTS = "addopts = \"-m 'not slow'\"\nmarkers = 'slow'\n"


@pytest.mark.parametrize(
    ("first", "second", "failed"),
    [
        (ZZ_SEEN.format("number", ""), ZZ_LEFT.format("number"), r"test_a.py::test\[2\]"),
        (ZZ_LEFT.format(""), ZZ_SEEN.format("", SLOW), "test_b.py::test"),
    ],
    ids=["moved-by-a-parameter", "beside-deselected-ones"],
)
def test_who_runs_first_is_told_by_the_tests(space: Space, first: str, second: str, failed: str) -> None:
    settings = FILES["libs/a/pyproject.toml"] + DESELECTS
    space.write({**FILES, "libs/a/pyproject.toml": settings, "libs/a/conftest.py": FIXTURE})
    (space.root / "libs/a/tests/test_c.py").unlink()
    space.write({"libs/a/tests/test_a.py": first, "libs/a/tests/test_b.py": second})
    for _ in range(2):
        assert [run.code for run in sharded(space, 2)] == [0, 0]
    space.run("--cached", "--workers=1", "-rA").has(f"FAILED libs/a/tests/{failed}")


LEFT_AT_IMPORT = {
    "variable": ("import box\nbox.seen.append(1)\n", "import box\ndef test(): assert not box.seen\n"),
    "loaded": ("import app.extra\n", "import sys\ndef test(): assert 'app.extra' not in sys.modules\n"),
}


@pytest.mark.sampled("name", "kept", first=False, one_in=3)
@pytest.mark.parametrize("name", LEFT_AT_IMPORT)
@pytest.mark.parametrize("kept", ["by-shards", "by-all", "alone", "beside-the-clock"])
def test_a_shard_imports_what_has_changed_of_the_others(space: Space, name: str, kept: str) -> None:
    at_import, sees = LEFT_AT_IMPORT[name]
    rest = "import time\ndef test(): time.time()\n" if kept == "beside-the-clock" else NOTHING
    space.write({**FILES, "libs/a/tests/test_b.py": sees})
    (space.root / "libs/a/tests/test_c.py").unlink()
    if kept != "alone":
        space.write({"libs/a/tests/test_a.py": rest})
    for _ in range(2):
        if kept in ("by-all", "alone"):
            before = [space.run("--cached", "--workers=1")]
        else:
            before = sharded(space, 2)
    assert sum(map(replayed, before)) > 0
    space.write({"libs/a/tests/test_a.py": at_import + rest})
    run = sharded(space, 2, (2,))[0]
    run.has("FAILED libs/a/tests/test_b.py")
    run.lacks("flaky")
