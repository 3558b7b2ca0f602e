"""What crosses the wall between controller and worker: small frozen messages (as bytes: :mod:`.wire`).

Only plain data crosses; pytest's own reports travel as the dictionaries that
``pytest_report_to_serializable`` makes, and exceptions as text.

Controller, fork server and every spawned worker load this; :mod:`.message` keeps that cheap.
"""

from __future__ import annotations

import os
from typing import Any, Dict, List, Optional, Sequence, Tuple

from .message import NO_DICT, NO_LIST, Message

VERSION = 1


class ProtocolError(Exception):
    """The other side spoke something that is none of our messages; ``before`` are those that came first."""

    def __init__(self, text: str, before: Sequence[Any] = ()) -> None:
        super().__init__(text)
        self.before = before


class Word:
    """A message that says all by its kind: a tuple without fields would be false, and equal to the others."""

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(type(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Job(Message):
    """One project to run, as the worker needs to know it; paths absolute unless said otherwise.

    ``deselect``, ``lastfailed``, ``only`` and ``start_at`` hold node ids relative to the workspace; ``only``
    is what a fresh worker still has to run after its predecessor died. ``source_roots`` are (folder,
    distribution name) pairs to put first on ``sys.path``. ``workerinput`` is what plugins find in
    ``config.workerinput``, as under pytest-xdist. With ``pause`` the worker waits after every failure for
    :class:`Go` or :class:`Stop`, so that ``-x`` and ``--maxfail`` stop it at once. With ``split`` (``auto``,
    ``file``, ``scope``, ``test``) it waits for :class:`Begin` after collection and asks for its tests group
    by group. ``coverage`` is what :mod:`.coverage.measure` takes. ``share`` is set where other machines run
    some of the project's test files: ``files`` run here, ``others`` elsewhere, what is in neither here if
    ``first``.
    ``within`` are paths and node ids of a project whose tests lie outside its folder, see
    :class:`.plugins.within.Within`.
    ``keep_whole`` is what :func:`.plugins.whole.reasons` takes, ``reports`` what
    :func:`own_reports.own` does, ``conftests`` what :func:`mainprocess.reason` does.
    ``guarded`` are those of ``source_roots`` that are another project's, each with the top-level names that
    look like tests and are its code (:class:`guarding.Guarded`).
    ``own`` is set on a cluster's node, see :class:`.plugins.origin.Origin`.
    ``together`` are test files, relative to the workspace, that one worker should run where several share.
    ``hooks`` are our own with their parameters: a conftest that implements one for the controller is loaded
    here too, and pytest refuses what it has never heard of. ``own_folders`` hold what the run itself makes:
    nothing in them is an input of the tests. ``quarantine`` are (tests, reason) pairs, see
    :class:`.plugins.quarantine.Quarantine`. ``brief`` allows for :class:`TestPassed`,
    ``measure_imports`` asks for :class:`Imported`, ``scopes`` for :class:`Bound`. ``sole``: the project has
    one test file, so that nobody is there to see what that leaves behind. ``whole``: all of its test files
    are collected here. ``referee``: what Python does not tell of is to be seen by one, where there can be.
    ``shown`` are the options of :mod:`pytest_monorepo.inputs.record.shown`.
    """

    root: str
    project: str
    folder: str
    args: List[str]
    argv: List[str]
    as_module: bool = False
    source_roots: List[List[str]] = NO_LIST
    deselect: List[str] = NO_LIST
    lastfailed: Optional[List[str]] = None
    only: Optional[List[str]] = None
    start_at: Optional[str] = None
    pause: bool = False
    split: str = "none"
    coverage: Optional[Dict[str, Any]] = None
    collect_only: bool = False
    terminal: bool = False
    out: str = os.devnull
    err: str = os.devnull
    environ: Dict[str, str] = NO_DICT
    workerinput: Dict[str, Any] = NO_DICT
    inherited_options: List[List[Any]] = NO_LIST
    hooks: Dict[str, List[str]] = NO_DICT
    share: Optional[Dict[str, Any]] = None
    within: List[str] = NO_LIST
    keep_whole: List[str] = NO_LIST
    reports: Dict[str, Any] = NO_DICT
    own_folders: List[str] = NO_LIST
    conftests: List[str] = NO_LIST
    guarded: Dict[str, List[str]] = NO_DICT
    own: Optional[Dict[str, Any]] = None
    together: List[List[str]] = NO_LIST
    quarantine: List[List[str]] = NO_LIST
    brief: bool = False
    measure_imports: bool = False
    scopes: bool = False
    sole: bool = False
    whole: bool = False
    shown: Dict[str, str] = NO_DICT
    referee: bool = False


# worker -> controller


class Hello(Message):
    """The worker stands in its project's folder and is about to start pytest."""

    pid: int
    python: str
    pytest: str
    version: int = VERSION


class Node(Message):
    """One node of a collected tree; ``parent`` is an index into the same list, -1 for the top.

    ``path`` is relative to the workspace where it lies in it.

    ``base`` is the public class of pytest that it is one of (``Class``, ``Module``, ``File`` …), ``function``
    and ``parameters`` what a parametrized test is made of.
    """

    parent: int
    kind: str
    name: str
    nodeid: str
    path: str
    line: Optional[int]
    domain: str
    doc: Optional[str]
    is_item: bool
    base: str = ""
    function: Optional[str] = None
    parameters: Optional[str] = None


class Collected(Message):
    """Collection ended: node ids in the order in which they will run; ``nodes`` with ``--collect-only``.

    Where results are kept there are always nodes, and a :func:`.described.fact` for each test;
    ``narrowed`` see :func:`.described.narrows`.

    ``groups`` numbers for each test the group that one worker must run; only where the job says ``split``.
    ``elsewhere`` counts the tests that another machine runs or deselects. ``whole`` are the values of
    each :class:`whole.Reason` why there are no groups; ``junit`` see :func:`junit.settings`; ``uninstalled``
    see :func:`environment.prepare`.
    """

    tests: List[str]
    nodes: List[List[Any]]
    groups: List[int] = NO_LIST
    elsewhere: int = 0
    whole: List[List[str]] = NO_LIST
    junit: Dict[str, Any] = NO_DICT
    uninstalled: List[str] = NO_LIST
    facts: List[List[Any]] = NO_LIST
    narrowed: bool = False


class CollectReport(Message):
    data: Dict[str, Any]


class Bound(Message):
    """In these test files something is set up for several tests (:mod:`.plugins.scopes`); ``""``: in all."""

    files: List[str]


class Deselected(Message):
    nodeids: List[str]


class TestStarted(Message):
    nodeid: str
    location: Tuple[str, Optional[int], str]


class TestReport(Message):
    data: Dict[str, Any]


PHASES = ("setup", "call", "teardown")


class TestPassed(Message):
    """The started test has ended, and all its reports are ordinary ones (:mod:`.plugins.reports.passes`).

    ``keywords`` are the names that each report has, ``times`` the duration, start and stop of each phase. It
    names its test, since what is kept of a file may be told in part.
    """

    nodeid: str
    keywords: List[str]
    times: List[float]


class TestFinished(Message):
    nodeid: str
    location: Tuple[str, Optional[int], str]


class WarningRecorded(Message):
    category: str
    module: str
    message: str
    filename: str
    lineno: int
    line: Optional[str]
    when: str
    nodeid: str
    location: Optional[List[Any]]


class WrongFile(Message):
    """A test module's code came from another file than its node ids name."""

    nodeid: str
    expected: str
    actual: str


class Stray(Message):
    """On a node: a module of the workspace was loaded from elsewhere than the code that was sent there."""

    module: str
    file: str


class PluginSaid(Message):
    """What a plugin that judges the whole project printed at its end; ``exitstatus`` if it changed it."""

    plugin: str
    text: str
    exitstatus: Optional[int] = None


class InternalError(Message):
    text: str


class Interrupted(Message):
    """A test or plugin ended the whole session early: ``pytest.exit``, or a ``KeyboardInterrupt``."""

    reason: str


class Quit(Message):
    """Somebody at a debugger has ended the run; ``reason`` is what pytest says of it, empty for Ctrl-C."""

    reason: str


class NextWanted(Word):
    """The worker is about to run the last test it has; :class:`Run` answers."""


class CannotFork(Word):
    """Threads run: siblings must collect for themselves."""


class OneWith(Message):
    """These files are one with some that the worker has run, as far as is known by now."""

    files: List[str]


class TerminalWanted(Message):
    """A debugger is about to ask; the worker waits for :class:`TerminalGranted`."""

    nodeid: str


class TerminalReleased(Word):
    pass


class Prompt(Message):
    """Somebody at the terminal is asked, or has answered: no time limit holds meanwhile."""

    open: bool


class Traced(Message):
    """What the job has asked for, as :meth:`pytest_monorepo.inputs.start.Tracer.trace` tells."""

    trace: Dict[str, Any]


class Imported(Message):
    """Seconds that each installed module took to import, where no other of them imported it."""

    seconds: Dict[str, Any]


class Finished(Message):
    """pytest returned; the process still has its ``atexit`` functions to run.

    ``peak`` is the most memory that it held, in bytes, shared pages included; 0 where unknown.
    """

    exitstatus: int
    workeroutput: Dict[str, Any]
    coverage: Optional[Dict[str, Any]] = None
    peak: int = 0


# fork server -> controller


class Ready(Message):
    pid: int
    python: str
    pytest: str


class Shared(Message):
    """Before it is ready: what the server has imported for its workers, see :mod:`.preload.importing`."""

    tops: List[str]
    reads: List[str]
    missing: List[str]


class CannotShare(Message):
    """The server ends, as it must not import this module for its workers; ``reason`` is for the user.

    ``instead`` are modules that whoever imports it imports first, see :mod:`.preload.leading`.
    """

    module: str
    reason: str
    instead: List[str]


class CannotStart(Message):
    """The fork server's interpreter cannot run pytest; ``reason`` is for the user."""

    reason: str


class Forked(Message):
    number: int
    pid: int


class Exited(Message):
    """``code`` is the exit code, or minus the signal that ended the worker.

    ``left_behind`` are (process id, command) pairs of what its tests had left running and is killed now.
    """

    number: int
    code: int
    left_behind: List[List[Any]]


# controller -> worker


class Stop(Message):
    reason: str


class Go(Word):
    """Go on after a failure."""


class Begin(Message):
    """Start to run tests as ``worker``; as many siblings are forked first as file descriptors come along."""

    worker: str


class Run(Message):
    """Indices into :class:`Collected` ``.tests``; none when nothing is left."""

    tests: List[int]


class Dismissed(Word):
    """A sibling that was never needed ends without a trace; a fork server whose run is over ends."""


class TerminalGranted(Word):
    pass


# controller -> fork server


class Serve(Message):
    """To a server that was forked before its run had a folder: ``tmp``, and the ``log`` for its errors."""

    tmp: str
    log: str


class Fork(Message):
    """Fork a worker; the worker's end of its channel travels along as a file descriptor.

    ``measure``: its job has coverage, so what every measurement begins with is done before the fork.
    ``sole``: it has one test file, so nobody asks what that leaves (:class:`Job`).
    """

    number: int
    measure: bool = False
    sole: bool = False


class Share(Message):
    """Fork a server that imports ``modules`` for its workers, with ``environ`` as all there is of variables.

    Its end of the connection travels along; ``log`` is for its errors, ``root`` the workspace's,
    ``unwanted`` see :func:`.warming.warm_up`.
    """

    number: int
    root: str
    modules: List[str]
    unwanted: List[str]
    environ: Dict[str, str]
    log: str
