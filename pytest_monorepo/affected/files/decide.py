"""``--affected-level file``: the projects of a selection, narrowed down to test files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from pytest_monorepo.affected.rules.values import ChangedFile, Selection
from pytest_monorepo.affected.selection import Spread, spreads
from pytest_monorepo.affected.sides import Base, State
from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.discovery import checkers
from pytest_monorepo.workspace.files.code_files import CODE
from pytest_monorepo.workspace.files.listing_delta import holds
from pytest_monorepo.workspace.imports.cache import ImportCache, known_of
from pytest_monorepo.workspace.imports.one_file.sieve import line_unfollowed
from pytest_monorepo.workspace.imports.one_file.text import BINDS, COLLECTS, HOOKS
from pytest_monorepo.workspace.imports.sieved import names_in
from pytest_monorepo.workspace.imports.sources import Sources
from pytest_monorepo.workspace.model import Project, Workspace

from .arrivals import follow_arrivals
from .arrows.closure import Loads
from .arrows.renewing import Known, Mentioned, known
from .bonds import Bonds
from .collisions import Collisions
from .documents import Documents
from .follow import Followed, follow_code, follow_data
from .local import follow_local
from .narrow import Narrowed, narrow
from .registered import ENTRY_POINTS, is_manifest
from .texts import Texts


def by_file(
    selection: Selection,
    changes: Sequence[ChangedFile],
    now: State,
    bases: Sequence[Base],
    settings: Settings,
    plugins: Iterable[str] = (),
    before: Mapping[str, frozenset[str]] | None = None,
) -> dict[str, Narrowed]:
    """What runs of each selected project; ``plugins`` are modules that this call loads into every run.

    ``before`` are the names that changed files mentioned, where ``bases`` do not have what they held.
    """
    workspace = now.side.workspace
    chosen = [project for project in workspace.projects if project.path in selection.selected]
    if selection.everything is not None:
        return {project.path: Narrowed(whole=f"affects all: {selection.everything}") for project in chosen}
    moved = _moved(workspace, bases, [change.path for change in changes])
    united = _united(workspace, bases)
    files = known(
        united, now, _former(now, bases, before or {}), _shifted(now, bases), partial(names_of, now)
    )
    compared = _Compared(now, bases, united, moved, files)
    found, followed = _spread(changes, compared, settings)
    loads = files.loads.with_arrows(followed.arrows)
    bonds = _bonds(found, compared, loads, plugins)
    whole = {p.path: why for p in chosen if (why := _whole(p, settings, now, files)) is not None}
    whole |= dict(_unexplained(chosen, found, loads))
    whole |= dict(_documents(changes, compared, loads, bonds).reasons(chosen))
    narrowed = narrow(chosen, found, bonds, whole, moved)
    return {path: _located(one, now) for path, one in narrowed.items()}


class _Compared(NamedTuple):
    """The states, and what is known of their files.

    ``united`` is the workspace with the files of all of them; one of them lacks the test files ``moved``.
    """

    now: State
    bases: Sequence[Base]
    united: Workspace
    moved: frozenset[str]
    files: Known


def _spread(
    changes: Sequence[ChangedFile], compared: _Compared, settings: Settings
) -> tuple[list[Spread], Followed]:
    """How far each change goes, and who may read what changed."""
    now, bases, files = compared.now, compared.bases, compared.files
    found = [
        one._replace(code=one.code and not _has_hooks(one.path, files))
        for one in spreads(changes, now.side, [base.state.side for base in bases], settings)
    ]
    followed = _followed(found, compared.united, now, bases)
    read = frozenset(followed.readers)
    for change in changes:
        for walker in (walker for touch in change.named for walker in touch.met):
            followed.readers.setdefault(change.path, set()).add(walker)
    return [_with_readers(one, followed, read) for one in found], followed


def _bonds(found: Sequence[Spread], compared: _Compared, loads: Loads, plugins: Iterable[str]) -> Bonds:
    now, bases, files = compared.now, compared.bases, compared.files
    workspace = now.side.workspace
    return Bonds(
        workspace,
        now.side.graph,
        loads,
        loads.reached_from(one.path for one in found if one.code),
        files.marked[HOOKS],
        sorted(file for name in plugins for file in files.links.meant(name)),
        lambda path: _registers(workspace.by_path[path], now),
        files.marked[BINDS],
        sorted(now.brought.union(*(base.state.brought for base in bases))),
        _tests(workspace) | compared.moved,
        _collisions(found, compared),
    )


def _collisions(found: Sequence[Spread], compared: _Compared) -> Collisions:
    now, links = compared.now, compared.files.links
    needed = now.side.graph.transitive_dependencies
    return Collisions(
        compared.united,
        compared.files.loads,
        dict(_alone(found, now.side.workspace, compared.bases)),
        partial(_is_stranger, now),
        compared.moved,
        lambda path: not links.bending.isdisjoint((path, *needed(path))),
    )


def _documents(changes: Iterable[ChangedFile], compared: _Compared, loads: Loads, bonds: Bonds) -> Documents:
    links = compared.files.links
    return Documents(
        compared.united,
        _paths(changes, compared.bases),
        bonds.ways,
        loads,
        links.meant,
        compared.now.origin.read,
        links.lending,
    )


def _paths(changes: Iterable[ChangedFile], bases: Iterable[Base]) -> frozenset[str]:
    return frozenset((*(change.path for change in changes), *(path for base in bases for path in base.old)))


def _held(found: Iterable[Spread], now: State, bases: Iterable[Base]) -> dict[str, list[bytes]]:
    """What the changed files hold, and held."""
    held: dict[str, list[bytes]] = {}
    for one in found:
        texts = (now.origin.read(one.path), *(base.old.get(one.path) for base in bases))
        held[one.path] = [text for text in texts if text is not None]
    return held


def _followed(found: Sequence[Spread], united: Workspace, now: State, bases: Sequence[Base]) -> Followed:
    """Who may read what changed beside code."""
    followed = Followed()
    texts = Texts(united.root, now.origin.read, _held(found, now, bases), _tests(united))
    follow_code([one.path for one in found if one.code], united, texts, followed)
    if not all(one.code for one in found):
        follow_data([one.path for one in found if one.plain], united, texts, followed)
        if any(is_manifest(one.path) for one in found):
            from .manifests import follow_manifests

            follow_manifests(found, now, bases, texts, followed)
        settled = follow_arrivals(found, united, now, bases, texts, followed)
        rest = (one for one in found if one.path not in settled)
        follow_local(rest, [now.side, *(base.state.side for base in bases)], texts, followed)
    return followed


def _with_readers(one: Spread, followed: Followed, read: Collection[str]) -> Spread:
    """With what is known of its readers; ``read`` are the files of which these are all.

    Who goes through a folder meets settings, too, and yet they are read by convention.
    """
    if one.path in followed.within:
        doubt = followed.doubts.get(one.path, one.doubt)
        return one._replace(code=True, doubt=doubt, within=followed.within[one.path])
    if one.path in followed.doubts:
        return one._replace(doubt=followed.doubts[one.path])
    return one._replace(code=one.code or one.plain or one.path in read)


def _unexplained(
    projects: Iterable[Project], spreads: Iterable[Spread], loads: Loads
) -> Iterator[tuple[str, str]]:
    """The projects that are known to use a data file of others, where no text tells which test does."""
    tests = {project.path: project.test_files for project in projects}
    for one in spreads:
        reached = loads.reached_from((one.path,)) if one.plain and one.code else {}
        for touch in one.touches if one.plain and one.code else ():
            if touch.how and reached.keys().isdisjoint(tests.get(touch.project, ())):
                yield touch.project, f"{one.path} changed: {touch.how}"


def _located(narrowed: Narrowed, now: State) -> Narrowed:
    """With the line of what cannot be followed, which only the file itself tells."""
    doubts = {reason.chain[0] for reason in narrowed.files.values() if reason.chain and reason.why}
    lines = {path: line_unfollowed(now.origin.read(path) or b"") for path in doubts}
    files = {
        path: reason._replace(why=f"line {line} {reason.why}")
        if reason.why and reason.chain and (line := lines[reason.chain[0]])
        else reason
        for path, reason in narrowed.files.items()
    }
    return replace(narrowed, files=files) if doubts else narrowed


def _registers(project: Project, now: State) -> bool:
    """Whether a manifest names entry points, programs apart."""
    texts = (now.origin.read(path) or b"" for path in project.manifests)
    return project.pytest_plugin or any(ENTRY_POINTS.search(text) is not None for text in texts)


def _moved(workspace: Workspace, bases: Iterable[Base], changed: Iterable[str]) -> frozenset[str]:
    """The test files that are there in one of the states alone, or another project's in the other."""
    here = _tests(workspace)
    states = (base.state.side.workspace for base in bases)
    others = [other for other in states if other.projects is not workspace.projects]
    owned = _owned(workspace) if others else set()
    listed = (path for other in others for path, _ in owned ^ _owned(other))
    # a base that shares its projects with the present lists what is new, and not what is gone
    new = (path for path in changed if path in here and any(path not in base.old for base in bases))
    gone = (path for base in bases for path in base.old if path not in here and _is_test(workspace, path))
    return frozenset((*listed, *new, *gone))


