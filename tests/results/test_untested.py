"""Files that are imported for tests and have none: they may get some, and others see what they do."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import pytest

from tests.run.space import Space, replayed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

TESTS = "libs/a/tests"
HELPER = f"{TESTS}/test_helper.py"
ONE = f"{TESTS}/test_one.py"
WHOLE = {"libs/a/conftest.py": "def pytest_collection_modifyitems(): pass"}
ON = "import os\nON = bool(os.environ.get('ON')) or os.path.exists(f'{__file__}.on')\n"
SPACE = {
    "libs/a/pyproject.toml": "",
    "libs/a/core.py": "FLAG = 0",
    ONE: "import core\ndef test(): assert core.FLAG == 0",
    f"{TESTS}/test_two.py": "def test(): pass",
}
HAS_TESTS = f"{ON}if ON:\n    def test(): assert 0"
BY_CLASS = f"{ON}class TestOne:\n    __test__ = ON\n    def test(self): assert 0"
SETS = f"import core\n{ON}core.FLAG = int(ON)"
FILE, VARIABLE = {f"{HELPER}.on": ""}, {"ON": "1"}


@pytest.mark.parametrize(
    ("helper", "further", "files", "variables"),
    [
        pytest.param(HAS_TESTS, {}, FILE, {}, id="a file gives it tests"),
        pytest.param(HAS_TESTS, {}, {}, VARIABLE, id="a variable gives it tests"),
        pytest.param(HAS_TESTS, {}, {HELPER: "def test(): assert 0"}, {}, id="it has tests"),
        pytest.param(BY_CLASS, WHOLE, FILE, {}, id="of a project that is one"),
        pytest.param(SETS, {}, FILE, {}, id="by a file it sets what another sees"),
        pytest.param(SETS, {}, {}, VARIABLE, id="by a variable it does"),
        pytest.param("", {}, {HELPER: "import core\ncore.FLAG = 1"}, {}, id="it comes to set that"),
    ],
)
def test_what_a_file_without_tests_comes_to(
    space: Space,
    monkeypatch: pytest.MonkeyPatch,
    helper: str,
    further: Mapping[str, str],
    files: Mapping[str, str],
    variables: Mapping[str, str],
) -> None:
    space.write({**SPACE, **further, HELPER: helper})
    assert space.run("--cached").code == 0
    again = space.run("--cached")
    assert (again.code, replayed(again)) == (0, 2), again.out
    space.write(dict(files))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    third = space.run("--cached")
    assert (third.code, third.counts.get("failed")) == (1, 1), third.out


def test_what_it_left_goes_with_it(space: Space) -> None:
    space.write({**SPACE, HELPER: "import core\ncore.FLAG = 1", ONE: f"{SPACE[ONE]} + 1"})
    assert space.run("--cached").code == 0
    assert replayed(space.run("--cached")) == 2
    (space.root / HELPER).unlink()
    third = space.run("--cached", "--cached-explain")
    assert (third.code, third.counts.get("failed"), replayed(third)) == (1, 1, 1), third.out


def test_which_files_there_are_is_not_known_where_nobody_knows_what_it_read(space: Space) -> None:
    space.write({**SPACE, HELPER: "import os\nos.system('true')"})
    assert space.run("--cached").code == 0
    again = space.run("--cached", "--cached-explain")
    assert replayed(again) == 2
    again.has(rf"^{HELPER} runs: ")
    again.lacks("^libs/a cached from")


@pytest.mark.parametrize("helper", [None, HAS_TESTS])
def test_a_project_that_is_one_runs_whole_where_a_file_comes(
    space: Space, monkeypatch: pytest.MonkeyPatch, helper: str | None
) -> None:
    """The hook sees all tests, and not only those of the file that has come, or has come to have some."""
    hook = "def pytest_collection_modifyitems(items):\n    assert len(items) < 3"
    space.write({**SPACE, "libs/a/conftest.py": hook, **({} if helper is None else {HELPER: helper})})
    assert space.run("--cached").code == 0
    assert replayed(space.run("--cached")) == 2
    if helper is None:
        space.write({HELPER: "def test(): pass"})
    monkeypatch.setenv("ON", "1")
    third = space.run("--cached")
    assert third.code != 0, third.out
    assert replayed(third) == 0


def test_a_project_that_is_one_runs_whole_where_a_file_goes(space: Space) -> None:
    hook = "def pytest_collection_modifyitems(items):\n    assert len(items) > 1"
    space.write({**SPACE, "libs/a/conftest.py": hook})
    assert space.run("--cached").code == 0
    (space.root / ONE).unlink()
    assert space.run("--cached").code != 0
