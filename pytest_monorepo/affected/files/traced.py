"""A selection by file, and what complete traces of earlier runs know of it → the selection. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from pytest_monorepo.affected.rules.values import Reason, Selection
from pytest_monorepo.workspace.model import Workspace

from .narrow import FileReason, Narrowed


@dataclass(frozen=True)
class Seen:
    """What the last complete traces say that are valid at the base, of test files.

    ``read`` are those of which something that they read is another now, each with what; ``same`` those of
    which nothing is, as far as traces are trusted.
    """

    read: Mapping[str, str] = field(default_factory=dict)
    same: Collection[str] = ()


def with_traces(
    workspace: Workspace, selection: Selection, files: Mapping[str, Narrowed], seen: Seen
) -> tuple[Selection, dict[str, Narrowed]]:
    """The selection and its files with those that traces add, and without those that they take away.

    A project of which all files run is left as it is; one whose files are all taken away stays selected.
    """
    added = dict(_added(workspace, selection, seen))
    tests = {path: workspace.by_path[path].test_files for path in (*files, *added)}
    every = {**files, **{path: Narrowed(left_out=tests[path]) for path in added}}
    narrowed = {path: _narrowed(one, tests[path], seen) for path, one in every.items()}
    selected = {**selection.selected, **added}
    order = [project.path for project in workspace.projects if project.path in selected]
    skipped = tuple(path for path in selection.skipped if path not in added)
    return replace(selection, selected={path: selected[path] for path in order}, skipped=skipped), narrowed


def _added(workspace: Workspace, selection: Selection, seen: Seen) -> Iterator[tuple[str, Reason]]:
    """The projects that no rule reaches, and traces do."""
    for path in selection.skipped:
        reached = (file for file in workspace.by_path[path].test_files if file in seen.read)
        if (file := next(reached, None)) is not None:
            yield path, Reason(None, why=f"{_words(seen.read[file])}: {file}")


def _narrowed(one: Narrowed, tests: Iterable[str], seen: Seen) -> Narrowed:
    if one.whole is not None:
        return one
    # without a chain it is not what a file reads that makes it run
    files = {path: why for path, why in one.files.items() if path not in seen.same or not why.chain}
    added = {path: FileReason(why=_words(seen.read[path])) for path in one.left_out if path in seen.read}
    if not added and len(files) == len(one.files):
        return one
    return Narrowed({**files, **added}, tuple(path for path in tests if path not in {**files, **added}))


def _words(what: str) -> str:
    return f"{what}, which its last complete run asked for"
