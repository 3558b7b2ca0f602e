"""The files that the page loads on demand: one per project, one for the treemap.

A page opened from disk may not ``fetch``, so each is a script that hands its value to the page. The values
come from strangers (test names, output, file names). They travel as JSON of plain ASCII in which ``<``,
``>``, ``&`` are escaped too, and no name is ever a key: the key ``__proto__`` in an object literal would
change its prototype.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from pytest_monorepo.reports.coverage.model import FileCoverage
from pytest_monorepo.reports.run_model import BAD, ProjectSummary, TestRun
from pytest_monorepo.workspace.graph import Edge

from . import selected, words
from .causes import since
from .notes import LETTERS, notes
from .view import Site, outcome, percentage, reach

Json = None | bool | int | float | str | Sequence["Json"] | dict[str, "Json"]


def script(name: str, value: Json) -> str:
    """The text of a file that hands ``value`` to the page under ``name``."""
    return f"receive({_literal(name)}, {_literal(value)});\n"


def _literal(value: Json) -> str:
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def project(site: Site, path: str, room: int) -> Json:
    """One project's page: tests by file, coverage by file, neighbours and why it ran.

    No text is longer than ``room`` characters.
    """
    summary = site.ran.get(path)
    own = site.tests.get(path, ())
    files = list(dict.fromkeys(test.file for test in own))
    number = {file: index for index, file in enumerate(files)}
    return {
        "path": path,
        "name": site.names[path],
        "state": outcome(site, path),
        "reach": reach(site, path),
        "why": _why(site, path),
        "selected": selected.of_project(site, path),
        "error": summary.error if summary else None,
        "facts": _facts(summary),
        "made": _made(summary),
        "replayed": _replayed(own),
        "counts": [[category, number] for category, number in sorted(summary.counts.items())]
        if summary
        else [],
        "files": [_inside(path, file) for file in files],
        "tests": [_test(test, number[test.file], room) for test in own],
        "owners": " ".join(site.owners.of_folder(path)),
        "notes": [list(note) for note in notes(site, path)],
        "coverage": _project_coverage(site, path),
        "needs": [_neighbour(site, edge.dependency, edge) for edge in site.graph.needs(path)],
        "neededBy": [_neighbour(site, edge.dependent, edge) for edge in site.graph.needed_by(path)],
    }


def _why(site: Site, path: str) -> str:
    selection = site.selection
    if selection is None:
        return ""
    if selection.everything is not None:
        return selection.everything
    if path in selection.selected:
        return words.reason(selection.selected[path], site.names)
    return "skipped: no change reaches it" if path in selection.skipped else ""


def _facts(summary: ProjectSummary | None) -> Json:
    if summary is None:
        return []
    facts = [("Tests", words.count(summary.tests)), ("Time", words.duration(summary.duration))]
    if summary.cached:
        facts.append(("Replayed", words.count(summary.cached)))
    if summary.deselected:
        facts.append(("Deselected", words.count(summary.deselected)))
    if summary.warnings:
        facts.append(("Warnings", words.count(summary.warnings)))
    return [list(fact) for fact in facts]


def _made(summary: ProjectSummary | None) -> Json:
    if summary is None:
        return []
    given = (("Python", summary.python), ("pytest", summary.pytest), ("worker", summary.worker))
    return [f"{what} {value}" for what, value in given if value]


def _replayed(tests: Sequence[TestRun]) -> str:
    """What did not run and of which runs it is: the first three in the order of the tests."""
    origins = list(dict.fromkeys(test.cached for test in tests if test.cached))
    if not origins:
        return ""
    number = sum(bool(test.cached) for test in tests)
    which = (
        "Every test is"
        if number == len(tests)
        else f"{words.plural(number, 'test')} {'is' if number == 1 else 'are'}"
    )
    more = f" and {len(origins) - 3} others" if len(origins) > 3 else ""
    return f"{which} replayed: {'; '.join(origins[:3])}{more}"


def _test(test: TestRun, file: int, room: int) -> Json:
    """``[file, name, outcome, milliseconds, reruns, message, text, [[title, text], ...]]``.

    A test that passed ends after its time, or its reruns where there were any.
    """
    short: list[Json] = [file, test.name, test.outcome, round(test.duration * 1000, 1)]
    detail = test.detail
    if detail is None:
        return [*short, test.reruns] if test.reruns else short
    sections: list[Json] = [[part.title, shortened(part.text, room)] for part in detail.sections]
    return [*short, test.reruns, shortened(detail.message, room), shortened(detail.text, room), sections]


def shortened(text: str, room: int) -> str:
    """The text in so many characters; its end tells more than its beginning."""
    if len(text) <= room:
        return text
    head = room // 10
    left_out = len(text) - room
    return f"{text[:head]}\n[... {left_out:,} characters left out ...]\n{text[head - room :]}"


def room_for(site: Site) -> int:
    """How many characters one text may have, so that all of them are no more than :data:`_TEXTS`.

    A test may print half a megabyte; where hundreds do, the page would be larger than anybody waits for.
    """
    sizes = sorted(
        len(text)
        for test in site.run.tests
        if test.detail is not None
        for text in (test.detail.text, *(section.text for section in test.detail.sections))
    )
    left = _TEXTS
    for index, size in enumerate(sizes):
        share = left // (len(sizes) - index)
        if size > share:
            return max(share, _LEAST)
        left -= size
    return _TEXTS


_TEXTS, _LEAST = 2_500_000, 2_000


def tests(site: Site) -> Json:
    """Every test, for the search over all of them.

    ``[[slug, path, files, [[file, name, outcome's letter, milliseconds, reruns, message, facts], ...],
    [[since, owners], ...]], ...]``, the tests of a project in the order of its own page; a test that passed
    ends after its time or its reruns, and ``facts`` is the place in the last list of one that failed.
    """
    failing = site.story.failing if site.story is not None else {}
    found: list[Json] = []
    for path, own in site.tests.items():
        files = list(dict.fromkeys(test.file for test in own))
        number = {file: index for index, file in enumerate(files)}
        facts: dict[tuple[str, str], int] = {}
        rows: list[Json] = []
        for test in own:
            row = _found(test, number[test.file])
            if test.outcome in BAD:
                # of a thousand failures most say the same
                fact = (since(failing.get(test.nodeid)), " ".join(site.owners.of(test.file)))
                no_detail: list[Json] = [0, ""]
                row += [*no_detail[len(row) - 4 :], facts.setdefault(fact, len(facts))]
            rows.append(row)
        told: list[Json] = [list(fact) for fact in facts]
        found.append([site.slugs[path], path, [_inside(path, file) for file in files], rows, told])
    return found


def _found(test: TestRun, file: int) -> list[Json]:
    short: list[Json] = [file, test.name, LETTERS.get(test.outcome, "p"), round(test.duration * 1000, 1)]
    if test.detail is None:
        return [*short, test.reruns] if test.reruns else short
    return [*short, test.reruns, next(iter(test.detail.message.splitlines()), "")[:_MESSAGE]]


_MESSAGE = 160


def _inside(project: str, file: str) -> str:
    return file.removeprefix(project + "/")


def _neighbour(site: Site, path: str, edge: Edge) -> Json:
    names = (site.names.get(path, path), site.slugs.get(path, ""))
    return [*names, edge.scope.value, edge.how, outcome(site, path)]


def _project_coverage(site: Site, path: str) -> Json:
    if site.coverage is None:
        return None
    measured = site.measured.get(path)
    files = site.coverage.files_of(path)
    if measured is None and not files:
        return None
    return {
        "own": percentage(measured.own) if measured else None,
        "all": percentage(measured.all) if measured else None,
        "limit": measured.limit if measured else 0,
        "error": measured.trouble if measured else None,
        "files": [_file(file, _inside(path, file.path)) for file in files],
    }


def _file(file: FileCoverage, path: str) -> Json:
    """``[path, lines, missing lines, branches, missing branches, page, which are missing]``."""
    numbers = file.numbers
    lines, branches = (numbers.statements, numbers.missing), (numbers.branches, numbers.missing_branches)
    return [path, *lines, *branches, file.html, file.missing_text[:200]]


def treemap(site: Site) -> Json:
    """Every measured file under its project: ``[[project name, slug, path, files], ...]``."""
    if site.coverage is None:
        return []
    owners = sorted({file.project for file in site.coverage.files}, key=lambda path: path or "")
    return [
        [
            site.names.get(owner, owner) if owner is not None else "(no project)",
            site.slugs.get(owner, "") if owner is not None else "",
            owner or "",
            [_file(file, _inside(owner or ".", file.path))[:6] for file in _of(site, owner)],  # type: ignore[index]
        ]
        for owner in owners
    ]


def _of(site: Site, owner: str | None) -> Iterable[FileCoverage]:
    assert site.coverage is not None
    return site.coverage.files_of(owner)
