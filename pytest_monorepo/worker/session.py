"""One project's pytest run inside a worker, told to the controller message by message.

The worker is a whole pytest of its own: rootdir, ini file, conftests and plugins are what pytest chooses
in the project's folder. A single plugin object, :class:`Sender`, is added; it follows pytest-xdist's
conventions (``config.workerinput``, ``PYTEST_XDIST_WORKER``) because the ecosystem's plugins know them.
"""

from __future__ import annotations

import os
import platform
import sys
import types
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional

import pytest

from . import protocol, splitting
from .paths import Location, Paths, relocate_report
from .plugins import junit, mainprocess, own_reports, packing, properties, reruns, retries, seeds, whole
from .plugins.judges import Judges
from .process.borrowing import Borrower
from .process.channel import Channel
from .process.terminal import flush_standard_streams
from .tree import tree, wrong_files


class Sender:
    """The plugin a worker's pytest runs with: tells the controller everything, decides nothing."""

    def __init__(self, job: protocol.Job, channel: Channel, uninstalled: Iterable[str] = ()) -> None:
        self.job = job
        self.channel = channel
        self.uninstalled = list(uninstalled)
        self.paths = Paths(job.root, job.folder)
        self.workeroutput: Dict[str, Any] = {}
        self.session: Optional[pytest.Session] = None
        self.current = ""
        self.failed = False
        self.terminal_file: Any = None
        self.chunks: List[List[int]] = []
        self.elsewhere = 0
        self.share = {key: set(job.share[key]) for key in ("files", "others")} if job.share else None
        self.whole: List[whole.Reason] = []
        self.main = mainprocess.reason(job.conftests)
        self.judges = Judges(job, channel.send)

    # -- configuration

    def pytest_addoption(self, parser: Any, pluginmanager: Any) -> None:
        """Take our own options, which an inherited ini file may hold, and do nothing with them."""
        config = pluginmanager.get_plugin("pytestconfig")
        config.workerinput = self.job.workerinput
        config.workeroutput = self.workeroutput
        if self.main is not None:
            mainprocess.hide_worker(config, self.job.root)
        # by its entry point, or by -p or PYTEST_PLUGINS where autoloading is off; -p would lift a blockade
        for name in ("monorepo", "pytest_monorepo.plugin"):
            pluginmanager.register(_Absent(), name)
        group = parser.getgroup("monorepo")
        for names, attrs in self.job.inherited_options:
            group.addoption(*names, **dict(attrs, help="for the controller"))

    def pytest_plugin_registered(self, plugin: Any, manager: Any) -> None:
        """Plugins of the project's own that are no conftests: ``pytest_plugins``, or its own ``-p``."""
        path = getattr(plugin, "__file__", None)
        if self.main is None and isinstance(path, str) and mainprocess.is_own(path, self.job.root):
            self.main = mainprocess.reason([path])
            if self.main is not None:
                mainprocess.hide_worker(manager.get_plugin("pytestconfig"), self.job.root)

    def pytest_addhooks(self, pluginmanager: Any) -> None:
        specs = {name: eval(f"lambda {', '.join(args)}: None") for name, args in self.job.hooks.items()}
        if specs:  # pluggy refuses a namespace without any
            pluginmanager.add_hookspecs(types.SimpleNamespace(**specs))

    @pytest.hookimpl(hookwrapper=True)
    def pytest_load_initial_conftests(self, early_config: Any) -> Any:
        # pytest-cov would measure each project on its own, into the project's folder.
        early_config.known_args_namespace.cov_source = None
        yield

    @pytest.hookimpl(hookwrapper=True)
    def pytest_cmdline_main(self, config: Any) -> Any:
        # A project's own "-n auto" must not start workers inside a worker.
        if getattr(config.option, "numprocesses", None) is not None:
            config.option.numprocesses = None
            config.option.dist = "no"
            config.option.tx = []
        seeds.keep_own(config.option, self.job.workerinput)
        reruns.count_attempts(config)
        retries.prepare(config)
        self.paths.rootdir = str(config.rootpath)
        config.option.deselect = [
            *(self.paths.local(nodeid) for nodeid in self.job.deselect),
            *_own_deselections(config),
        ]
        yield

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: Any) -> None:
        if config.pluginmanager.has_plugin("debugging"):
            import code  # noqa: F401  # as pdb would have just now, had the server not imported that
        if words := own_reports.unwritten(config):
            self.channel.send(protocol.PluginSaid("pytest-cov", words))
        if self.job.lastfailed is not None:
            _hand_over_lastfailed(config, [self.paths.local(n) for n in self.job.lastfailed])
        if self.job.workerinput.get("junitxml"):
            config.pluginmanager.register(junit, "monorepo-junit")
        if self.job.terminal:
            self.terminal_file = _mute_terminal_reporter(config, self.job.out)

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self.session = session
        self._obey(self.channel.commands())

    # -- collection

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if self.session is not None and not report.passed and self._is_told_here(report):
            data = self.session.config.hook.pytest_report_to_serializable(
                config=self.session.config, report=report
            )
            self.channel.send(protocol.CollectReport(relocate_report(data, self.paths)))

    def _is_told_here(self, report: pytest.CollectReport) -> bool:
        if self._is_mine(report.nodeid):
            return True
        # the error keeps our own tests from running, and it must be said why
        assert self.session is not None
        return report.failed and not self.session.config.option.continue_on_collection_errors

    def _is_mine(self, nodeid: str) -> bool:
        """Whether a file or test is this machine's. All is collected everywhere, since tests can tell."""
        if self.share is None or self.job.share is None:
            return True
        path = self.paths.path(nodeid.partition("::")[0])
        return path in self.share["files"] or (self.job.share["first"] and path not in self.share["others"])

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: Any, items: List[pytest.Item]) -> None:
        for wrong in wrong_files(items):
            if self._is_mine(wrong.nodeid):
                self.channel.send(
                    protocol.WrongFile(self.paths.nodeid(wrong.nodeid), wrong.expected, wrong.actual)
                )
        if self.job.only is not None:
            wanted = {self.paths.local(nodeid) for nodeid in self.job.only}
            items[:] = [item for item in items if item.nodeid in wanted]
        if self.job.start_at is not None:
            start = self.paths.local(self.job.start_at)
            index = next((i for i, item in enumerate(items) if item.nodeid == start), 0)
            skipped, items[:] = items[:index], items[index:]
            if skipped:
                config.hook.pytest_deselected(items=skipped)

    def pytest_deselected(self, items: List[pytest.Item]) -> None:
        mine = [self.paths.nodeid(item.nodeid) for item in items if self._is_mine(item.nodeid)]
        self.elsewhere += len(items) - len(mine)
        if mine:
            self.channel.send(protocol.Deselected(mine))

    @property
    def depends_on_the_last_run(self) -> List[str]:
        """Options, a project's own included, with which the last run's outcome chooses or orders tests."""
        options = self.session.config.option if self.session is not None else None
        return [
            f"{words} chooses or orders tests by the last run"
            for name, words in (
                ("lf", "--lf"),
                ("failedfirst", "--ff"),
                ("newfirst", "--nf"),
                ("stepwise", "--sw"),
            )
            if getattr(options, name, False)
            # what the controller hands over counts as an option does
            and not (self.job.lastfailed is not None and name in ("lf", "failedfirst"))
        ]

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.whole = whole.reasons(
            session.config, session.items, keep=self.job.keep_whole, own_maxfail=not self.job.pause
        )
        self.whole += [
            whole.Reason("option", reporter.option)
            for reporter in own_reports.own(session.config, self.job.reports)
        ]
        if self.main is not None:
            self.whole.append(whole.Reason("conftest", self.main, "pytest-xdist"))
        self._leave_to_others(session)
        nodes = tree(session.items, self.paths) if self.job.collect_only else []
        tests = [self.paths.nodeid(item.nodeid) for item in session.items]
        groups = splitting.groups_of(session.items, self.job.split) if self._shares(session) else []
        self.judges.alone = self.judges.alone and not groups
        reasons = [[reason.kind, reason.name, reason.plugin] for reason in self.whole]
        settings = junit.settings(session.config) if self.job.workerinput.get("junitxml") else {}
        told = (tests, nodes, groups, self.elsewhere, reasons, settings, self.uninstalled)
        self.channel.send(protocol.Collected(*told))
        self.channel.flush()

    def _leave_to_others(self, session: pytest.Session) -> None:
        """After --lf has chosen, which looks at all of the project's tests."""
        if self.whole and self.job.share is not None:
            # every machine finds the same, and the first one takes all
            mine = session.items if self.job.share["first"] else []
        else:
            mine = [item for item in session.items if self._is_mine(item.nodeid)]
        self.elsewhere += len(session.items) - len(mine)
        session.items[:] = mine

    def _shares(self, session: pytest.Session) -> bool:
        """Whether the tests are run as the controller hands them out; it does where it is told of any."""
        stops = session.testsfailed and not session.config.option.continue_on_collection_errors
        splits = self.job.split != "none" and not self.job.collect_only and not self.whole
        return splits and bool(session.items) and not stops

    # -- splitting

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Optional[bool]:
        if not self._shares(session):
            return None  # pytest's own loop, or its complaint about collection errors
        self._begin(session.config)
        return splitting.run_queue(session, self)

    def _begin(self, config: Any) -> None:
        """Wait for the word, fork the siblings, and in each of them wait again for its own."""
        begin = self._wait_for(protocol.Begin)
        fds, self.channel.fds = self.channel.fds, []
        if fds and not splitting.may_fork():
            for fd in fds:
                os.close(fd)
            self.channel.send(protocol.CannotFork())
        elif fds:
            flush_standard_streams()
            sock = splitting.fork_siblings(fds, self.channel.close)
            if sock is not None:
                self.channel.replaced_by(sock)
                self.channel.send(protocol.Hello(os.getpid(), platform.python_version(), pytest.__version__))
                self.channel.flush()
                begin = self._wait_for(protocol.Begin)
                splitting.become_sibling(config, begin.worker)
        self.job.workerinput["workerid"] = begin.worker
        os.environ["PYTEST_XDIST_WORKER"] = begin.worker

    def _wait_for(self, kind: Any) -> Any:
        found = None
        while found is None:
            for command in self.channel.wait():
                if isinstance(command, protocol.Dismissed):
                    os._exit(0)
                if isinstance(command, kind):
                    found = command
                else:
                    self._obey([command])
            if self.session is not None and self.session.shouldstop:
                raise self.session.Interrupted(self.session.shouldstop)
        return found

    def next_chunk(self) -> List[int]:
        """The next tests to run; none when nothing is left or the run is stopped."""
        assert self.session is not None
        self.channel.send(protocol.NextWanted())
        self.channel.flush()
        while not self.chunks and not self.session.shouldstop:
            self._obey(self.channel.wait())
        return self.chunks.pop(0) if self.chunks else []

    # -- tests

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        # a plugin that ends the process from here on must not take the last test with it
        self.channel.flush()

    def pytest_runtest_logstart(self, nodeid: str, location: Location) -> None:
        self._obey(self.channel.commands())
        self.current = self.paths.nodeid(nodeid)
        self.channel.send(protocol.TestStarted(self.current, self.paths.location(location)))
        self.channel.flush()
        if self.job.terminal:
            self._obey(self.channel.wait())  # the controller's words first, then what the test prints

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        assert self.session is not None
        config = self.session.config
        data = config.hook.pytest_report_to_serializable(config=config, report=report)
        if data.get("user_properties"):
            data["user_properties"] = properties.packed(report.user_properties)
        self.channel.send(protocol.TestReport(relocate_report(data, self.paths)))

        self.failed = self.failed or (report.failed and not hasattr(report, "wasxfail"))

    def pytest_runtest_logfinish(self, nodeid: str, location: Location) -> None:
        self.channel.send(protocol.TestFinished(self.paths.nodeid(nodeid), self.paths.location(location)))
        if self.job.terminal:
            flush_standard_streams()  # what the test printed, before the controller prints its outcome
        told_to_stop = self.session is not None and self.session.shouldstop
        if not told_to_stop and (self.job.terminal or (self.failed and self.job.pause)):
            # once told to stop, no further word comes
            self.channel.flush()
            self._obey(self.channel.wait())
        else:
            self._obey(self.channel.commands())
        self.failed = False

    def _obey(self, commands: List[Any]) -> None:
        for command in commands:
            if isinstance(command, protocol.Stop) and self.session is not None:
                self.session.shouldstop = command.reason
            elif isinstance(command, protocol.Run):
                self.chunks.append(command.tests)

    # -- everything else

    def files_of_its_own(self) -> List[str]:
        """What a replay would not write, in words: reports that the project's own settings ask for."""
        config = self.session.config if self.session is not None else None
        return [f"writes a file for {one.option}" for one in own_reports.own(config, self.job.reports)]

    def pytest_warning_recorded(self, warning_message: Any, when: str, nodeid: str, location: Any) -> None:
        category = warning_message.category
        self.channel.send(
            protocol.WarningRecorded(
                category=category.__name__,
                module=category.__module__,
                message=str(warning_message.message),
                filename=warning_message.filename,
                lineno=warning_message.lineno,
                line=warning_message.line,
                when=when,
                nodeid=self.paths.nodeid(nodeid) if nodeid else "",
                location=list(location) if location else None,
            )
        )

    def pytest_internalerror(self, excrepr: object) -> None:
        self.channel.send(protocol.InternalError(str(excrepr)))
        self.channel.flush()

    def pytest_keyboard_interrupt(self, excinfo: Any) -> None:
        self.channel.send(protocol.Interrupted(excinfo.exconly()))

    # -- the terminal, when a debugger asks for it

    @pytest.hookimpl(hookwrapper=True)
    def pytest_exception_interact(self, node: Any) -> Any:
        # --pdb prints the traceback through the reporter that -s has muted.
        with _unmuted(node.config, self.terminal_file):
            yield


