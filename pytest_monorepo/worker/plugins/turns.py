"""Tells the tracer of a worker whose turn it is: each test file's, that of the collection, or everybody's."""

from __future__ import annotations

import contextlib
import os
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Tuple

import pytest

from . import mainprocess
from .collectors import Collectors, is_conftest

# hooks that are called once for all tests: who implements one may look at each of them
_ABOUT_ALL = (
    "pytest_collection",
    "pytest_collection_modifyitems",
    "pytest_collection_finish",
    "pytest_runtestloop",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_unconfigure",
)


# they warn, and the second is kept, only where pytest writes the file (_pytest/junitxml.py)
_FOR_JUNIT = ("record_xml_attribute", "record_testsuite_property")


_ANY_MODULE = "doctestmodules"
"""The option by which any module may turn out to have tests."""


_identity = object.__hash__
"""As :func:`id`, which raises an audit event."""


class TurnsPlugin:
    """``turns`` are :class:`pytest_monorepo.inputs.owners.turns.Turns`.

    ``name`` makes of a node id a file's path in the workspace, which lies at ``root``. ``whole`` are the
    project's own hooks that are about all of it. ``configured`` is told of the configuration, ``says_ones``
    which files are one with some that have run, as soon as that is known.
    """

    def __init__(
        self,
        turns: Any,
        name: Callable[[str], str],
        root: str,
        configured: Callable[[Any], None],
        says_ones: Callable[[List[str]], None] = lambda files: None,
    ) -> None:
        self.turns = turns
        self.says_ones = says_ones
        self._ones = 0
        self.configured = configured
        self.name = name
        self.root = root
        self.whole: List[str] = []
        self._ends_folder = False
        self._numbers: Dict[int, int] = {}
        self._files: Dict[int, Tuple[Any, str, Any, Optional[str]]] = {}

    def file(self, node: Any) -> Optional[str]:
        """The test file that a node lies in; ``None`` for folders."""
        # asked six times of each test, and each node above it is asked for its class by abc
        key = _identity(node)
        known = self._files.get(key)
        if known is None or known[:3] != (node, node.nodeid, node.parent):
            known = self._files[key] = node, node.nodeid, node.parent, self._file(node)
        return known[3]

    def _file(self, node: Any) -> Optional[str]:
        holder = node if isinstance(node, pytest.File) else node.getparent(pytest.File)
        if holder is None or _is_folder(holder):
            return self._first_part(node) if isinstance(node, pytest.Item) else None
        return self._first_part(holder)

    def _first_part(self, node: Any) -> str:
        return self.name(node.nodeid).partition("::")[0]

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(self, early_config: Any) -> Any:
        self.configured(early_config)
        if self.turns.sole and not getattr(early_config.known_args_namespace, _ANY_MODULE, False):
            self.turns.tells_nobody_apart()
        yield

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> Any:
        manager = session.config.pluginmanager
        # not by get_plugins: a plugin need have no hash (a SimpleNamespace)
        plugins = [plugin for _, plugin in manager.list_name_plugin() if plugin is not None]
        if self.turns.sole and session.config.getoption(_ANY_MODULE, False):
            self.turns.is_divided_after_all()
        manager.register(_Captured(self.turns))
        collectors = Collectors(session.config, lambda: int(self.turns.recorder.redefinitions))
        self.turns.recorder.collected = collectors.kind
        self.turns.begin([_name(one) for one in plugins if not is_conftest(one)], session)
        # --capture=fd puts os.devnull in place of descriptor 0 (_pytest/capture.py, FDCapture); sys does not
        if session.config.getoption("capture") != "fd" and not _has_no_input():
            self.turns.recorder.incomplete("its tests could read what is typed (--capture)")
        if session.config.getoption("xmlpath", None):
            self.turns.recorder.see_shown(["junitxml"])  # then whose file it is depends on the call
        yield
        self.turns.recorder.scopes.lists_again(collectors.kind())
        set_now = (f"{name}, set while files are collected" for name in collectors.changes())
        self.whole = [*sorted(self._hooks_about_all(manager)), *set_now]

    def _hooks_about_all(self, manager: Any) -> Iterator[str]:
        """What they do may depend on which tests there are."""
        for hook in _ABOUT_ALL:
            for implementation in getattr(manager.hook, hook).get_hookimpls():
                file = getattr(implementation.plugin, "__file__", None)
                if isinstance(file, str) and mainprocess.is_own(file, self.root):
                    yield f"hook {hook}"

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_make_collect_report(self, collector: Any) -> Any:
        file = self.file(collector)
        before = self.turns.collects(file)
        outcome = yield
        self.turns.collected(file, before)
        if file is not None and outcome.excinfo is None and outcome.get_result().skipped:
            self.turns.has(file)

    @pytest.hookimpl(tryfirst=True)
    def pytest_deselected(self, items: Iterable[pytest.Item]) -> None:
        for file in filter(None, map(self.file, items)):
            self.turns.has(file)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.turns.runs_in_order([(self.file(item), _may_be_moved(item)) for item in session.items])
        self._numbers = {_identity(item): number for number, item in enumerate(session.items)}
        for item in session.items:
            file = self.file(item)
            self._locate(item, file)
            module = getattr(item, "module", None)
            if file is not None and module is not None:
                self.turns.is_module_of(file, str(module.__name__))
            for fixture in getattr(item, "fixturenames", ()) if file is not None else ():
                self.turns.uses(fixture, file)
            if file is not None and not isinstance(item, pytest.Function):
                self.turns.fixtures.anyhow.add(file)  # it may ask for any in a way of its own
        self.turns.held.session = session
        # tests of one file lie in the same ones
        apart = {_identity(one.parent): one for one in session.items}.values()
        self.turns.held.folders = {node.nodeid: node for one in apart for node in _folders(one)}

    def _locate(self, item: pytest.Item, file: Optional[str]) -> None:
        """We are the first to ask, for the tree of tests: where a test lies is its file's to know.

        pytest keeps the answer. To find it, it looks whether the test's file is there.
        """
        if file is not None:
            before = self.turns.recorder.scopes.begun(file)
            with contextlib.suppress(Exception):  # who asks next sees it
                item.location  # noqa: B018
            self.turns.recorder.scopes.begun(before)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: Optional[pytest.Item]) -> Any:
        file = self.file(item)
        assert file is not None
        turn = self.turns.runs(file, self._numbers.get(_identity(item), 0))
        yield
        self.turns.ran(file, turn, over=nextitem is None or self.file(nextitem) != file)
        if len(self.turns.ones) > self._ones:
            self._ones = len(self.turns.ones)
            self.says_ones(sorted(self.turns.ones))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        filtered = item.get_closest_marker("filterwarnings") is not None
        self.turns.around.notes(filtered=filtered, records="caplog" in getattr(item, "fixturenames", ()))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item, nextitem: Optional[pytest.Item]) -> Any:
        file, request = self.file(item), getattr(item, "_request", None)
        self._ends_folder = nextitem is None or _leaves_folder(item, nextitem)
        yield
        # with those that it, or what takes something down again, has asked for by getfixturevalue
        for fixture in getattr(request, "fixturenames", ()) if file is not None else ():
            self.turns.uses(fixture, file)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, call: Any) -> None:
        if call.when == "teardown":
            self.turns.took_down(failed=call.excinfo is not None, shared=self._ends_folder)

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Any:
        if fixturedef.argname in _FOR_JUNIT:
            self.turns.recorder.see_shown(["junitxml"])
        if fixturedef.scope not in ("session", "package"):
            yield
            return
        fixture = str(fixturedef.argname)
        self.turns.defined.setdefault(fixture, set()).add(str(fixturedef.baseid))
        self.turns.fixtures.sets_up(fixture, fixturedef.func, fixturedef.argnames)
        begin, end = self._brackets(fixture)
        fixturedef.addfinalizer(end)
        turn = self.turns.shares(fixture)
        yield
        self.turns.shared(fixture, turn)
        self.turns.holds(fixturedef)
        fixturedef.addfinalizer(begin)  # the last one is the first to be called

    def _brackets(self, fixture: str) -> Any:
        turn = [""]

        def begin() -> None:
            turn[0] = self.turns.shares(fixture)

        def end() -> None:
            self.turns.shared(fixture, turn[0], ended=True)

        return begin, end


