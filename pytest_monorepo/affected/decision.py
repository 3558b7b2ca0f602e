"""The story of a selection: changed paths, graph, select.

The only place that ties git, imports, locks, manifests and the rule together.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.files.pauses import without_collector
from pytest_monorepo.workspace.graph import Graph
from pytest_monorepo.workspace.model import Workspace

from . import listing
from .carried import with_carried, words_of
from .extensions import Extensions
from .git.changes import Change, Changes
from .git.contents import read_at
from .git.difference import Difference, difference
from .git.mergebase import NoMergeBase, commit_of
from .git.process import LostObject
from .meaning.handed import Handed
from .meaning.mentions import names_of, with_named
from .meaning.pages import without_pages
from .meaning.reading import Versions, read_changes, worst
from .rules.values import ChangedFile, Selection
from .selection import select, select_everything
from .sides import Base, State, base_state, present
from .walkers import with_walkers

if TYPE_CHECKING:
    from .files.narrow import Narrowed

_NONE = Extensions()
_GONE = "a submodule, and what it held before is not in this clone"


class Decision(NamedTuple):
    """What ``--affected`` decided. ``changes`` is ``None`` where there was nothing to compare with.

    ``graph`` is the present one. ``undeclared`` words the imports of workspace projects that no manifest
    declares. ``warnings`` are sentences for the user, the selection's own among them. ``files`` says for each
    selected project which of its test files run, ``None`` where projects are what is selected.
    """

    workspace: Workspace
    graph: Graph
    selection: Selection
    changes: Changes | None = None
    warnings: tuple[str, ...] = ()
    undeclared: tuple[str, ...] = ()
    files: Mapping[str, Narrowed] | None = None

    @property
    def listing(self) -> listing.Listing:
        """For the functions of :mod:`listing`."""
        ref, base = ("", "") if self.changes is None else (self.changes.ref, self.changes.base or "")
        return listing.Listing(
            self.workspace, self.graph, self.selection, ref=ref, base=base, files=self.files
        )

    @property
    def header(self) -> str:
        """``affected by origin/main (3f2c1ab, 4 files): 5 of 60 projects, 55 deselected``."""
        if self.changes is None:
            return f"affected: all projects, since {self.selection.everything}"
        return listing.header(self.listing)


@without_collector
def decide(
    root: Path,
    workspace: Workspace,
    settings: Settings,
    ref: str | None,
    *,
    fetch: bool = False,
    environ: Mapping[str, str] = os.environ,
    cache: Path | None = None,
    extensions: Extensions = _NONE,
    by_file: bool = False,
    plugins: Sequence[str] = (),
) -> Decision:
    """Which projects the difference to ``ref`` reaches; without ``ref`` to the base that the CI names.

    ``workspace`` is what discovery found at ``root``. ``cache`` is the file to keep in what unchanged files
    import, ``extensions`` is what hooks add. With ``by_file`` test files are selected, not only projects;
    ``plugins`` are modules that the call loads into every run, beside those of ``PYTEST_PLUGINS``.
    Without a merge base, or where git has lost what was there, all projects are selected, or, with
    ``affected-fallback = "error"``, :class:`~.mergebase.NoMergeBase` or :class:`~.process.LostObject` is
    raised; any other trouble with git is its :class:`~pytest_monorepo.errors.GitError`.
    """
    try:
        found = _changes(root, ref, fetch, environ, workspace.listed)
        return _decide(root, workspace, settings, found, environ, cache, extensions, by_file, plugins)
    except (NoMergeBase, LostObject) as error:
        if settings.affected_fallback == "error":
            raise
        now = present(workspace, settings, workspace.blobs, cache, extensions.edges)
        selection = select_everything(workspace, str(error))
        warning = f"all projects run: {error}"
        return Decision(workspace, now.side.graph, selection, None, (warning,), now.imports.undeclared)


def _decide(
    root: Path,
    workspace: Workspace,
    settings: Settings,
    difference: Difference,
    environ: Mapping[str, str],
    cache: Path | None,
    extensions: Extensions,
    by_file: bool,
    plugins: Sequence[str],
) -> Decision:
    changes, stored = _extended(difference.changes, extensions), difference.stored
    now = present(workspace, settings, workspace.blobs, cache, extensions.edges)
    now.search.expect(names_of(changes.paths), always=words_of(workspace))
    bases, found = list[Base](), []
    for commit, hashes in zip(changes.bases, stored, strict=True):
        old = read_at(root, commit, changes.paths, hashes, cache and cache.with_name("former"))
        base, files = _compare(root, settings, changes, old, now, extensions)
        bases.append(Base(base, old))
        found.append(files)
    new = changes.untracked
    worsts = (worst(of_one_path) for of_one_path in zip(*found, strict=True))
    files = [file._replace(untracked=True) if file.path in new else file for file in worsts]
    files = [file._replace(everything=_GONE) if file.path in changes.unknown else file for file in files]
    sides = [base.state.side for base in bases]
    files = without_pages(root, files, now.side.workspace.by_path)
    handed = Handed(now.search, now.side.workspace, now.side.graph, now.origin.answers)
    files = with_named(now.search, files, [now.side, *sides], handed)
    files = with_walkers(files, now, [base.state for base in bases], handed)
    files = with_carried(files, now, handed)
    selection = select(files, now.side, sides, settings)
    warnings = (*changes.notes, *selection.warnings)
    loaded = (*plugins, *filter(None, environ.get("PYTEST_PLUGINS", "").split(",")))
    narrowed = _by_file(selection, files, now, bases, settings, loaded) if by_file else None
    now.origin.answers.save()
    now.search.save()
    return Decision(workspace, now.side.graph, selection, changes, warnings, now.imports.undeclared, narrowed)


def _by_file(
    selection: Selection,
    files: list[ChangedFile],
    now: State,
    bases: list[Base],
    settings: Settings,
    plugins: Sequence[str],
) -> Mapping[str, Narrowed]:
    from .files.decide import by_file

    return by_file(selection, files, now, bases, settings, plugins)


def _extended(changes: Changes, extensions: Extensions) -> Changes:
    """The changes that the hooks leave, and the further ones they name."""
    before, named = changes.paths, frozenset(extensions.changed_paths(changes.paths))
    if named == frozenset(before):
        return changes
    kept = [change for change in changes.changed if change.path in named]
    more = [Change(path, "M") for path in sorted(named.difference(before))]
    notes = changes.notes
    if out := [path for path in before if path not in named]:
        notes = (*notes, f"a hook left out {len(out)} changed file{'s' * (len(out) != 1)}, {out[0]} for one")
    return changes._replace(changed=(*kept, *more), notes=notes)


def _changes(
    root: Path, ref: str | None, fetch: bool, environ: Mapping[str, str], listed: bytes
) -> Difference:
    if ref is not None:
        return difference(root, ref, fetch=fetch, listed=listed)
    from .git.base import base_from_environment, is_build

    named = base_from_environment(environ)
    if named is None:
        from .git.branches import default_branch

        found = difference(root, default_branch(root), fetch=fetch, listed=listed)
        return _not_itself(root, found) if is_build(environ) else found
    *others, last = named.candidates
    for candidate in others:
        try:
            found = difference(root, candidate, source=named.source, fetch=fetch, listed=listed)
            return _not_itself(root, found)
        except NoMergeBase:
            continue
    return _not_itself(root, difference(root, last, source=named.source, fetch=fetch, listed=listed))


def _not_itself(root: Path, found: Difference) -> Difference:
    """``found``, unless a build would be compared with itself, and nothing run.

    So it is after a push to the branch that it would be compared with, where the CI does not say what was
    before (Bitbucket, Azure, Jenkins), and in the build of a tag.
    """
    if found.changes.bases != (commit_of(root, "HEAD"),):
        return found
    raise NoMergeBase(
        f"this commit is in {found.changes.ref!r} already, and the CI does not say what was there before: "
        "name a base to select by (--affected REF)"
    )


def _compare(
    root: Path,
    settings: Settings,
    changes: Changes,
    old: Mapping[str, bytes],
    now: State,
    extensions: Extensions,
) -> tuple[State, list[ChangedFile]]:
    """The base, where the changed files held ``old``, and what each of them means compared with it."""
    new = _target(root, changes)
    versions = Versions(old.get, now.origin.read if new is None else new.get)
    base = base_state(now, settings, old, changes.paths)
    named = settings.other_languages == "named"
    return base, read_changes(changes.paths, versions, now, base, extensions, languages=named)


def _target(root: Path, changes: Changes) -> Mapping[str, bytes] | None:
    """The changed files of ``A..B`` in B; ``None`` where the disk is what is compared."""
    if ".." not in changes.ref:
        return None
    commit = commit_of(root, changes.ref.rpartition("..")[2] or "HEAD")
    return None if commit is None else read_at(root, commit, changes.paths)