def _own_deselections(config: Any) -> List[str]:
    """``--deselect`` values of the project's own ini file, which are relative to its rootdir already."""
    return list(getattr(config.option, "deselect", None) or [])


def _hand_over_lastfailed(config: Any, nodeids: List[str]) -> None:
    """Let pytest's own ``--lf``/``--ff`` work on the controller's record instead of the project's.

    The record is an attribute of a private plugin class; there is no public way to hand it one.
    ``tests/worker`` fails when it moves.
    """
    plugin = config.pluginmanager.get_plugin("lfplugin")
    if plugin is None:
        return
    known: Dict[Any, bool] = dict.fromkeys(nodeids, True)
    try:
        from _pytest.nodeid import NodeId  # pytest >= 9.1 keys the record by objects
    except ImportError:
        pass
    else:
        known = {NodeId.parse(nodeid): True for nodeid in nodeids}
    plugin.lastfailed = known


def _mute_terminal_reporter(config: Any, out: str) -> Any:
    """Send the worker's own terminal report to its log: with ``-s`` only the tests may print.

    ``TerminalWriter._file`` is private; nothing public redirects a reporter once it exists.
    """
    if not config.pluginmanager.has_plugin("terminalreporter"):
        return None
    writer = config.get_terminal_writer()
    original, writer._file = writer._file, open(out, "a", encoding="utf-8", errors="replace")
    return original