def _is_test(workspace: Workspace, path: str) -> bool:
    owner = workspace.owner(path)
    name = path.rpartition("/")[2]
    return owner is not None and any(fnmatchcase(name, glob) for glob in owner.settings.python_files)


def _tests(workspace: Workspace) -> frozenset[str]:
    return frozenset(path for project in workspace.projects for path in project.test_files)


def _alone(
    found: Iterable[Spread], workspace: Workspace, bases: Iterable[Base]
) -> Iterator[tuple[str, bool]]:
    """Of each changed file whether it is there in one of the states alone."""
    for one in found:
        here = holds(workspace.files, one.path)
        yield one.path, any((one.path in base.old) is not here for base in bases)


def _is_stranger(now: State, name: str) -> bool:
    return any(name in names for names in now.imports.external.values())


def _owned(workspace: Workspace) -> set[tuple[str, str]]:
    return {(path, project.path) for project in workspace.projects for path in project.test_files}


def _shifted(now: State, bases: Iterable[Base]) -> frozenset[str]:
    """The projects that need others than at the base, or whose packages, or theirs, are others."""
    found: set[str] = set()
    here, graph = _shapes(now.side.workspace), now.side.graph
    for base in bases:
        there, before = _shapes(base.state.side.workspace), base.state.side.graph
        if here == there and graph == before:
            continue
        for path in here:
            needed = frozenset(graph.transitive_dependencies(path))
            same = needed == frozenset(before.transitive_dependencies(path))
            if not same or any(here.get(one) != there.get(one) for one in (path, *needed)):
                found.add(path)
    return frozenset(found)


