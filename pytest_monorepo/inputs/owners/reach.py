"""After a job: which inputs are whose, and which files only mean something together. Pure but for names."""

from __future__ import annotations

import os
import sys
from typing import Any, Dict, FrozenSet, Iterable, Iterator, List, Optional, Set, Tuple

from .. import originals
from ..originals import package_root
from ..record.asked import (
    BELOW,
    FIXTURE,
    GIVEN,
    LOADED,
    NUMBERED,
    SAID,
    SEARCHED,
    SHARED_FILES,
    asked_for,
    sees,
)
from ..record.homes import KEEPS, OTHER, OWN, RUNNER, STANDARD
from ..record.recorder import Recorder
from ..record.scopes import ALL, COLLECTION, Doer
from ..record.section import Section
from . import looked, peers
from .left import BEFORE_TESTS, Left
from .names import below, loggers
from .names.at_hand import AtHand
from .names.loads import Loads, closure
from .names.loggers import Loggers
from .names.sources import text_of
from .names.words import Words
from .state import Change
from .turns import Turns


class Reach:
    """``root`` is the workspace, to which the names of files are relative."""

    def __init__(self, recorder: Recorder, turns: Turns, root: str) -> None:
        self.recorder = recorder
        self.scopes = recorder.scopes
        self.turns = turns
        self.root = root
        self.files = sorted(self.scopes.files)
        self._place = {file: number for number, file in enumerate(turns.order)}
        self._homes = {name: self._home(name) for name in {*sys.modules, *self.scopes.modules}}
        self._packages = {name: name.partition(".")[0] for name, home in self._homes.items() if home == OTHER}
        self._looking: Set[str] = set()
        self._looked: Dict[str, FrozenSet[str]] = {}
        self._callers: Dict[str, bool] = {}
        self._asking: Dict[str, Set[str]] = {}
        self._words = Words(lambda name: self._homes.get(name) == OWN)
        self._nodes: Dict[str, Set[str]] = {}
        self.loads = Loads(self.scopes, turns.modules, turns.before)
        self._at_hand = AtHand(self._homes, self.loads, self._start)
        self._links = self._linked()
        self.shared = self._reached([ALL, COLLECTION, *map(self._node, turns.before)])
        self.of = {file: self._reached([_turn(file)]) - self.shared for file in self.files}
        self._loggers = Loggers(recorder.logged, self.loads, self._start, turns.settled)
        reached = self.shared.union(*self.of.values())
        # loaded from a file by hand, say: whoever has done so
        lost = self._everything() - reached
        self.of = {file: nodes | lost for file, nodes in self.of.items()}
        self._everybodys = self.shared | lost
        self._heard: Dict[str, Set[str]] = {}
        self.left = [one for one in map(self._settled, turns.leavings(self.files)) if one.change]

    # -- the graph

    def _home(self, name: str) -> str:
        module = sys.modules.get(name)
        if module is None:
            return ""
        variables = originals.attribute(module, "__dict__")
        return self.scopes.homes.of(variables) if isinstance(variables, dict) else OWN

    def _node(self, name: str) -> str:
        """An installed package is one node; what was looked for in vain is known by its name."""
        return self._packages.get(name, name)

    def _everything(self) -> Set[str]:
        """All that is loaded and is not everybody's by its home."""
        own = {name for name, home in self._homes.items() if home == OWN}
        return own.union(self._packages.values())

    def _start(self, source: str) -> str:
        if source in self.scopes.files:
            return _turn(source)
        return source if source in (ALL, COLLECTION) else self._node(source)

    def _linked(self) -> Dict[str, Set[str]]:
        links: Dict[str, Set[str]] = {}
        for file, modules in self.turns.modules.items():
            links.setdefault(_turn(file), set()).update(map(self._node, modules))
        for source, targets in self.scopes.edges.items():
            for target in targets:
                links.setdefault(self._start(source), set()).update(self._meant(source, target))
        # they are imported before anybody notes who imports what
        for name in (one for one in self.turns.before if one.rpartition(".")[2] == "conftest"):
            for package in below.packages(name, sys.modules):
                links.setdefault(self._node(name), set()).update(self._handed(name, package))
        everything = self._everything()
        for name, home in self._homes.items():
            if home in _EVERYBODYS:
                continue  # what these ask for is everybody's in any case
            names = self._looks(name) if home == OWN else frozenset()
            if name in self.recorder.logged.lookers:
                self._looking.add(self._node(name))
            if names is None:
                self._looking.add(self._node(name))
                links.setdefault(self._node(name), set()).update(everything)
            elif names:
                self._looked[self._node(name)] = names
                known = (node for one in names for node in self._known_by_name(name, one))
                links.setdefault(self._node(name), set()).update(known)
            parent = name.rpartition(".")[0]
            if parent:
                links.setdefault(self._node(name), set()).add(self._node(parent))
        return links

    def _looks(self, name: str) -> Optional[FrozenSet[str]]:
        """The modules that one looks for among all that are loaded; ``None``: it may see what others are."""
        text = text_of(name)
        for setting in peers.asked_by(text):
            self._asking.setdefault(setting, set()).add(self._node(name))
        return None if peers.asks(text) else looked.looked_at(text)

    def _meant(self, source: str, target: str) -> Iterator[str]:
        if not target.endswith(below.EVERYTHING):
            yield self._node(target)
            return
        package = below.resolved(target[:-2], sys.modules)
        yield self._node(package)
        # what installed packages find below others they import themselves
        if self._homes.get(package) == OWN or (self._homes.get(source) == OWN and _is_package(package)):
            yield from self._seen(source, package, target[:-2])

    def _known_by_name(self, source: str, name: str) -> Iterator[str]:
        """A module that is looked up in ``sys.modules``, and what is seen below it."""
        yield self._node(name)
        yield from self._seen(source, name, name)

    def _seen(self, source: str, package: str, target: str) -> Iterator[str]:
        """What a source sees below a package that it has bound by the name ``target``."""
        for name in self._at_hand.seen(source, package, target):
            yield from map(self._node, below.meant(name, self._homes))

    def _handed(self, source: str, package: str) -> Iterator[str]:
        """What tests may see below a package of the workspace that a source gives them as a whole."""
        names = self._at_hand.names(source, package) if self._homes.get(package) == OWN else set()
        if names is None or "" in names:
            yield from self._seen(source, package, package)

    def _reached(self, starts: Iterable[str]) -> Set[str]:
        return closure(starts, lambda node: self._links.get(node, ()))

    def looking(self) -> List[str]:
        """The files that may see what others have loaded: they mean something only where all are there."""
        lookers: Set[str] = set().union(*map(self._users, self.scopes.lookers))
        if self._looking & self.shared:
            return self.files
        return [file for file in self.files if file in lookers or self._looking & self.of[file]]

    def looked_at(self, file: str) -> Set[str]:
        """The modules of which it matters to the file whether somebody has loaded them."""
        reached = self.shared | self.of[file]
        found = {name for node in self._looked if node in reached for name in self._looked[node]}
        early = self._at_hand.early({_turn(file), *reached})
        heard = (names for who, names in self.scopes.heard.items() if file in self._users(who))
        return found.union(early, *heard, self._heard.get(file, ()))

    def _loggers_of(self, file: str) -> Set[str]:
        return self._loggers.seen(file, {_turn(file), *self.shared, *self.of[file]})

    def seen_below(self, file: str) -> Set[str]:
        """Modules that the file sees as attributes of packages, and does not load itself."""
        reached = {_turn(file), *self.shared, *self.of[file]}
        return self._at_hand.below(reached) - self.loads.surely(file)

    # -- what is told

    def shared_section(self) -> Section:
        """All that belongs to every file, as does what modules of the standard library asked for."""
        found = Section()
        found.add(self.scopes.shared)
        for name, section in self.scopes.modules.items():
            home = self._homes.get(name)
            if self._node(name) in self.shared or home not in (OWN, OTHER, "", None):
                found.add(section)
        return found

    def variables(self) -> Dict[str, Any]:
        """Of each file the variables that it reads, ``*`` is all, and the modules that it looks for."""
        found = {}
        for file in self.files:
            names, everything = self.asked(file)
            found[file] = [*(["*"] if everything else []), *sorted(names)]
            found[file] += sorted(f"{LOADED}{name}" for name in self.looked_at(file))
            found[file] += sorted(f"{BELOW}{name}" for name in self.seen_below(file))
        return found

    def parts(self) -> Iterator[Tuple[List[str], Section, List[str]]]:
        """(files, inputs that they have and no other has, the modules among these)."""
        holders: Dict[str, Set[str]] = {}
        for file in self.files:
            for node in self.of[file]:
                holders.setdefault(node, set()).add(file)
        groups: Dict[FrozenSet[str], Tuple[Section, Set[str]]] = {}
        for name in {*self.scopes.modules, *self._homes}:
            files = holders.get(self._node(name))
            if not files or self._homes.get(name) == RUNNER:
                continue
            section, modules = groups.setdefault(frozenset(files), (Section(), set()))
            if self._homes.get(name) in (OWN, OTHER, STANDARD, KEEPS):
                modules.add(name)
            if name in self.scopes.modules:
                section.add(self.scopes.modules[name])
        for file in self.files:
            section, _ = groups.setdefault(frozenset([file]), (Section(), set()))
            section.add(self.scopes.files[file])
        for users, told in self.turns.fixtures.sections(self.scopes):
            groups.setdefault(frozenset(users), (Section(), set()))[0].add(told)
        for group, (section, modules) in groups.items():
            yield sorted(group), section, sorted(modules)

    def shared_modules(self) -> List[str]:
        """Those of the workspace, and installed ones, that every file reaches."""
        return sorted(
            name
            for name, home in self._homes.items()
            if home in (OWN, OTHER, STANDARD, KEEPS) and self._node(name) in self.shared
        )

    # -- what belongs together

    def _settled(self, left: Left) -> Left:
        """With the modules that have taken what was so for a while, as it is known now whom they reach."""
        heard = {name for name, what in left.change.taken.items() if self._may_be_heard(name, what)}
        for user in left.users:
            self._heard.setdefault(user, set()).update(heard, left.change.heard)
        if not left.change.taken:
            return left
        taken = {name for name, what in left.change.taken.items() if self._may_see(name, what)}
        change = Change(left.change.modules | taken, left.change.facets)
        return Left(left.who, left.position, change, left.users)

    def _may_see(self, name: str, others: Iterable[str]) -> bool:
        """Whether a module may come to what is in one of the others; of some it is not known who does.

        Or asks for settings that are among them, or has found something in a folder that is.
        """
        if any(self._words.say(name, setting, asks=True) for setting in _settings(others)):
            return True  # also an installed one, by what it does while it is imported itself
        return self._comes_to(name, others, asks=True)

    def _may_be_heard(self, name: str, others: Iterable[str]) -> bool:
        """Whether who has set the others may hear, while the module is imported, what it does with them."""
        if any(self._words.say(name, setting, asks=False) for setting in _settings(others)):
            return True
        return self._comes_to(name, others, asks=False)

    def _comes_to(self, name: str, others: Iterable[str], *, asks: bool) -> bool:
        settings, reached = _settings(others), self._reached_from(self._node(name))
        folders = {one[len(SEARCHED) :] for one in others if one.startswith(SEARCHED)}
        nodes = {self._node(one) for one in others if not one.startswith((SAID, SEARCHED))}
        own = [node for node in reached if settings and self._homes.get(node) == OWN]
        if any(self._words.say(node, setting, asks=asks) for node in own for setting in settings):
            return True
        if any(self._lies_in(originals.absolute(folder), reached) for folder in folders):
            return True
        if self._homes.get(name) == OWN and nodes & self._everybodys:
            return True
        return bool(nodes & reached) or (bool(nodes) and any(map(self._asks_callers, reached)))

    def _reached_from(self, node: str) -> Set[str]:
        if node not in self._nodes:
            self._nodes[node] = self._reached([node])
        return self._nodes[node]

    def _asks_callers(self, node: str) -> bool:
        if node not in self._callers:
            self._callers[node] = self._homes.get(node) == OWN and peers.asks_callers(text_of(node))
        return self._callers[node]

    def touched(self, left: Left) -> Iterator[str]:
        """Files that may see what one left."""
        nodes = set(map(self._node, left.change.modules))
        for file in self.files:
            # one that another worker runs would have come after it in a run of all
            later = (
                left.position == BEFORE_TESTS or self.turns.last.get(file, left.position + 1) > left.position
            )
            if file in left.users or not (later or self._comes_after(left.who, file)):
                continue
            if nodes & self.shared or nodes & self.of[file] or self._sees(file, left.change.facets):
                yield file

    def _comes_after(self, who: str, file: str) -> bool:
        """Whether tests of the file may come later in a run of all, though they ran before (as long ones)."""
        mixed = self.turns.mixed
        return self._place.get(file, 0) > self._place.get(who, 0) or (who in mixed and file in mixed)

    def _sees(self, file: str, facets: Set[str]) -> bool:
        """A variable that is another concerns who reads it; all else concerns everybody."""
        if not all(map(asked_for, facets)):
            return True
        names, everything = self.asked(file) if facets else (set(), False)
        return sees(facets, names | {"*"} if everything else names)

    def asked(self, file: str) -> Tuple[Set[str], bool]:
        """The variables that a file reads, and whether it reads all."""
        sections, held = [self.scopes.shared, self.scopes.files[file]], self.turns.held.names
        sections += self.turns.fixtures.of(file, self.scopes)
        for name, section in self.scopes.modules.items():
            if self._node(name) in self.of[file] or self._node(name) in self.shared:
                sections.append(section)
        names = {name for section in sections for name in section.asked}
        given = self._at_hand.giving({_turn(file), *self.shared, *self.of[file]})
        names.update(map(GIVEN.__add__, given))
        names.update(map(loggers.facet, self._loggers_of(file)))
        reached = self.shared | self.of[file]
        names.update(one for one, nodes in self._asking.items() if not nodes.isdisjoint(reached))
        using = self.turns.fixtures.known.items()
        names |= {f"{FIXTURE}{name}" for name, files in using if file in files} & held
        for name, doers in self.scopes.numbered.items():
            if any(file in self._users(who) for who in doers):
                names.add(f"{NUMBERED}{name}")
        return names, any(section.whole_environment for section in sections)

    def pairs(self) -> Iterator[Tuple[str, str]]:
        """Two files each that are one unit."""
        yield from ((file, user) for file, who in self.scopes.readers for user in self._users(who))
        for left in self.left:
            others = sorted(left.users - {left.who})[:1]  # it may be taken down behind a stranger's test
            yield from ((who, file) for file in self.touched(left) for who in (left.who, *others))
        yield from self._by_search_path()
        for name, loading in self._loggers.left(self.files):
            seeing = (file for file in self.files if name in self._loggers_of(file))
            yield from ((file, other) for file in seeing for other in loading)
        spoilers = self.recorder.made.spoilers
        using = [file for file in self.files if spoilers and SHARED_FILES in self.asked(file)[0]]
        yield from ((who, file) for who in spoilers for file in using)
        for doers in self.scopes.numbered.values():
            # each is given the next number, but those of one fixture for one file are always the same ones
            users = sorted(set().union(*map(self._users, doers))) if len(doers) > 1 else []
            yield from ((users[0], other) for other in users)
        for file in self.files:
            seen = {one for name in self.seen_below(file) for one in below.meant(name, self._homes)}
            for name in self.looked_at(file) | seen - self.loads.surely(file):
                yield from ((file, other) for other in self.loads.loading(name, self.files))

    def _by_search_path(self) -> Iterator[Tuple[str, str]]:
        """pytest puts a test file's folder on the search path; another file may find its modules there."""
        for folder, owner in self.turns.inserted.items():
            if owner == ALL:
                continue
            for file in self.files:
                if package_root(os.path.join(self.root, file)) != folder and self._found_in(folder, file):
                    yield owner, file

    def _found_in(self, folder: str, file: str) -> bool:
        return self._lies_in(folder, self.of[file])

    def _lies_in(self, folder: str, names: Iterable[str]) -> bool:
        """Whether a module is among them that is found by way of a folder on the search path."""
        for name in names:
            origin = originals.attribute(sys.modules.get(name), "__file__")
            if isinstance(origin, str) and package_root(origin) == folder:
                return True
        return False

    def units(self) -> List[List[str]]:
        """Files that are together by twos and more."""
        unit = {file: {file} for file in self.files}
        for first, second in self.pairs():
            if first in unit and second in unit and unit[first] is not unit[second]:
                joined = unit[first] | unit[second]
                for file in joined:
                    unit[file] = joined
        return [sorted(files) for files in {id(one): one for one in unit.values()}.values() if len(files) > 1]

    def effects(self) -> List[Dict[str, Any]]:
        """What files leave that others may see; the ``files`` of one do each the same."""
        found = [
            {
                "files": sorted(left.users),
                "modules": sorted(left.change.modules),
                "facets": sorted(left.change.facets),
                "writes": [],
                "at_import": left.position == BEFORE_TESTS,
            }
            for left in self.left
        ]
        for name, files in self._loggers.left(self.files):
            facets = [loggers.facet(name)]
            found.append({"files": files, "modules": [], "facets": facets, "writes": [], "at_import": True})
        for files, facet in self._shared():
            told = {"files": files, "modules": [], "facets": [facet], "writes": [], "at_import": False}
            found.append(told)
        shared = self.recorder.made.fixtures()
        for path, owners in self.recorder.made.writes().items():
            doers = shared.get(path, ())
            users: Set[str] = set().union(*map(self._users, doers))
            for doing, fixture in ((owners.intersection(self.files), ""), (users, self._defined(doers))):
                if doing:
                    told = {"files": sorted(doing), "modules": [], "facets": [], "writes": [path]}
                    found.append({**told, "at_import": False, "fixture": fixture})
        return found

    def _defined(self, doers: Iterable[Doer]) -> str:
        """Which fixtures those are: others of the same name may do the same, and each for itself."""
        names = sorted({name for name, _ in doers})
        return ", ".join(f"{name} of {sorted(self.turns.defined.get(name, ()))}" for name in names)

    def _shared(self) -> Iterator[Tuple[List[str], str]]:
        """(files, what they do to the folders that all have) where others may come to see that."""
        for file in sorted(self.recorder.made.spoilers.intersection(self.files)):
            yield [file], SHARED_FILES
        for name, doers in self.scopes.numbered.items():
            # in a fixture it is done by who is the first to use it
            files = sorted(set().union(*map(self._users, doers)))
            if files:
                yield files, f"{NUMBERED}{name}"

    def _users(self, who: Doer) -> Set[str]:
        """The files that do something, each by itself or by a fixture that they share."""
        fixture, file = who
        known = (
            self.turns.fixtures.known.get(fixture, self.files) if fixture else [file] if file else self.files
        )
        return set(known).intersection(self.files)


_EVERYBODYS = (STANDARD, RUNNER, KEEPS)


def _settings(others: Iterable[str]) -> Set[str]:
    return {one[len(SAID) :] for one in others if one.startswith(SAID)}


def _is_package(name: str) -> bool:
    return originals.attribute(sys.modules.get(name), "__path__") is not None


def _turn(file: str) -> str:
    """Files and modules have one graph; no module's name begins so."""
    return f"/{file}"
