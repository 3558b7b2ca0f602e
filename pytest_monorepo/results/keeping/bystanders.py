"""Files with failed tests that read nothing of what changed since a base: they fail without it, too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from pytest_monorepo.results.values.compare import differences
from pytest_monorepo.results.values.former import UNKNOWN, Changed, Former
from pytest_monorepo.results.values.section import Section

from .book import Book
from .project import Project, Ready


def bystanders(ready: Iterable[Ready], book: Book, changes: Sequence[Changed]) -> Iterator[str]:
    """Those of them whose trace is complete, and all of whose inputs were the same at every base."""
    for one in ready:
        failed = [file for file in one.heard.tested if one.heard.files[file].failed]
        if failed and changes:
            yield from _of_project(one, book, failed, changes)


def _of_project(one: Ready, book: Book, failed: Iterable[str], changes: Sequence[Changed]) -> Iterator[str]:
    project = Project(book, one, {})
    shared, unknown = project.shared(), frozenset(project.incomplete())
    if isinstance(shared, str):
        return
    now = one.question.now
    then = [replace(now, current=Former(now.current, changed, UNKNOWN)) for changed in changes]
    for file in failed:
        unit = project.bonds.ones(file)
        if not unknown.intersection(unit):
            read: list[Section] = []
            for each in unit:
                own, bases = project.inputs(each, shared)
                read += [own, *(base.section for base in bases)]
            if not any(tuple(differences(section, was)) for section in read for was in then):
                yield file
