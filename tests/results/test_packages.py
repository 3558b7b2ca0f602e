"""Test files in packages: pytest imports the package, which makes none of them see the others."""

from __future__ import annotations

import sys

import pytest

from tests.run.space import Space, replayed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

INI = "[tool.pytest.ini_options]\ntestpaths = 'tests'\n"
CLOCK = "import time\ndef test(): assert time.time()\n"
LEAVES = "seen = []\ndef test(): seen.append(1)\n"


def run(space: Space, files: dict[str, str]) -> tuple[int, int, str]:
    space.write(
        {"libs/a/pyproject.toml": INI, **{f"libs/a/tests/{path}": text for path, text in files.items()}}
    )
    args = ("--cached", "--cached-explain", "--workers=1")
    space.run(*args)
    again = space.run(*args)
    return again.code, replayed(again), again.out


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"test_a.py": "def test(): pass\n", "test_b.py": CLOCK, "test_c.py": "def test(): pass\n"}, 2),
        ({"test_a.py": LEAVES, "test_b.py": "def test(): pass\n", "test_c.py": CLOCK}, 2),
        ({"test_a.py": "from . import test_b\ndef test(): assert test_b\n", "test_b.py": CLOCK}, 0),
        ({"test_a.py": "import tests\ndef test(): assert tests.test_b\n", "test_b.py": CLOCK}, 0),
        (
            {
                "test_a.py": "import importlib\ndef test(): vars(importlib.import_module('tests'))\n",
                "test_b.py": CLOCK,
            },
            0,
        ),
    ],
    ids=["clock", "leaves", "from-package", "package", "by-name"],
)
def test_a_file_of_a_package_is_one_with_those_that_it_reaches(
    space: Space, files: dict[str, str], expected: int
) -> None:
    code, cached, out = run(space, {"__init__.py": "", **files})
    assert (code, cached) == (0, expected), out


def test_a_package_that_a_conftest_gives_to_tests_is_seen_with_all_that_others_load(space: Space) -> None:
    gives = "import pytest, tests\n@pytest.fixture\ndef package(): return tests\n"
    space.write({"libs/a/conftest.py": gives})
    files = {"__init__.py": "", "test_b.py": "value = 1\ndef test(): pass\n"}
    files["test_a.py"] = "def test(package): assert package.test_b.value == 1\n"
    assert run(space, files)[:2] == (0, 2)
    space.write({"libs/a/tests/test_b.py": "value = 22\ndef test(): pass\n"})
    again = space.run("--cached", "--workers=1")
    assert (again.code, replayed(again)) == (1, 0), again.out


NAMED = "def test(): assert __name__ == 'test_below'\n"


@pytest.mark.skipif(pytest.version_tuple < (8,), reason="then a package's files may come in another order")
def test_a_folder_that_becomes_a_package_concerns_the_test_files_in_it(space: Space) -> None:
    space.write(
        {
            "libs/own/pytest.ini": "[pytest]\npythonpath = .\n",
            "libs/own/pkg/__init__.py": "",
            "libs/own/pkg/sub/one.py": "",
            "libs/own/pkg/gone/__init__.py": "",
            "libs/own/tests/test_a.py": "def test(): pass\n",
            "libs/own/tests/test_b.py": "def test(): pass\n",
            "libs/own/tests/below/test_below.py": NAMED,
        }
    )
    words = ("--cached", "--cached-explain", "--workers=1")
    assert space.run(*words).counts == {"passed": 3}
    (space.root / "libs/own/pkg/gone/__init__.py").unlink()
    assert replayed(space.run(*words)) == 3
    for path, told in (
        ("pkg/sub", {"passed": 3}),
        ("tests/below", {"passed": 2, "failed": 1}),
    ):
        space.write({f"libs/own/{path}/__init__.py": ""})
        run = space.run(*words)
        assert (run.counts, replayed(run)) == (told, told["passed"]), run.out
    (space.root / "libs/own/tests/below/__init__.py").unlink()
    run = space.run(*words)
    assert (run.counts, replayed(run)) == ({"passed": 3}, 3), run.out  # as at first


ASKS = "import random, time, uuid\nstarted, seed, name = time.time(), random.random(), uuid.uuid4()\n"


def test_a_package_that_asks_the_clock_while_it_is_imported_is_kept_and_own_code_is_not(space: Space) -> None:
    """What it may do with that in a test ``cached-max-age`` bounds; code of the workspace is read for it."""
    ini = "[tool.pytest.ini_options]\npythonpath = ['.', 'site-packages']\n"
    for name, place in (("installed", "site-packages/asks.py"), ("own", "asks.py")):
        test = {f"libs/{name}/tests/test_it.py": "import asks\ndef test(): assert asks.started\n"}
        space.write({f"libs/{name}/pyproject.toml": ini, f"libs/{name}/{place}": ASKS, **test})
    args = ("--cached", "--cached-explain", "--workers=1")
    space.run(*args)
    again = space.run(*args)
    assert replayed(again) == 1, again.out
    again.has(r"^libs/installed cached from", r"^libs/own runs: .*asks.py calls time\.time")