class _unmuted:
    def __init__(self, config: Any, original: Any) -> None:
        # with -p no:terminal there is no writer, and nothing was muted
        self.writer: Any = config.get_terminal_writer() if original is not None else None
        self.original = original

    def __enter__(self) -> None:
        if self.original is not None:
            self.writer._file, self.original = self.original, self.writer._file

    def __exit__(self, *exc: object) -> None:
        if self.original is not None:
            self.writer._file, self.original = self.original, self.writer._file


class _Absent:
    """Stands where pytest-monorepo's own plugin would be loaded into a worker."""


def _peak_memory() -> int:
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


class Run:
    """The prepared job's pytest run; everything is told over ``channel``."""

    def __init__(
        self,
        job: protocol.Job,
        channel: Channel,
        extra_plugins: Iterable[Any] = (),
        tracer: Any = None,
        uninstalled: Iterable[str] = (),
    ) -> None:
        self.job = job
        self.tracer = tracer
        self.channel = channel
        channel.send(protocol.Hello(os.getpid(), platform.python_version(), pytest.__version__))
        channel.flush()
        self.sender = Sender(job, channel, uninstalled)
        self.borrower = Borrower(job, channel, lambda: self.sender.current)
        self.plugins: List[Any] = [self.sender, self.sender.judges, self.borrower, *extra_plugins]
        self.measurement: Any = None
        self.taken_over = False
        if job.coverage is not None:
            from .coverage import measure

            self.measurement = measure.start(job.coverage, job.folder)
            if self.measurement is not None:
                self.plugins.append(self.measurement.plugin)

    def afresh(self) -> int:
        """Start pytest and return its exit code."""
        return int(pytest.main(self.job.args, plugins=self.plugins))

    def take_over(self, pluginmanager: Any, args: List[str]) -> None:
        """Make a pytest that is about to parse ``args`` the one that :meth:`afresh` would have started."""
        self.taken_over = True
        args[:] = self.job.args
        config = pluginmanager.get_plugin("pytestconfig")
        config.invocation_params = config.InvocationParams(
            args=tuple(args), plugins=tuple(self.plugins), dir=Path.cwd()
        )
        for plugin in self.plugins:
            pluginmanager.register(plugin)

    def ended(self, exitstatus: int) -> int:
        """Tell that pytest has returned; gives its exit code back."""
        self.borrower.give_back()
        flush_standard_streams()
        coverage = self.measurement.stop() if self.measurement is not None else None
        if self.tracer is not None:  # coverage.py looks for files that never ran until now
            trace = self.tracer.trace()
            trace["reasons"] += self.sender.depends_on_the_last_run
            trace["reasons"] += self.sender.files_of_its_own()
            self.channel.send(protocol.Traced(trace))
        output = packing.pack(self.sender.workeroutput)
        self.channel.send(protocol.Finished(exitstatus, output, coverage, _peak_memory()))
        self.channel.flush()
        return exitstatus


def exit_code(main: Callable[[], int]) -> int:
    """What ``main`` returns, or leaves with: argparse and plugins may."""
    try:
        return int(main())
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else int(error.code is not None)
