"""What a test finds in its process besides what plain pytest puts there: hardly anything."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from .space import Space

TELLS = """
import json, os, sys

def test_it():
    facts = {
        "modules": sorted(sys.modules),
        "path": sys.path,
        "environ": sorted(os.environ),
        "folder": os.getcwd(),
        "handlers": {n: str(__import__("signal").getsignal(n)) for n in (2, 13, 15, 17)},
    }
    with open(os.environ["TELL"], "w") as stream:
        json.dump(facts, stream)
"""


def _facts(path: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(path.read_text())
    return facts


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_modules_paths_and_variables_are_plain_pytest_s(space: Space, tmp_path: Path, start: str) -> None:
    space.bare = True
    space.projects({"a": TELLS, "b": "import colorsys, wave\ndef test_it(): pass\n"})
    plain, ours = tmp_path / "plain.json", tmp_path / "ours.json"
    space.plain("-q", cwd="a", env={"TELL": str(plain)})
    run = space.run("--workers=1", f"--monorepo-start={start}", env={"TELL": str(ours)})
    assert run.code == 0, run.out
    expected, actual = _facts(plain), _facts(ours)
    added = set(actual["modules"]) - set(expected["modules"])
    # importlib.metadata's; from Python 3.12 on plain pytest starts with less of the standard library
    usual = {"email"} if sys.version_info < (3, 12) else sys.stdlib_module_names
    assert {name.partition(".")[0] for name in added} <= {"pytest_monorepo_worker", *usual}
    # how "python -m" starts a module
    assert set(expected["modules"]) - set(actual["modules"]) <= {"runpy", "pkgutil"}
    assert actual["path"] == expected["path"]
    assert actual["folder"] == expected["folder"]
    assert actual["handlers"] == expected["handlers"]
    variables = set(actual["environ"]) ^ set(expected["environ"])
    # by which a fork server tells whose daemon one is
    mark = {"PYTEST_MONOREPO_WORKER"} if start == "fork" else set()
    assert variables == mark | {f"PYTEST_XDIST_{name}" for name in ("TESTRUNUID", "WORKER", "WORKER_COUNT")}


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="pdb needs more of the module than the project's has")
@pytest.mark.parametrize("early", [False, True])
def test_a_project_s_module_called_code_is_found(space: Space, early: bool) -> None:
    """A name that pdb imports as well, which a fork server has done before any project is known."""
    space.bare = True
    space.projects({"a": "from code import mine\ndef test_it(): assert mine\n"})
    space.write({"a/code.py": "mine = 1\n"})
    if early:  # imported before pytest is configured
        space.write({"a/conftest.py": "import code\nassert code.mine\n"})
    assert space.plain("-q", cwd="a").counts == {"passed": 1}
    run = space.run("--workers=1")
    assert run.counts == {"passed": 1}, run.out


ASKS = """
import gc, weakref
import pytest

def test_who_refers_to_what_was_there_before():
    assert any(one is vars(pytest) for one in gc.get_referrers(pytest.Config))

def test_all_objects_are_seen():
    assert any(one is vars(pytest) for one in gc.get_objects())

def test_nobody_refers_to_what_nobody_holds():
    alone = [object()]
    assert gc.get_referrers(alone[0]) == [alone]

def test_nothing_is_out_of_sight():
    assert gc.get_freeze_count() == 0
"""


@pytest.mark.parametrize(
    "options", [(), ("-k", "refers"), ("-k", "sight"), ("--cov=a", "-p", "pytest_cov")], ids=" ".join
)
def test_the_collector_tells_what_it_tells_plain_pytest(space: Space, options: tuple[str, ...]) -> None:
    if "pytest_cov" in options:
        pytest.importorskip("pytest_cov")
    space.projects({"a": ASKS, "b": ASKS})
    run = space.run("--workers=1", *options)
    assert run.code == 0, run.out
