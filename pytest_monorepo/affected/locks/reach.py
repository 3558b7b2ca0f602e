"""A changed lock → the projects whose resolved closure holds what changed.

A lock describes one environment, and what is installed there can reach a project's tests in three ways: the
project needs it (declared, directly or through others), its files import it undeclared, or pytest loads it
into every run. What none of the three explains affects all projects that the lock serves.

Not seen: a package that a needed one uses only if it happens to be installed, because another project needs
it. The closure is the issue's rule (#3), and no lock lists such pairs.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import field

from pytest_monorepo.value import value
from pytest_monorepo.workspace.graph import Graph, build
from pytest_monorepo.workspace.manifests.requirements import canonical
from pytest_monorepo.workspace.model import ROOT, Project, Scope, Workspace, parents

from .change import LockChange
from .formats.entries import Knowledge, Needs, ReadError
from .installed import ambient, distributions_of

_SHOWN = 3


@value(frozen=True)
class Surroundings:
    """What a lock cannot say.

    ``imported`` are the top-level names that each project's files import (project path → names): without them
    an undeclared import of a package is missed. ``distributions`` maps import names to distributions as
    :func:`importlib.metadata.packages_distributions` does, ``plugins`` are the distributions with a
    ``pytest11`` entry point; both add to what is known anyway. ``graph`` has the edges between projects,
    undeclared ones too; by default those that the manifests declare. ``pins`` says of a file that is called
    like a lock whether it is one: requirements that pin nothing leave the choice to one further up.
    ``all_groups`` where the root's groups for documentation and releases are installed by default, too.
    """

    imported: Mapping[str, Collection[str]]
    distributions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    plugins: frozenset[str] = frozenset()
    graph: Graph | None = None
    pins: Callable[[str], bool] = lambda path: True
    all_groups: bool = False


def affected_projects(
    lock_path: str,
    change: LockChange,
    workspace: Workspace,
    surroundings: Surroundings,
    included_by: Iterable[str] = (),
) -> dict[str, str]:
    """The projects that a change of the lock at ``lock_path`` reaches, each with why.

    ``included_by`` are further projects that read the file (``-r ../requirements.txt``). The projects named
    are all there are: what they need of each other has been followed already.
    """
    if change.doubt is not None:
        return {project.path: change.doubt for project in workspace.projects}
    hot = dict(change.changed)
    hot.update({name: m.words for name, m in change.member_changes.items() if m.reach == "dependents"})
    own = {name: m.words for name, m in change.member_changes.items() if m.reach == "itself"}
    if not (hot or own or change.whole):
        return {}
    try:
        lock = _Lock(lock_path, change, workspace, frozenset(included_by), surroundings.pins)
    except ReadError as error:
        return {project.path: f"cannot be understood: {error}" for project in workspace.projects}
    if change.whole is not None:
        return dict.fromkeys(sorted(lock.served), change.whole)
    if hot and not lock.complete:
        words = f"{_listed(hot.values())}; the lock does not say what needs it"
        return dict.fromkeys(sorted(lock.served), words)
    return _through_closures(lock, hot, own, surroundings)


class _Lock:
    """Both versions of a lock, seen from the workspace: names, edges, and which projects it serves."""

    def __init__(
        self,
        path: str,
        change: LockChange,
        workspace: Workspace,
        included_by: frozenset[str],
        pins: Callable[[str], bool],
    ) -> None:
        self.folder = posixpath.dirname(path) or ROOT
        self.workspace = workspace
        sides = (change.before.known, change.after.known)
        self.names = frozenset().union(*(side.names for side in sides))
        self.dev = _union(side.dev for side in sides)
        beside = _union(_without(side.dev, side.aside) for side in sides)
        self.aside = _without(self.dev, beside)
        self.ambient = frozenset().union(*(side.ambient for side in sides))
        self.complete = all(side.complete for side in sides)
        self.places = self._places(sides)
        self.gone = change.before.known.members.keys() - change.after.known.members.keys()
        edges = _union(side.edges for side in sides)
        self.known = self.names | edges.keys()
        self._needed_by: dict[str, list[str]] = {}
        for name, needed in edges.items():
            for other in needed:
                self._needed_by.setdefault(other, []).append(name)
        self._at: dict[str, set[str]] = {}
        for name, places in self.places.items():
            for place in places:
                self._at.setdefault(place, set()).add(name)
        housed = frozenset().union(*(side.housed for side in sides)) & self.places.keys()
        others = included_by.union(*(self.places[name] for name in housed)) & workspace.by_path.keys()
        self.served = _served(path, workspace, pins) | others

    def _places(self, sides: Iterable[Knowledge]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for side in sides:
            for name, place in side.members.items():
                joined = posixpath.join(self.folder, place.replace("\\", "/"))
                found.setdefault(name, set()).add(posixpath.normpath(joined))
        return found

    def listed_as(self, project: str) -> Collection[str]:
        """Under which names the lock lists a project."""
        return self._at.get(project, frozenset())

    def needing(self, name: str) -> set[str]:
        """The package and all whose closure holds it, on either side."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                waiting += self._needed_by.get(current, ())
        return found


def _without(needs: Mapping[str, frozenset[str]], less: Mapping[str, frozenset[str]]) -> Needs:
    return {name: needed - less.get(name, frozenset()) for name, needed in needs.items()}


