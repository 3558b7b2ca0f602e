from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.reports.coverage.model import CoverageReport, Numbers, PatchCoverage, PatchFile
from pytest_monorepo.reports.origin import Origin
from pytest_monorepo.reports.receipt import MOST, Account, LeftOut, begun, ended
from pytest_monorepo.reports.run_model import Detail, TestRun
from tests.patience import FOREVER, MINUTES, until
from tests.run.space import Space

from .page.samples import small

FROM = (("whole", "3f2c1ab"), ("part", "3f2c1ab"), ("part", ""))
BAD = "def test_bad():\n    value = 1\n    assert value == 2\n\ndef test_fine(): pass\n"
IMPORTS = "import no_such_module\n"


@pytest.fixture
def space(tmp_path: Path) -> Space:
    space = Space(tmp_path / "space")
    space.root.mkdir()
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    space.projects({"bad": BAD, "good": "def test_fine(): pass", "odd": IMPORTS})
    return space


def receipt(space: Space) -> Any:
    return json.loads((space.root / "receipt.json").read_text("utf-8"))


def test_what_ran_what_failed_and_how_to_run_it_again(space: Space) -> None:
    run = space.run("--monorepo-receipt=receipt.json", "--project=!good")
    told = receipt(space)
    assert (told["version"], told["state"], told["exit_code"]) == (1, "finished", run.code)
    assert told["command"].startswith("python -m pytest ")
    assert "--monorepo '--project=!good'" in told["command"].replace("--monorepo-receipt=receipt.json ", "")
    assert told["tests"] == {"error": 1, "failed": 1, "passed": 1}
    assert [(one["project"], one["tests"]) for one in told["ran"]] == [("bad", 2), ("odd", 0)]
    assert told["left_out"] == [{"why": "not asked for", "projects": ["good"], "files": 0}]
    assert (told["complete"], told["coverage"], told["problems"]) == (False, None, [])
    failed, broken = told["failures"]
    assert failed == {
        "test": "bad/tests/test_main.py::test_bad",
        "project": "bad",
        "outcome": "failed",
        "message": "assert 1 == 2",
        "place": "bad/tests/test_main.py:3",
        "rerun": "pytest --monorepo bad/tests/test_main.py::test_bad",
    }
    assert (broken["outcome"], broken["place"]) == ("error", "odd/tests/test_main.py:1")
    assert "no_such_module" in broken["message"]
    # the line that runs it again runs it
    assert space.run(*failed["rerun"].split()[2:]).counts == {"failed": 1}
    assert space.run("good", "--monorepo-receipt=receipt.json").code == 0
    assert (receipt(space)["exit_code"], receipt(space)["failures"]) == (0, [])


def test_one_that_cannot_be_written_is_an_error_before_the_first_test(space: Space) -> None:
    run = space.run("--monorepo-receipt=no/folder/receipt.json")
    assert run.code == 4
    run.has(r"^ERROR: --monorepo-receipt no/folder/receipt.json: cannot be written: No such file")
    run.lacks("passed", "Traceback")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_run_that_is_interrupted_says_so(space: Space) -> None:
    """Until then the file says that a run has begun: never the receipt of an earlier one."""
    test = f"import time\n\ndef test_long():\n    open('begun', 'w').close()\n    time.sleep({FOREVER})\n"
    space.write({"good/tests/test_main.py": test})
    space.write({"receipt.json": json.dumps({"state": "finished", "exit_code": 0})})
    command = [sys.executable, "-m", "pytest", "--monorepo", "--monorepo-receipt=receipt.json", "good"]
    silent: Any = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    process = subprocess.Popen(command, cwd=space.root, **silent)
    until((space.root / "good/begun").exists, lambda: process.poll() is None)
    assert (receipt(space)["state"], receipt(space)["exit_code"]) == ("running", None)
    process.send_signal(signal.SIGINT)
    process.wait(MINUTES)
    assert (receipt(space)["state"], receipt(space)["exit_code"]) == ("interrupted", 2)


def test_the_values() -> None:
    sample = small()
    many = tuple(
        TestRun("libs/core", "libs/core/t.py", f"test_{n}", "failed", detail=Detail("x" * 999 + "\ny"))
        for n in range(MOST + 5)
    )
    odd = TestRun("libs/core", "libs/core/t.py", "q[\udcff]", "quarantined", detail=Detail("boom\nbang"))
    run = replace(sample.run, tests=(*sample.run.tests, *many, odd), filters=("-k slow",))
    run = replace(run, projects=(replace(run.projects[0], error="died\nhere", cached=2), *run.projects[1:]))
    patch = PatchCoverage((PatchFile("a.py", None, (1, 2, 3), (3,)),))
    measured = CoverageReport(
        total=Numbers(2, 100, 10, 0, 20, 1, 5), patch=patch, partial="-k slow", carried="1 project"
    )
    account = Account(
        Origin(command="pytest"), (LeftOut("no change reaches it", ["a"], 3),), {"libs/ml": "x"}
    )
    replayed = [TestRun("libs/core", f"libs/core/{f}.py", "test", "passed", cached=c) for f, c in FROM]
    run = replace(run, tests=(*run.tests, *replayed))
    told = ended(run, account, measured, complete=False)
    assert told["ran"][0]["cached_files"] == {"libs/core/whole.py": "3f2c1ab"}
    assert (len(told["failures"]), told["failures_left_out"]) == (MOST, 6)
    assert len(told["failures"][-1]["message"]) == 300
    assert told["problems"] == [
        {"project": "libs/core", "message": "died", "rerun": "pytest --monorepo libs/core"}
    ]
    assert told["quarantined"] == [{"test": "libs/core/t.py::q[\udcff]", "message": "boom"}]
    assert told["flaky"] == ["libs/ml/tests/test_more.py::test_flaky"]
    assert told["coverage"] == {
        "lines": {"all": 100, "covered": 90},
        "branches": {"all": 20, "covered": 15},
        "percent": 87.5,
        "partial": "-k slow",
        "carried": "1 project",
        "patch": {"lines": 3, "missing": 1},
    }
    assert [one["why"] for one in told["ran"] if one["why"]] == ["x"]
    assert told["ran"][0]["cached"] == 2
    assert set(begun("acme", account)) < set(told)
    assert len(json.dumps(told)) < 60_000
