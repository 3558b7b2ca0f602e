"""Whose turn it is in a job, as pytest's hooks tell, and what each has left behind when it is over."""

from __future__ import annotations

import contextlib
import sys
from threading import get_ident
from typing import Any, Callable, Dict, FrozenSet, Iterable, Iterator, List, Optional, Set, Tuple

from .. import originals
from ..probes import after_import, databases
from ..record import labels
from ..record.asked import SEARCHED
from ..record.loading import NOTHING, Otherwise
from ..record.recorder import Recorder
from ..record.scopes import ALL, COLLECTION
from . import edges
from .around import Around
from .fixtures import Users
from .held import Held
from .joined import ones
from .lasting import Lasting
from .left import BEFORE_TESTS, UNLOOKED, UNSEEN, Left
from .library import met
from .looks import Looks
from .names.doings import Doings
from .state import Change, State


class Turns:
    """Of one job; nothing happens before :meth:`begin`. ``forked`` is how the process was before that.

    ``sole``: one file is expected, and no look is taken at what it leaves. A look is the dearest part of a
    trace, since it touches all that a worker shares with its server. ``whole``: all files that could be one
    with another are known, so that no look is taken either once all that are still to run are.
    """

    def __init__(
        self, recorder: Recorder, forked: Optional[State] = None, *, sole: bool = False, whole: bool = False
    ) -> None:
        self.recorder = recorder
        self.left: List[Left] = []
        self.position = BEFORE_TESTS
        self.last: Dict[str, int] = {}
        self.modules: Dict[str, Set[str]] = {}
        self.before: Set[str] = set()
        self.inserted: Dict[str, str] = {}
        self.fixtures = Users()
        self.order: Dict[str, None] = {}
        """The files that have tests, or are skipped as a whole, wherever they run."""
        self.mixed: Set[str] = set()
        """Those of which tests may run between others' ones."""
        self.stretches: List[List[Any]] = []
        """Of tests that ran in a row: their file, the numbers of the first and the last as collected."""
        self.defined: Dict[str, Set[str]] = {}
        """Where fixtures that files share are defined, by their names."""
        self.begun = False
        self.held = Held(recorder.scopes.homes)
        self.sole = sole
        self.settled_sole = False
        self._relabel: Optional[Callable[[str], str]] = None
        self.whole = whole
        self.joined = self.vain = False
        self.ones: Set[str] = set()
        """Files that are one with some that have run, as far as is known by now."""
        self.settled: Set[str] = set()
        """Modules whose import has set their own loggers."""
        self._state = forked
        self._doings = Doings()
        self._looks, self._meetings = Looks(), Looks()
        self._found: Otherwise = NOTHING
        self.around = Around()
        self._lasting = Lasting(lambda: self.state.set_otherwise(), lambda name: self.state.set_now(name))

    @property
    def state(self) -> State:
        assert self._state is not None
        return self._state

    def begin(self, plugins: Iterable[str], session: Any = None) -> None:
        """Collection begins; what is loaded is everybody's. ``plugins`` are names of pytest's plugins."""
        scopes = self.recorder.scopes
        scopes.homes.plugins |= frozenset(name.partition(".")[0] for name in plugins)
        self.recorder.follows, scopes.sole = not self.sole, self.sole
        after_import.hear_test_files(self.recorder)
        self.before = set(sys.modules)
        self.held = Held(scopes.homes)
        if not self.sole:
            self.held.session = session
            self._state = self._state.in_workspace(scopes.homes) if self._state else State(scopes.homes)
            self._look()
            self.recorder.loaded = self._loaded
            self.recorder.loading.otherwise = self._otherwise
            self.recorder.loading.met = self._met
            self.recorder.loading.ended = self._doings.ended
            self.recorder.loading.patched = self._is_patched
            self.recorder.loading.variables = lambda: self.state.variables
        self.around = Around()
        self.recorder.loading.heard, self.recorder.loading.told = self.around.heard, scopes.hears
        # what comes to be so later may have others beside it whose results hold
        self.vain = bool(scopes.shared.reasons or scopes.shared.unseen)
        self.begun = True

    def tells_nobody_apart(self) -> None:
        """It is settled that all there is will be one file's: who imports what need not be known."""
        self.settled_sole = self.recorder.scopes.sole = True
        edges.stop_hearing()

    def is_divided_after_all(self) -> None:
        """There may be several files."""
        self.sole = self.recorder.scopes.sole = False
        self.recorder.relabel = self._relabel
        if self.settled_sole:
            self.recorder.incomplete("it comes to test modules while it is configured")

    def label(self, switch: Callable[[str], str]) -> None:
        """Tell from here on whose doing it is what runs: where all is one file's, nobody need be told."""

        def quiet(label: str) -> str:
            # coverage.py then writes its data: a module that is being imported has asked for nothing by that
            with self._comparing():
                return switch(label)

        self._relabel = quiet
        self.recorder.relabel = None if self.sole else quiet
        after_import.hear_test_files(self.recorder)

    def _now_of(self, turn: str) -> None:
        self._label(labels.ALL if turn in (ALL, COLLECTION) else labels.of_file(turn))

    def _label(self, label: str) -> None:
        if self.recorder.relabel is not None:
            self.recorder.relabel(label)

    @contextlib.contextmanager
    def _comparing(self) -> Iterator[None]:
        """Which is no doing of the tests'."""
        # only for the thread that compares: what others do meanwhile is the tests'
        quiet, me = self.recorder.quiet, get_ident()
        before = me in quiet
        quiet.add(me)
        try:
            yield
        finally:
            if not before:
                quiet.discard(me)

    @property
    def is_settled(self) -> bool:
        """Whether nobody need look: all are one, or from the beginning nothing could be kept of any."""
        return self.joined or self.vain

    def _look(self) -> Change:
        if self.sole:
            return Change(set(), set())
        redefined, self.recorder.redefined = self.recorder.redefined, set()
        taken = {name: self._left_of(name, what) for name, what in self.recorder.loading.taken().items()}
        heard = {name for name, what in taken.items() if what is None}
        seen = {name: what for name, what in taken.items() if what}
        given = {name: self._left_of(name, what) for name, what in self.recorder.loading.given().items()}
        redefined |= {name for name, what in given.items() if what is None}
        seen.update({name: seen.get(name, NOTHING) | what for name, what in given.items() if what})
        self._doings.begins()
        self._lasting.begins()
        if self.is_settled:
            return Change({*redefined, *heard, *seen}, {UNLOOKED}, heard={*heard, *seen})
        try:
            with self._comparing():
                facets = self.held.look() | self.around.look() | databases.shared.look()
                return self.state.look() | Change(redefined | heard, facets, seen, heard)
        except Exception as error:  # what cannot be compared may have changed, and no test fails by it
            return Change(set(), {f"what cannot be compared ({type(error).__name__})"})

    def _left_of(self, name: str, what: Otherwise) -> Otherwise:
        """Without what lasts: folders that have stayed on the search path, what libraries have set for good.

        Where it is known who finds modules, and who sees the rest: of modules of the library nobody knows
        what they take from one another.
        """
        if what is None:
            return None
        try:
            with self._comparing():
                left = self._lasting.left(what.difference(f"{SEARCHED}{folder}" for folder in sys.path))
                scopes = self.recorder.scopes
                return None if left and not scopes.keeps(sys.modules.get(name)) else left
        except Exception:  # likewise
            return None

    def _otherwise(self, inner: bool) -> Otherwise:
        """By what a module that is imported now may come to be another, and is so only for a while.

        While files are collected hardly anything is but modules in place of others, unless
        the file's text has it. ``inner``: what is being imported asks for it, which may have set something.
        So may what has been imported before it, in which case one look is enough until more has ended.
        """
        scopes = self.recorder.scopes
        if not scopes.is_somebodys:
            return NOTHING
        if self.is_settled or self._looks.take_long(scopes.turn):
            return None
        try:
            with self._comparing(), self._looks.taking(scopes.turn):
                frame, elsewhere = originals.frame(1), self.around.elsewhere
                self._doings.continues(scopes)
                does = self._doings.between(frame, scopes.homes) if inner else self._does_itself(frame)
                self._follow_installed()
                if inner and not does and not self._doings.chained:
                    return self._lasting.told
                again = does or self._doings.unlooked
                self._doings.unlooked = False
                if not self._looks.one_more(scopes.turn, again):
                    return None
                found = self._found_otherwise(loaded_only=not again, elsewhere=elsewhere)
                if self._doings.chained:
                    found = self._found = found if again or found is None else _both(self._found, found)
                return _both(found, self._lasting.told)
        except Exception:  # likewise
            return None

    def _met(self, function: Any, args: Tuple[Any, ...], placed: bool) -> Dict[str, Otherwise]:
        """By what a function may have found what it remembers; ``placed``: it asked where it stands."""
        scopes, name = self.recorder.scopes, str(function.__module__)
        heard = self.recorder.listening and scopes.is_somebodys and not scopes.homes.is_plugin(name)
        if not heard or self.is_settled:
            return {}
        looks, turn = self._meetings, scopes.turn
        try:
            with self._comparing(), looks.taking(turn):
                if not self._does_itself(originals.frame(1)):
                    return {}
                if looks.take_long(turn) or not looks.one_more(turn, True):
                    return {name: None}
                apart, elsewhere = met.of_nothing(placed), self.around.elsewhere
                found = self._found_otherwise(loaded_only=False, elsewhere=elsewhere, apart=apart)
                return met.by(name, args, found, scopes)
        except Exception:  # likewise
            return {name: None}

    def _follow_installed(self) -> None:
        """Look once where code of the workspace imports anything after what is installed."""
        if not self._doings.installed or self.sole:
            return
        importing = self.recorder.loading.now
        if importing and not self.recorder.scopes.is_workspaces(importing[-1].module):
            return  # what modules of one library take from one another is the library's doing
        self._doings.installed = False
        self._lasting.look()

    def _is_patched(self) -> Otherwise:
        """Whether the library is another for a while, as a test may have it that imports more of it."""
        scopes = self.recorder.scopes
        if self.is_settled or self._looks.take_long(scopes.turn):
            return None
        try:
            with self._comparing(), self._looks.taking(scopes.turn):
                self._doings.continues(scopes)
                self._follow_installed()
                asks = self.position != BEFORE_TESTS or self._doings.chained
                if (asks or self._does_itself(originals.frame(1))) and self.state.is_patched():
                    return None
                return self._lasting.told
        except Exception:  # likewise
            return None

    def _does_itself(self, frame: Any) -> bool:
        """Whether the test file, or a test of it, may have set something by now."""
        if self.position != BEFORE_TESTS:
            return True
        frame = self.around.frame() if self.around.elsewhere else frame
        return self._doings.begun(frame, self.recorder.scopes.turn, self.recorder.scopes.homes)

    def _found_otherwise(
        self, *, loaded_only: bool, elsewhere: bool, apart: FrozenSet[str] = NOTHING
    ) -> Otherwise:
        found = self.state.otherwise(loaded_only=loaded_only, elsewhere=elsewhere, apart=apart)
        return _both(found, self.around.otherwise())

    def _loaded(self, module: Any) -> None:
        """What another module makes of its variables from here on is that one's doing."""
        if self.is_settled:
            return
        try:
            with self._comparing():
                self.state.begins(module)
                self._settles(str(originals.attribute(module, "__name__")), module)
        except Exception as error:  # likewise
            reason = f"a module that cannot be compared ({type(error).__name__})"
            self.recorder.scopes.shared.reasons[reason] = None

    def _settles(self, name: str, module: Any) -> None:
        fresh = self.recorder.logged.fresh
        if name in fresh:
            fresh.remove(name)
            if self.recorder.scopes.keeps(module) and self.state.settles(name):
                self.settled.add(name)

    def leavings(self, files: Iterable[str]) -> List[Left]:
        """What these files, which are all, have left: where nobody looked it may be anything."""
        unseen = [Left(file, BEFORE_TESTS, Change(set(), {UNSEEN})) for file in files] if self.sole else []
        return [*self.left, *unseen]

    def collects(self, file: Optional[str]) -> Tuple[str, List[str]]:
        """A file, or a folder, is being collected from here on."""
        self._now_of(file or COLLECTION)
        before = self.recorder.scopes.begun(file or COLLECTION)
        if file is not None:
            self.recorder.scopes.lies_below_folders(file)
            with self._comparing():
                self.held.comes_to_file()
        return before, list(sys.path)

    def collected(self, file: Optional[str], before: Tuple[str, List[str]]) -> None:
        """That is over."""
        turn, path = before
        for folder in sys.path:
            if folder not in path:
                self.inserted.setdefault(originals.absolute(str(folder)), file or ALL)
        if file is not None:
            change = self._look()
            change.facets.discard("sys.path")
            if change:
                self.left.append(Left(file, BEFORE_TESTS, change))
        self._now_of(turn)
        self.recorder.scopes.begun(turn)

    def is_module_of(self, file: str, module: str) -> None:
        """Tests of the file are that module's."""
        self.modules.setdefault(file, set()).add(module)

    def has(self, file: str) -> None:
        """The project has this test file."""
        self.order[file] = None

    def runs_in_order(self, tests: Iterable[Tuple[Optional[str], bool]]) -> None:
        """(file, whether it may be moved among others' tests) of each test, as they are to run."""
        order: Dict[str, None] = {}
        before = None
        for file, moved in tests:
            if file is not None:
                if moved or (file in order and file != before):
                    self.mixed.add(file)
                order[file] = None
            before = file
        # of those who have had to wait, or are left out, others may have been heard of earlier
        self.order = {**order, **self.order}

    def uses(self, fixture: str, file: str) -> None:
        self.fixtures.uses(fixture, file)

    def runs(self, file: str, number: int = 0) -> str:
        """A test of the file is next, of this number as they were collected."""
        last = self.stretches[-1] if self.stretches else None
        if last is not None and last[0] == file and last[2] <= number:
            last[2] = number
        else:
            self.stretches.append([file, number, number])
        if self.position == BEFORE_TESTS:
            self._look()  # what has changed since the collection is no test's doing: a fork, say
        self.position += 1
        self.last[file] = self.position
        self._now_of(file)
        return self.recorder.scopes.begun(file)

    def ran(self, file: str, turn: str, *, over: bool) -> None:
        """It has run; ``over``: the next one is another file's."""
        if over:
            self._leaves(file)
            self._now_of(ALL)
        self.recorder.scopes.begun(turn)

    def _leaves(self, file: str, users: Iterable[str] = ()) -> None:
        change = self._look()
        if change:
            self.left.append(Left(file, self.position, change, users))
        if self.whole and not users and not self.joined:
            found = ones(change, self.recorder.scopes, self.modules)
            self.joined = found.issuperset(self.recorder.scopes.files)
            self.ones |= found

    def shares(self, fixture: str) -> str:
        """A fixture that files share is set up, or torn down, from here on."""
        self._label(labels.of_fixture(fixture))
        turn = self.recorder.scopes.turn
        if turn not in (ALL, COLLECTION):
            self._leaves(turn)
        self.recorder.scopes.fixtures.append((fixture, self.recorder.scopes.doer[1]))
        return self.recorder.scopes.begun(ALL)

    def took_down(self, *, failed: bool, shared: bool) -> None:
        """A test has been, and perhaps what files share, of which it is told if that fails."""
        self.fixtures.ended(self.recorder.scopes, failed=failed, shared=shared)

    def holds(self, definition: Any) -> None:
        """pytest keeps the value of a fixture for the next files."""
        with self._comparing():
            self.held.begins(definition)

    def shared(self, fixture: str, turn: str, *, ended: bool = False) -> None:
        """That is over: it was ``turn``'s doing, and would have been that of each of its users.

        ``ended``: it has been taken down, behind a test that need not use it.
        """
        self._now_of(turn)
        if turn not in (ALL, COLLECTION):
            if ended:
                self.fixtures.ending.add(fixture)
            else:
                self.uses(fixture, turn)
            self._leaves(turn, self.fixtures.known.get(fixture, ()))
        self.recorder.scopes.fixtures.pop()
        self.recorder.scopes.begun(turn)


def _both(first: Otherwise, second: Otherwise) -> Otherwise:
    return None if first is None or second is None else first | second
