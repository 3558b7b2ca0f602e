"""The arrows of all files: those that the last run kept, with those of what differs since; else all anew.

A file's arrows follow from the names in it, from which files there are, and from the projects with their
edges. So a kept arrow counts where the projects and edges are the same, the content is, and no file came or
went that a name may mean: then only the files that differ are read again. In doubt all are.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from pytest_monorepo.affected.files.registered import BINDING_SETTINGS
from pytest_monorepo.affected.sides import State
from pytest_monorepo.workspace.files.code_files import CODE, parent
from pytest_monorepo.workspace.files.tree import is_blob
from pytest_monorepo.workspace.imports.cache import ImportCache
from pytest_monorepo.workspace.imports.one_file.found import NAMED_SCRIPT, SCRIPT
from pytest_monorepo.workspace.imports.one_file.paths import FILE, WHOLE_FILE
from pytest_monorepo.workspace.imports.one_file.text import BINDS, COLLECTS, HOOKS
from pytest_monorepo.workspace.imports.readings import among, enclosed
from pytest_monorepo.workspace.imports.sources import Sources
from pytest_monorepo.workspace.model import Workspace

from . import memory
from .closure import Loads
from .layers import Layered
from .links import Facts, Links
from .memory import Memory

Names = Mapping[str, frozenset[str]]

_MARKS = (HOOKS, COLLECTS, BINDS)
_FACTS = Facts._fields
_MANY_STALE = 50
_MANY_FORMER = 500
_NOT_PLAIN = ("__init__.py", "__main__.py", "conftest.py")


class Mentioned(NamedTuple):
    """The names in each file; ``doubtful`` are files that were not what git says when they were read."""

    names: dict[str, frozenset[str]]
    doubtful: Collection[str] = ()


class Known(NamedTuple):
    """The ``loads`` of all files; ``marked`` has the files of each mark, ``fixtures`` are those of ``links``.

    ``links`` tells what a name means that is said outside of any file. ``plain`` are settings of pytest that
    bind no tests together.
    """

    loads: Loads
    marked: Mapping[str, frozenset[str]]
    fixtures: Mapping[str, str]
    links: Links
    plain: Collection[str] = ()


def known(
    united: Workspace,
    now: State,
    former: Names,
    moved: Collection[str],
    mentioned: Callable[[Iterable[str] | None], Mentioned],
) -> Known:
    """The arrows of ``united``, which has the files of all states compared.

    ``former`` are the names that changed files mentioned, ``moved`` projects as in :class:`Links`.
    ``mentioned`` gives those of the present, of all files or of some.
    """
    cache = now.origin.cache
    if cache is None or not now.origin.on_disk or moved:
        return _all(united, now, former, moved, mentioned(None))[0]
    file = cache.with_name("arrows")
    paths, keys = _contents(united, now, former)
    key = _key(united, now)
    kept = memory.load(file)
    if kept is not None and kept.key == key:
        found = _some(united, now, former, mentioned, kept, dict(zip(paths, keys, strict=True)))
        if found is not None:
            blobs = now.origin.blobs
            same = {path for path, blob in kept.settings.items() if blobs.get(path) == blob}
            return found._replace(plain=same)
    everything = mentioned(None)
    keys = ["" if path in everything.doubtful else key for path, key in zip(paths, keys, strict=True)]
    result, names = _all(united, now, former, moved, everything)
    plain = dict(_plain_settings(united, now))
    memory.save(file, _remembered(key, paths, keys, result, names)._replace(settings=plain))
    return result._replace(plain=plain.keys())


def _all(
    united: Workspace,
    now: State,
    former: Names,
    moved: Collection[str],
    mentioned: Mentioned,
) -> tuple[Known, Names]:
    names = _with(mentioned.names, former)
    links = Links(united, now.side.graph, names, moved=moved)
    marked = {mark: links.having(mark) for mark in _MARKS}
    return Known(links.loads, marked, links.with_fixtures, links), names


def _with(names: Names, former: Names) -> Names:
    more = {path: names.get(path, frozenset()) | known for path, known in former.items()}
    return {**names, **more}


def _contents(united: Workspace, now: State, former: Names) -> tuple[list[str], list[str]]:
    """Every file that may name others, and what stands for its content; nothing for one that had another."""
    tests = {path for project in united.projects for path in project.test_files}
    code = [path for path in united.files if path.endswith(CODE)]
    paths = list(dict.fromkeys((*code, *sorted(tests))))
    sources = Sources(united.root, now.origin.blobs, ImportCache(None))
    contents = zip(paths, sources.contents(paths), strict=True)
    # conftests count for test files alone
    keys = [content and f"{content} test" if path in tests else content for path, content in contents]
    return paths, ["" if path in former else key for path, key in zip(paths, keys, strict=True)]


def _key(united: Workspace, now: State) -> str:
    projects = [(project.path, project.source_roots, project.renamed) for project in united.projects]
    edges = [(edge.dependent, edge.dependency, edge.scope.value) for edge in now.side.graph.edges]
    return hashlib.sha256(repr((projects, edges)).encode("utf-8", "surrogateescape")).hexdigest()


def _plain_settings(united: Workspace, now: State) -> Iterator[tuple[str, str]]:
    for path in dict.fromkeys(project.settings.inifile for project in united.projects):
        blob = now.origin.blobs.get(path or "")
        if path is not None and blob:
            text = now.origin.read(path) or b""
            if is_blob(text, blob) and not any(word in text for word in BINDING_SETTINGS):
                yield path, blob


def _some(
    united: Workspace,
    now: State,
    former: Names,
    mentioned: Callable[[Iterable[str] | None], Mentioned],
    kept: Memory,
    keys: Mapping[str, str],
) -> Known | None:
    """What is ``kept``, brought up to date; ``None`` where that takes a look at every file."""
    before = dict(zip(kept.paths, kept.keys, strict=True))
    stale = {path for path, key in keys.items() if not key or before.get(path) != key}
    if len(stale - former.keys()) > _MANY_STALE or len(former) > _MANY_FORMER:
        return None
    if not _leads_nowhere(before.keys() ^ keys.keys(), kept, before.keys() & keys.keys()):
        return None
    names = _with(mentioned(stale & keys.keys()).names, former)
    facts = Facts(*(frozenset(kept.marked[name]) for name in _FACTS))
    links = Links(united, now.side.graph, names, facts=facts)
    renewed = {*names, *(before.keys() - keys.keys())}
    if not _same_facts(links, facts, renewed) or not _fixtures_known(kept, links, renewed):
        return None
    return _merged(kept, links, renewed)


def _leads_nowhere(moved: Collection[str], kept: Memory, staying: Collection[str]) -> bool:
    """Whether no name that any file mentions can mean a file that came or went."""
    if not moved:
        return True
    folders = {parent(path) for path in staying if path.endswith(CODE)}
    for path in moved:
        name = path.rpartition("/")[2]
        if name in _NOT_PLAIN or parent(path) not in folders or among(name.partition(".")[0], kept.words):
            return False
        if any(name.lower().endswith(one) for one in kept.files):
            return False
    return True


def _same_facts(links: Links, facts: Facts, renewed: Collection[str]) -> bool:
    """Whether what the arrows of all files depend on is as it was for those that are read again."""
    pairs = zip(links.facts, facts, strict=True)
    known = frozenset(renewed)
    return all(now == {one for one in before if one.partition("\n")[0] in known} for now, before in pairs)


def _fixtures_known(kept: Memory, links: Links, renewed: Collection[str]) -> bool:
    """Whether each project that had such a file has it still: of others in it nothing is kept."""
    lost = (project for project, path in kept.fixtures.items() if path in renewed)
    return all(project in links.with_fixtures for project in lost)


def _merged(kept: Memory, links: Links, renewed: Collection[str]) -> Known:
    found = links.loads
    turned = _turned(kept, found, renewed)
    # of what is gone nothing is loaded, and its place may be another's
    arrows = Layered({**dict.fromkeys(renewed, ()), **found.arrows}, kept.loads)
    unfollowed = {path: why for path, why in kept.unfollowed.items() if path not in renewed}
    marked = {
        mark: frozenset(path for path in kept.marked[mark] if path not in renewed) | links.having(mark)
        for mark in _MARKS
    }
    fixtures = {project: path for project, path in kept.fixtures.items() if path not in renewed}
    for project, path in links.with_fixtures.items():
        fixtures[project] = min(path, fixtures.get(project, path))
    loads = Loads(arrows, unfollowed | dict(found.unfollowed), Layered(turned, kept.loaders))
    return Known(loads, marked, fixtures, links)


def _turned(kept: Memory, found: Loads, renewed: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Who loads each file that one of those renewed loads, or did."""
    loading: dict[str, set[str]] = {}
    for path in renewed:
        for loaded in kept.loads.get(path, ()):
            loading.setdefault(loaded, set())
        for loaded in found.arrows.get(path, ()):
            loading.setdefault(loaded, set()).add(path)
    for loaded, now in loading.items():
        now.update(path for path in kept.loaders.get(loaded, ()) if path not in renewed)
    return {loaded: tuple(sorted(now)) for loaded, now in loading.items()}


def _remembered(key: str, paths: list[str], keys: list[str], found: Known, names: Names) -> Memory:
    facts = found.links.facts
    marked = {**found.marked, **facts._asdict()}
    all_names = {name for mentioned in names.values() for name in mentioned}
    words = enclosed({part for name in all_names for part in re.split(r"[./:]", name)})
    files = sorted(name.rpartition(":")[2] for name in all_names if name.startswith((FILE, WHOLE_FILE)))
    # a script that is no code may come without being one of the files looked at here
    sure = [
        key
        if not any(
            name.startswith(SCRIPT) and not name.startswith(NAMED_SCRIPT) for name in names.get(path, ())
        )
        else ""
        for path, key in zip(paths, keys, strict=True)
    ]
    return Memory(
        key,
        paths,
        sure,
        found.loads.arrows,
        found.loads.loaders,
        {mark: sorted(of) for mark, of in marked.items()},
        found.loads.unfollowed,
        found.fixtures,
        words,
        files,
    )
