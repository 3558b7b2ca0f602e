"""Sixty runs as values, with tests of which it is known what became of them, and the page of the last."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from pytest_monorepo.affected.git.checkout import Checkout
from pytest_monorepo.quarantine import Entry
from pytest_monorepo.reports.historian import PAGE, record
from pytest_monorepo.reports.origin import Origin
from pytest_monorepo.reports.owners import Owners, parse
from pytest_monorepo.reports.page.build import write_page
from pytest_monorepo.reports.run_model import Detail, Outcome, RunReport, TestRun, Warned
from pytest_monorepo.results.history import folder
from pytest_monorepo.results.history.story import Story, told

from .samples import NOON, Sample, coverage, covered, graph, summary, workspace

RUNS = 60
HOUR = 3600.0
PATHS = ("libs/core", "libs/ml", "services/api")
OWNERS = "* @acme/all\n/libs/ml/ @acme/ml\n"
_DAY = date.fromtimestamp(NOON + RUNS * HOUR)
QUARANTINE = tuple(
    Entry(tests, "@acme/night", reason, _DAY + timedelta(days))
    for tests, reason, days in (
        ("services/api/tests/test_it.py::test_quarantined", "see API-7", 9),
        ("services/api/tests/test_it.py::test_calm[1]", "was shaky", 0),
        ("libs/ml/tests/test_it.py::test_still", "see ML-2", -1),
        ("libs/ml/tests/test_it.py::test_gone", "long gone", 9),
    )
)
IMPORTS = 24
"""So many files cannot be imported in the last run, all for one reason."""


def history(dest: Path) -> Path:
    """The page of the sixtieth run, beside the records of the others."""
    for number in range(1, RUNS):
        _remember(dest, number)
    sample = morning(RUNS)
    story = _remember(dest, RUNS)
    owners = Owners(tuple(parse(OWNERS)))
    write_page(
        dest,
        sample.run,
        sample.workspace,
        sample.graph,
        None,
        sample.coverage,
        None,
        story,
        _origin(RUNS),
        owners,
        quarantine=QUARANTINE,
    )
    return dest


def _remember(dest: Path, number: int) -> Story:
    sample = morning(number)
    now = record(sample.run, f"run{number:02}", _origin(number), sample.coverage)
    story = told(folder.read([dest / "history"]), now, lambda nodeid: "/".join(nodeid.split("/")[:2]))
    folder.write(dest / "history", now, PAGE, also=story.notable)
    return story


def _origin(number: int) -> Origin:
    # the sources of runs 58 and 59 are the same
    tree = f"t{58 if number == 59 else number:02}"
    checkout = Checkout(f"{number:02}" * 20, tree, "main")
    page = f"https://ci.example.org/runs/{number}"
    shown = f"https://example.org/acme/blob/{checkout.commit}"
    return Origin(checkout, "main", "pytest --monorepo --cov", page, shown)


def morning(number: int) -> Sample:
    """Run ``number`` of sixty, one an hour."""
    started = NOON + number * HOUR
    tests = tuple(replace(test, started=started + 1) for test in _tests(number))
    core, *others = (summary(tests, path) for path in PATHS)
    warned = Warned("DeprecationWarning", "old() is old", "libs/core/core.py:3", 5)
    summaries = (replace(core, warnings=5, warned=(warned,)), *others)
    measured = coverage(covered("libs/core", core=(100, 40 - number // 2)))
    run = RunReport("acme", started, 30 + number / 10, 1, summaries, tests)
    return Sample(
        run, workspace(*PATHS), graph(PATHS, libs_ml="libs/core"), None, replace(measured, branch=True)
    )


def _tests(number: int) -> Iterator[TestRun]:
    last = number == RUNS
    yield _test("libs/ml", "test_new", "failed" if last else "passed")
    yield _test("libs/ml", "test_still", "failed" if number >= 50 else "passed")
    yield _test("libs/core", "test_fixed", "failed" if 40 <= number < RUNS else "passed")
    yield _test("libs/core", "test_flaky", "failed" if number == 59 else "passed")
    yield _test("libs/ml", "test_shaky", "failed" if number in (58, RUNS) else "passed")
    chance = random.Random(number)
    for path in PATHS:
        for n in range(12):
            yield _test(path, f"test_calm[{n}]", "passed", 0.4 * chance.uniform(0.8, 1.25))
    yield _test("services/api", "test_slower", "passed", chance.uniform(0.9, 1.1) * (2 if number > 45 else 1))
    yield _test("services/api", "test_quarantined", "quarantined")
    for n in range(IMPORTS if last else 0):
        path = PATHS[n % 3]
        detail = Detail(
            f"ModuleNotFoundError: No module named 'gone' (0x{n:x})",
            "E   gone",
            (),
            f"{path}/tests/test_{n}.py:1",
        )
        yield TestRun(path, f"{path}/tests/test_{n}.py", "", "error", 0.0, 0.0, "gw0", 0, detail)


def _test(path: str, name: str, outcome: Outcome, seconds: float = 0.3) -> TestRun:
    file = f"{path}/tests/test_it.py"
    place = f"{file}:7"
    detail = None if outcome == "passed" else Detail(f"assert '{name}' == 1", f"E   {name}", (), place, place)
    return TestRun(path, file, name, outcome, seconds, 0.0, "gw0", 0, detail)
