"""A run as GitHub-flavoured Markdown: :class:`RunReport` → text of at most so many bytes."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from pytest_monorepo.reports.page.words import duration, percent, plural
from pytest_monorepo.reports.run_facts import Facts
from pytest_monorepo.reports.run_model import BAD, ProjectSummary, RunReport, TestRun
from pytest_monorepo.reports.terminal.flaky import flaky

if TYPE_CHECKING:
    from pytest_monorepo.reports.coverage.model import CoverageReport, Numbers

SLOWEST = 10
_TEXT = 20_000
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
# Controls, those that turn the direction of text (UAX #9), since a name must not read as another one, and
# what stands for bytes of a file name that are not UTF-8.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~$@:-])")


def summary(
    report: RunReport, exitstatus: int, facts: Facts, coverage: CoverageReport | None, *, limit: int
) -> str:
    """The whole page; ``""`` where not even its first lines fit into ``limit`` bytes.

    Sections come in order of weight. A section that would not fit is cut between its blocks, and says so.
    """
    sections = [
        _head(report, exitstatus, facts, coverage.under if coverage is not None else ()),
        _projects(report.projects, facts.reasons),
        _failures(report.tests),
        _flaky(report.tests),
        *([_coverage(coverage)] if coverage is not None else []),
        _slowest(report.tests),
    ]
    left = limit
    text = ""
    for blocks, more in sections:
        part = _fitting(blocks, more, left)
        text += part
        left -= len(part.encode())
    return text


Section = tuple[Sequence[str], str]
"""Blocks of lines that may be cut between, the first being the heading, and what the left out ones are."""

_NOTE = 200


def _fitting(blocks: Sequence[str], more: str, limit: int) -> str:
    """As many blocks as fit, with room for the note that counts the others."""
    taken: list[str] = []
    size = 0
    for index, block in enumerate(blocks):
        size += len(block.encode())
        if size + _NOTE > limit:
            if not taken:
                return ""
            return "".join(taken) + f"\n{len(blocks) - index} more {more} did not fit.\n\n"
        taken.append(block)
    return "".join([*taken, "\n"]) if taken else ""


def _head(report: RunReport, exitstatus: int, facts: Facts, under: Sequence[str]) -> Section:
    totals: dict[str, int] = {}
    for project in report.projects:
        for category, number in project.counts.items():
            totals[category] = totals.get(category, 0) + number
    order = ("failed", "error", "quarantined", "passed", "skipped", "xfailed", "xpassed", "rerun", "retried")
    words = {"error": "error" if totals.get("error") == 1 else "errors"}
    counts = ", ".join(f"{totals[name]:,} {words.get(name, name)}" for name in order if totals.get(name))
    cached = sum(project.cached for project in report.projects)
    counts += f" ({cached:,} cached)" if cached else ""
    verdict = "passed" if exitstatus == 0 else f"failed, exit code {exitstatus}"
    if exitstatus == 1 and under and all(project.ok for project in report.projects):
        verdict = "passed, coverage is under a limit, exit code 1"
    lines = [
        f"## {text(report.name)}: tests {verdict}\n\n",
        f"{counts or 'no test ran'}; {plural(len(report.projects), 'project')},"
        f" {duration(report.duration)}\n\n",
    ]
    if facts.header:
        lines.append(f"{text(facts.header)}\n\n")
    saved = _saved(facts.skipped)
    if saved:
        lines.append(f"{saved}\n\n")
    if report.filters:
        lines.append(f"Not everything ran: {text(', '.join(report.filters))}\n\n")
    return ["".join(lines)], ""


def _saved(skipped: Mapping[str, float | None]) -> str:
    """Only what was measured once can have been saved."""
    if not skipped:
        return ""
    known = [value for value in skipped.values() if value is not None]
    left_out = f"{plural(len(skipped), 'project')} left out"
    if not known:
        return f"{left_out}; how long they take is not known from an earlier run"
    part = "" if len(known) == len(skipped) else f" (of {len(known)} of them, others have no earlier run)"
    return f"Saved against a full run: {duration(sum(known))} of tests by earlier runs{part}, {left_out}"


def _projects(projects: Sequence[ProjectSummary], reasons: Mapping[str, str]) -> Section:
    categories = ("passed", "failed", "error", "skipped", "xfailed", "xpassed", "quarantined")
    columns = [c for c in categories if c == "passed" or any(p.counts.get(c) for p in projects)]
    cached = ["cached"] if any(project.cached for project in projects) else []
    headings = ["project", *columns, *cached, "time", *(["why it ran"] if reasons else [])]
    rule = ["---", *("---:" for _ in (*columns, *cached)), "---:", *(["---"] if reasons else [])]
    if not projects:
        return [], ""
    rows = []
    for project in sorted(projects, key=lambda p: (p.ok, -p.failures, p.path)):
        mark = "" if project.ok else "❌ "
        note = f"<br>{text(project.error)}" if project.error else ""
        cells = [f"{mark}{text(project.path)}{note}"]
        cells += (f"{project.counts.get(c, 0):,}" if project.counts.get(c) else "" for c in columns)
        cells += [f"{project.cached:,}" if project.cached else ""] if cached else []
        cells.append(duration(project.duration))
        cells += [text(reasons.get(project.path, ""))] if reasons else []
        rows.append(_row(cells))
    return [f"### Projects\n\n{_row(headings)}{_row(rule)}", *rows], "projects"


def _failures(tests: Iterable[TestRun]) -> Section:
    bad = [test for test in tests if test.outcome in BAD]
    return (["### Failures\n\n", *map(_failure, bad)] if bad else []), "failures"


def _failure(test: TestRun) -> str:
    detail = test.detail
    message = plain(detail.message).strip().partition("\n")[0][:300] if detail is not None else ""
    title = f"<code>{html.escape(plain(test.nodeid))}</code> {html.escape(message)}"
    body = plain(detail.text if detail is not None else "")[-_TEXT:].strip("\n")
    return f"<details><summary>{title}</summary>\n\n<pre>{html.escape(body)}</pre>\n\n</details>\n\n"


def _flaky(tests: Iterable[TestRun]) -> Section:
    found = [f"- {text(test.nodeid)} ({plural(test.reruns, 'failed attempt')})\n" for test in flaky(tests)]
    return (["### Flaky tests\n\n", *found] if found else []), "flaky tests"


def _slowest(tests: Iterable[TestRun]) -> Section:
    slow = sorted((t for t in tests if t.duration >= 0.005), key=lambda t: -t.duration)[:SLOWEST]
    rows = [_row([text(test.nodeid), duration(test.duration)]) for test in slow]
    return (
        [f"### Slowest tests\n\n{_row(['test', 'time'])}{_row(['---', '---:'])}", *rows] if rows else []
    ), "tests"


def _coverage(coverage: CoverageReport) -> Section:
    digits = coverage.precision
    lines = [f"### Coverage\n\nAll files by all tests: {_share(coverage.measured, digits)}"]
    lines.append(f" (partial: {text(coverage.partial)})\n\n" if coverage.partial else "\n\n")
    lines += [f"Measured in earlier runs: {coverage.carried}\n\n"] if coverage.carried else []
    lines += (f"- ❌ {text(limit)}\n" for limit in coverage.under)
    lines += ["\n"] if coverage.under else []
    patch = coverage.patch
    if patch is not None:
        covered = patch.executable - patch.missing
        share = percent(patch.percent, digits)
        lines.append(f"Changed lines: {share} ({covered:,} of {patch.executable:,})\n\n")
        lines += (_missing(file.path, file.missing) for file in patch.files if file.missing)
    rows = []
    for project in coverage.projects:
        own = text(project.error) if project.error else _share(project.own, digits)
        rows.append(_row([text(project.path), own, _share(project.all, digits)]))
    headings = ["project", "by its own tests", "its files by all tests"]
    table = f"\n{_row(headings)}{_row(['---', '---:', '---:'])}"
    return ["".join([*lines, table]), *rows], "projects"


def _share(numbers: Numbers | None, digits: int) -> str:
    return percent(numbers.percent if numbers is not None else None, digits)


def _missing(path: str, lines: Sequence[int]) -> str:
    shown = ", ".join(map(str, lines[:20])) + (", …" if len(lines) > 20 else "")
    return f"- {text(path)}: not covered: {shown}\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def plain(value: str) -> str:
    """Text without colours; what a terminal would obey is shown as an escape."""
    return _CONTROLS.sub(lambda match: repr(match.group())[1:-1], _ANSI.sub("", value))


def text(value: str) -> str:
    """A stranger's words in a line of Markdown or a table's cell: no markup and no link."""
    line = " ".join(plain(value).split())
    return _SPECIAL.sub(r"\\\1", html.escape(line, quote=False))