def _union(needs: Iterable[Mapping[str, frozenset[str]]]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for mapping in needs:
        for name, needed in mapping.items():
            found[name] = found.get(name, frozenset()) | needed
    return found


def _served(lock_path: str, workspace: Workspace, pins: Callable[[str], bool]) -> frozenset[str]:
    """The projects in and below the lock's folder that have no lock of the same name nearer.

    A lock in a folder of no project (``requirements/dev.txt``) belongs to the nearest folder upward that is
    or holds one, and a lock somewhere inside a project may be that project's as well.
    """
    name = posixpath.basename(lock_path)
    home = posixpath.dirname(lock_path) or ROOT
    owner = workspace.owner(lock_path)
    there = (path for path in workspace.files if posixpath.basename(path) == name and path != lock_path)
    locks = frozenset(filter(pins, there))
    for folder in parents(home):
        below = [project.path for project in workspace.projects if folder in parents(project.path)]
        if below:
            found = {path for path in below if not _nearer(path, folder, name, locks)}
            return frozenset(found if owner is None else found | {owner.path})
    return frozenset()


def _nearer(project: str, folder: str, name: str, locks: Collection[str]) -> bool:
    for place in parents(project):
        if place == folder:
            return False
        if (name if place == ROOT else f"{place}/{name}") in locks:
            return True
    return False


def _through_closures(
    lock: _Lock, hot: Mapping[str, str], own: Mapping[str, str], surroundings: Surroundings
) -> dict[str, str]:
    reasons: dict[str, list[str]] = {path: [] for path in sorted(lock.served)}
    everyones, starts, gone = (
        _everyones(lock, surroundings),
        _starts(lock, surroundings),
        _of_projects_gone(lock),
    )
    aside = _aside(lock, surroundings)
    unexplained = []
    for name, words in sorted(hot.items()):
        needing = lock.needing(name)
        if not needing.isdisjoint(everyones):
            holders, because = list(reasons), "part of every test run"
        else:
            holders, because = [path for path in reasons if not needing.isdisjoint(starts[path])], ""
        for path in holders:
            reasons[path].append(f"{words}, {because or f'needed by {_place(path)}'}")
        if not holders and needing.isdisjoint(gone) and needing.isdisjoint(aside):
            unexplained.append(words)
    for name, words in sorted(own.items()):
        holders = [path for path in reasons if path in lock.places.get(name, ())]
        for path in holders:
            reasons[path].append(words)
        # the groups of a mere path dependency are not installed here
        if not holders and not lock.places.get(name, set()) & lock.workspace.by_path.keys():
            unexplained.append(words)
    if unexplained:
        for said in reasons.values():
            said.append(f"{_listed(unexplained)}, needed by no project we can see")
    return {path: _listed(said) for path, said in reasons.items() if said}


def _everyones(lock: _Lock, surroundings: Surroundings) -> set[str]:
    """What pytest loads whichever project it runs, and what the workspace's own groups install beside it."""
    found = ambient(lock.names, surroundings.plugins) | lock.ambient
    for name in lock.listed_as(lock.folder):
        found |= lock.dev.get(name, frozenset())
    root = lock.workspace.by_path.get(lock.folder)
    if root is not None:
        found |= {d.name for d in root.dependencies if d.scope is Scope.TEST} & lock.names
    return found - (_aside(lock, surroundings) - ambient(lock.names, surroundings.plugins) - lock.ambient)


def _aside(lock: _Lock, surroundings: Surroundings) -> frozenset[str]:
    """What only the groups for documentation and releases of a root without tests name."""
    root = lock.workspace.by_path.get(lock.folder)
    if surroundings.all_groups or lock.folder != ROOT or (root is not None and root.runs):
        return frozenset()
    return frozenset().union(*(lock.aside.get(name, ()) for name in lock.listed_as(lock.folder)))


def _of_projects_gone(lock: _Lock) -> set[str]:
    """Projects that are no more, and what their groups named: what only they needed is missed by nobody."""
    gone = {name for name in lock.gone if not lock.places[name] & lock.workspace.by_path.keys()}
    return gone.union(*(lock.dev.get(name, ()) for name in gone))


def _starts(lock: _Lock, surroundings: Surroundings) -> dict[str, set[str]]:
    """Where a served project's closure begins: itself and what it needs, as lock and manifests say."""
    graph = build(lock.workspace.projects) if surroundings.graph is None else surroundings.graph
    lookup = distributions_of(lock.names, surroundings.distributions)
    passed_on = {
        project.path: _listed_start(lock, project, dev=False).union(
            *map(lookup, surroundings.imported.get(project.path, ()))
        )
        for project in lock.workspace.projects
    }
    found = {}
    for path in lock.served:
        needed = (passed_on.get(place, set()) for place in graph.transitive_dependencies(path))
        found[path] = _own_start(lock, lock.workspace.by_path[path]).union(passed_on[path], *needed)
    return found


def _own_start(lock: _Lock, project: Project) -> set[str]:
    # without an entry, a lock in the project's folder is all the project's; and a folder without a manifest
    # takes what it finds installed
    unlisted = not lock.listed_as(project.path)
    if unlisted and (project.path == lock.folder or not project.manifests):
        return set(lock.names)
    return _listed_start(lock, project, dev=True)


def _listed_start(lock: _Lock, project: Project, *, dev: bool) -> set[str]:
    own = set(lock.listed_as(project.path))
    if project.distribution:
        own.add(canonical(project.distribution))
    declared = {d.name for d in project.dependencies if dev or d.scope is not Scope.TEST}
    start = (own | declared) & lock.known
    return start.union(*(lock.dev.get(name, ()) for name in own)) if dev else start


def _place(path: str) -> str:
    return "the root project" if path == ROOT else path


def _listed(words: Iterable[str]) -> str:
    known = list(dict.fromkeys(words))
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return "; ".join(known[:_SHOWN]) + more