def _shapes(workspace: Workspace) -> dict[str, tuple[object, ...]]:
    return {p.path: (p.packages, p.renamed, p.source_roots, p.includes) for p in workspace.projects}


def _has_hooks(path: str, files: Known) -> bool:
    """Whether a conftest has hooks: some are called for the whole session, not only for what lies below."""
    return path.endswith("conftest.py") and path in files.marked[HOOKS]


def _whole(project: Project, settings: Settings, now: State, files: Known) -> str | None:
    """Why a project's own settings keep its files from being told apart."""
    if settings.keep_whole:
        return "keep-whole in the settings"
    inifile = project.settings.inifile or ""
    settings_file = b"" if inifile in files.plain else now.origin.read(inifile) or b""
    if b"max_warnings" in settings_file:
        return "max_warnings counts over all of its files"
    if b"DJANGO_" in settings_file:
        return "its settings name those of Django, which loads code by names in them"
    if project.path in files.fixtures:
        return f"{files.fixtures[project.path]} uses Django, which loads code by names in settings"
    collecting = files.marked[COLLECTS]
    for path in now.side.workspace.conftests(project):
        if path in collecting:
            return f"{path} has a hook that collects"
    words = project.settings.addopts
    if option := next(checkers.asked(words), None):
        return f"{option} makes tests of other files"
    for word, following in pairwise((*words, "")):
        plugin = following if word == "-p" else word[2:] if word.startswith("-p") else ""
        if plugin and not plugin.startswith("no:"):
            return f"its addopts load the plugin {plugin}"
    return None


def _united(workspace: Workspace, bases: Iterable[Base]) -> Workspace:
    """The workspace with the files of all states compared."""
    files = {*workspace.files, *(path for base in bases for path in base.state.side.workspace.files)}
    return replace(workspace, files=tuple(sorted(files)))


def mentioned(now: State) -> dict[str, frozenset[str]]:
    """The names that each file mentions."""
    return names_of(now, None).names


def names_of(now: State, some: Iterable[str] | None) -> Mentioned:
    """Those that all files mention, or only ``some``, which no run needs to remember."""
    workspace, origin = now.side.workspace, now.origin
    if some is None:
        tests = (path for project in workspace.projects for path in project.test_files)
        paths = list(dict.fromkeys((*(path for path in workspace.files if path.endswith(CODE)), *tests)))
        cache = ImportCache(origin.cache)
    else:
        paths = list(some)
        cache = known_of(origin.cache, len(paths))
    sources = Sources(workspace.root, origin.blobs, cache, None if origin.on_disk else origin.read)
    numbers = sources.numbers(paths)
    if cache.changed:
        cache.save(sources.keys(paths) if some is None else None)
    names = cache.names
    found = {path: frozenset([names[number] for number in numbers[path]]) for path in paths}
    return Mentioned(found, sources.doubtful)


def _former(
    now: State, bases: Iterable[Base], before: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    """The names that changed files mentioned in the other states."""
    held = [(path, old) for base in bases for path, old in base.old.items() if path.endswith(CODE)]
    cache = known_of(now.origin.cache, len(held))
    found = dict(before)
    for path, old in held:
        found[path] = found.get(path, frozenset()) | names_in(old, cache)
    if cache.changed:
        cache.save()
    return found
