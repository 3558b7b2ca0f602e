"""Which tests a worker of pytest-xdist runs in a row."""

from __future__ import annotations

from pathlib import Path

import pytest

from .sampling import shares
from .together import HANDFUL, in_order, units

HEAD = "import pytest\n\n\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('@pytest.fixture(scope="module")\ndef run(): ...', True),
        ('@pytest.fixture(scope="module", params=[1])\ndef run(): ...', True),
        ('@pytest.fixture(scope="session")\ndef run(): ...', False),
        ("@pytest.fixture\ndef run(): ...", False),
        ('FILE = """\n    @pytest.fixture(scope="module")\n"""', False),
    ],
)
def test_a_file_whose_fixture_is_the_files_is_shared(tmp_path: Path, text: str, expected: bool) -> None:
    file = tmp_path / "test_it.py"
    file.write_text(HEAD + text)
    assert shares(file) is expected


def test_a_shared_file_is_one_unit_and_the_others_are_cut(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text(HEAD + '@pytest.fixture(scope="module")\ndef run(): ...')
    (tmp_path / "test_two.py").write_text(HEAD)
    names = {"test_one.py": range(20), "test_two.py": range(HANDFUL + 1)}
    found = units(tmp_path, [f"{file}::test[{n}::x]" for file, rows in names.items() for n in rows])
    assert {unit for nodeid, unit in found.items() if nodeid.startswith("test_one.py")} == {"test_one.py"}
    assert list(found.values())[20:] == ["test_two.py 0"] * HANDFUL + ["test_two.py 1"]


def test_what_takes_long_is_begun_first(tmp_path: Path) -> None:
    texts = {
        "test_pure.py": "def test_it(): ...",
        "test_runs.py": "def test_it(space: Space): ...",
        "test_slow.py": "@pytest.mark.slow\ndef test_it(space: Space): ...",
        "test_slower.py": "@pytest.mark.slow\ndef test_it(): ...",
    }
    for file, text in texts.items():
        (tmp_path / file).write_text(HEAD + text)
    counts = {"test_pure.py": 1, "test_runs.py": 8, "test_slow.py": 5, "test_slower.py": 3}
    queue = {
        f"{file} 0": {f"{file}::test[{n}]": False for n in range(count)} for file, count in counts.items()
    }
    assert in_order(tmp_path, queue) == [
        "test_slower.py 0",
        "test_slow.py 0",
        "test_runs.py 0",
        "test_pure.py 0",
    ]


SHARING = """
import os, pytest

@pytest.fixture(scope="module")
def made():
    with open("made", "a") as file:
        file.write(f"{__name__}\\n")

@pytest.mark.parametrize("n", range(12))
def test_it(n, made): pass
"""
CONFTEST = """
from tests.conftest import pytest_xdist_make_scheduler
"""


def test_with_workers_a_files_fixture_is_set_up_once(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    pytester.syspathinsert(Path(__file__).parents[1])
    pytester.makeini("[pytest]\n")
    pytester.makepyfile(conftest=CONFTEST, test_a=SHARING, test_b=SHARING, test_c="def test_it(): pass")
    done = pytester.runpytest_subprocess("-n2", "-p", "no:monorepo", "-p", "no:asyncio")
    done.assert_outcomes(passed=25)
    assert sorted((pytester.path / "made").read_text().split()) == ["test_a", "test_b"]
