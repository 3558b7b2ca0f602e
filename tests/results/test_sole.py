"""The only test file of a project: nobody looks at what it leaves, until there is another to see it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.run.space import Space

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

# what the one file leaves, what the other finds
ROWS = {
    "variable": (
        "import os\ndef test(): os.environ['LEFT'] = '1'",
        "import os\ndef test(): assert 'LEFT' not in os.environ",
    ),
    "module": (
        "import code_of_it\ndef test(): code_of_it.value = 2",
        "import code_of_it\ndef test(): assert code_of_it.value == 1",
    ),
    "library-while-imported": (
        "import json\njson.JSONEncoder.item_separator = ';'\ndef test(): pass",
        "import json\ndef test(): assert json.JSONEncoder.item_separator == ', '",
    ),
    "loaded": (
        "def test(): import code_of_it",
        "import sys\ndef test(): assert 'code_of_it' not in sys.modules",
    ),
}
INI = "[tool.pytest.ini_options]\npythonpath = '.'\n"


def failed(out: str, name: str) -> set[str]:
    """Also the tests that have passed alone, and fail where all of their project runs."""
    return set(re.findall(rf"^(?:FAILED|ERROR) p/([\w-]+)\b.*/tests/{name}\.py", out, re.MULTILINE))


@pytest.fixture
def space(tmp_path: Path) -> Space:
    space = Space(tmp_path / "space")
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    for name in ROWS:
        space.write({f"p/{name}/pyproject.toml": INI, f"p/{name}/code_of_it.py": "value = 1\n"})
    return space


@pytest.mark.parametrize("start", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_a_second_file_finds_what_the_only_one_has_left(space: Space, tmp_path: Path, start: str) -> None:
    words = ("--cached", "--workers=1", "-rfE", f"--monorepo-start={start}")
    for name, (left, _) in ROWS.items():
        space.write({f"p/{name}/tests/test_a.py": left})
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        assert space.run(*words).code == 0
        assert f"{len(ROWS)} cached" in space.run(*words).out
        for name, (_, found) in ROWS.items():
            space.write({f"p/{name}/tests/test_b.py": found})
        run = space.run(*words)
        assert failed(run.out, "test_b") == set(ROWS), run.out
        assert failed(space.run(*words).out, "test_b") == set(ROWS)


def test_files_that_nobody_expected_are_one_with_the_only_one(space: Space, tmp_path: Path) -> None:
    more = "def pytest_configure(config): config.addinivalue_line('python_files', 'z_*.py')\n"
    for name, (_, found) in ROWS.items():
        plain = {"conftest.py": more, "tests/test_a.py": "def test(): pass", "tests/z_b.py": found}
        space.write({f"p/{name}/{path}": text for path, text in plain.items()})
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        assert space.run("--cached", "--workers=1").code == 0
        assert f"{2 * len(ROWS)} cached" in space.run("--cached", "--workers=1").out
        for name, (left, _) in ROWS.items():
            space.write({f"p/{name}/tests/test_a.py": left})
        run = space.run("--cached", "--workers=1", "-rfE")
    assert failed(run.out, "z_b") == set(ROWS), run.out


def test_who_needs_what_the_only_file_has_left_passes_at_once(space: Space, tmp_path: Path) -> None:
    space.projects({"p": "import kept\ndef test(): kept.STATE.append(1)\n"})
    space.write({"p/kept.py": "STATE = []\n", "p/pytest.ini": "[pytest]\npythonpath = .\n"})
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        assert space.run("--cached", "--workers=1").code == 0
        space.write({"p/tests/test_next.py": "import kept\ndef test(): assert kept.STATE == [1]\n"})
        run = space.run("--cached", "--cached-explain", "--workers=1")
    assert (run.code, run.counts) == (0, {"passed": 2}), run.out
    run.has(
        r"main\.py runs: .*p/tests/test_main\.py leaves other things .* \(nobody else was there to see them\)"
    )


READ = "import pathlib\nread = pathlib.Path(__file__).with_name('data.txt').read_text"
# where the only test file comes to read data.txt
READERS = {
    "test": {
        "tests/test_a.py": "import pathlib\n"
        "read = lambda: pathlib.Path(__file__).parents[1].joinpath('data.txt').read_text()\n"
    },
    "imported": {"tests/test_a.py": "import reader\nread = lambda: reader.VALUE\n"},
    "imported-late": {"tests/test_a.py": "def read():\n    import reader\n    return reader.VALUE\n"},
    "conftest": {
        "conftest.py": "import reader\n",
        "tests/test_a.py": "import sys\nread = lambda: sys.modules['reader'].VALUE\n",
    },
    "hook-of-the-collection": {
        "conftest.py": "def pytest_collect_file():\n    import reader\n",
        "tests/test_a.py": "import sys\nread = lambda: sys.modules['reader'].VALUE\n",
    },
    "session-fixture": {
        "conftest.py": "import pytest\n@pytest.fixture(scope='session', autouse=True)\n"
        "def value():\n    import reader\n    return reader.VALUE\n",
        "tests/test_a.py": "import sys\nread = lambda: sys.modules['reader'].VALUE\n",
    },
    "thread": {
        "tests/test_a.py": "import threading\ndef read():\n    import reader\n    found = []\n"
        "    thread = threading.Thread(target=lambda: found.append(reader.read()))\n"
        "    thread.start()\n    thread.join()\n    return found[0]\n",
    },
}


def test_whatever_the_only_file_comes_to_read_it_by_is_an_input(space: Space, tmp_path: Path) -> None:
    for name, files in READERS.items():
        files = {**files, "tests/test_a.py": files["tests/test_a.py"] + "def test(): assert read() == '1'\n"}
        plain = {"pyproject.toml": INI, "reader.py": f"{READ}\nVALUE = read()\n", "data.txt": "1", **files}
        space.write({f"r/{name}/{path}": text for path, text in {**plain, "beside.txt": "1"}.items()})
    words = ("--cached", "--workers=2", "-rfE", "--project=r/*")
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        assert space.run(*words).code == 0
        space.write({f"r/{name}/beside.txt": "2" for name in READERS})
        assert f"{len(READERS)} cached" in space.run(*words).out
        space.write({f"r/{name}/data.txt": "2" for name in READERS})
        run = space.run(*words)
    found = set(re.findall(r"^(?:FAILED|ERROR) r/([\w-]+)/", run.out, re.MULTILINE))
    assert found == set(READERS), run.out


DOCTEST = "def value():\n    '''\n    >>> value()\n    1\n    '''\n    return 1\n"


def test_who_comes_to_test_modules_while_it_is_configured_is_not_kept(tmp_path: Path) -> None:
    space = Space(tmp_path / "space")
    space.projects(dict.fromkeys(("told", "itself"), "def test(): pass"))
    turned_on = "def pytest_configure(config): config.option.doctestmodules = True\n"
    space.write({"told/tests/code.py": DOCTEST, "told/pytest.ini": "[pytest]\naddopts = --doctest-modules\n"})
    space.write({"itself/tests/code.py": DOCTEST, "itself/conftest.py": turned_on})
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        # two workers would share out what is one
        assert space.run("--cached", "--workers=1").counts == {"passed": 4}
        run = space.run("--cached", "--cached-explain", "--workers=1")
    assert run.counts == {"passed": 4}, run.out
    run.has(r"^itself runs: .*it comes to test modules while it is configured", r"4 passed, 2 cached")