class _Captured:
    """Notes the streams that a file finds which is collected: pytest sets its own for files, not for folders.

    So what is installed and takes a stream while a test file imports it first would count as left by that.
    """

    def __init__(self, turns: Any) -> None:
        self.turns = turns

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_make_collect_report(self) -> Any:
        self.turns.around.notes()
        yield


def _has_no_input() -> bool:
    try:
        return os.readlink("/proc/self/fd/0") == os.devnull
    except OSError:  # it is closed
        return True


def _is_folder(holder: Any) -> bool:
    """Before pytest 8 a package was a file: its ``__init__.py``."""
    return isinstance(holder, pytest.Package)


def _folders(item: pytest.Item) -> Iterator[Any]:
    """The nodes above an item's file, but the session."""
    for node in item.listchain()[1:]:
        if not _is_folder(node) and isinstance(node, (pytest.File, pytest.Item)):
            return
        yield node


def _leaves_folder(item: pytest.Item, following: pytest.Item) -> bool:
    stays = following.listchain() if following.parent is not item.parent else ()
    return bool(stays) and any(folder not in stays for folder in _folders(item))


def _may_be_moved(item: pytest.Item) -> bool:
    """Whether pytest brings tests of several files together that have the same value of a fixture."""
    spec = getattr(item, "callspec", None)
    scopes = getattr(spec, "_arg2scope", None) or getattr(spec, "_arg2scopenum", None) or {}
    return any(getattr(scope, "value", scope) in _ABOVE_FILES for scope in scopes.values())


_ABOVE_FILES = ("session", "package", 0, 1)
"""Before pytest 7 a scope was a number."""


def _name(plugin: Any) -> str:
    return str(getattr(plugin, "__name__", None) or type(plugin).__module__)
