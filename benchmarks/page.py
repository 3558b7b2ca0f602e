"""The page of a large workspace: its size, the time to write it, and the time to load it in a browser.

``python -m benchmarks.page [--projects 300] [--tests 50000] [--failures 400] [--runs 50]``: made values, no
test is run. Loading is measured in headless Chromium from disk, the best of five, each in a fresh page: until
the overview, the list of all tests and a search in it are drawn.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from pytest_monorepo.affected.git.checkout import Checkout
from pytest_monorepo.reports.historian import PAGE, record
from pytest_monorepo.reports.origin import Origin
from pytest_monorepo.reports.page.build import write_page
from pytest_monorepo.reports.run_model import Detail, RunReport, Section, TestRun
from pytest_monorepo.results.history import folder
from pytest_monorepo.results.history.story import Story, told
from tests.reports.page.samples import Sample, large, summary

OUTPUT = "a line of output that a test has printed, as tests do\n" * 400


def sample(projects: int, tests: int, failures: int) -> Sample:
    """A workspace of so many tests, every so many of which failed, with output."""
    made = large(projects, max(1, tests // projects))
    step = max(1, len(made.run.tests) // failures) if failures else 0
    runs = tuple(
        _failed(test, n) if step and n % step == 0 else test for n, test in enumerate(made.run.tests)
    )
    summaries = tuple(summary(own, own[0].project, own[0].worker) for own in _by_project(runs))
    return replace(made, run=replace(made.run, exitstatus=int(bool(step)), projects=summaries, tests=runs))


def _by_project(tests: Iterable[TestRun]) -> Iterator[tuple[TestRun, ...]]:
    for _, own in itertools.groupby(tests, key=lambda test: test.project):
        yield tuple(own)


def _failed(test: TestRun, number: int) -> TestRun:
    message = f"assert {number} == {number + 1}"
    place = f"{test.file}:{number % 50 + 1}"
    detail = Detail(
        message, f"E   {message}\n" * 30, (Section("Captured stdout call", OUTPUT),), place, place
    )
    return replace(test, outcome="failed", detail=detail)


def written(made: Sample, dest: Path, runs: int) -> float:
    """Write the page with its history; returns the seconds of processor time that the page took."""
    story: Story | None = None
    for number in range(1, runs + 1):
        run = replace(made.run, started=made.run.started + number * 3600)
        now = record(run, f"run{number}", Origin(Checkout(f"{number:040}")), made.coverage)
        story = told(folder.read([dest / "history"]) if number == runs else (), now, _owner(made.run))
        folder.write(dest / "history", now, PAGE, also=story.notable)
    start = time.process_time()
    write_page(
        dest, made.run, made.workspace, made.graph, made.selection, made.coverage, None, story, Origin()
    )
    return time.process_time() - start


def _owner(run: RunReport) -> Callable[[str], str]:
    owners = {test.nodeid: test.project for test in run.tests}
    return lambda nodeid: owners.get(nodeid, "")


def sizes(dest: Path) -> dict[str, int]:
    """Bytes by part of the site."""
    found = {"all": 0, "history": 0, "data": 0, "index.html": 0}
    for path in dest.rglob("*"):
        if path.is_file():
            found["all"] += path.stat().st_size
            part = path.relative_to(dest).parts[0]
            if part in found:
                found[part] += path.stat().st_size
    return found


def loading(dest: Path, tries: int = 5) -> dict[str, float]:
    """Milliseconds until each is drawn, the best of some tries."""
    from playwright.sync_api import sync_playwright

    best: dict[str, float] = {}
    with sync_playwright() as playwright:
        executable = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu"]
        )
        for _ in range(tries):
            for address in ("#/", "#/tests", "#/tests?q=test_7%5B&sort=time"):
                page = browser.new_page()
                page.goto(f"{(dest / 'index.html').as_uri()}{address}")
                page.wait_for_function("a => document.body.dataset.ready === a", arg=address)
                took = float(page.evaluate("performance.now()"))
                best[address] = min(took, best.get(address, took))
                page.close()
        browser.close()
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("projects", 300), ("tests", 50_000), ("failures", 400), ("runs", 50)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        dest = Path(made) / "site"
        seconds = written(sample(given.projects, given.tests, given.failures), dest, given.runs)
        print(f"written in {seconds:.2f} s of processor time")
        for part, size in sizes(dest).items():
            print(f"{part:>12}: {size / 1e6:6.2f} MB")
        for address, took in loading(dest).items():
            print(f"{address:>32}: {took:6.0f} ms")


if __name__ == "__main__":
    main()
