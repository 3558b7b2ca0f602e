"""The plugin a worker's pytest runs with: what happens is told to the controller, message by message.

It follows pytest-xdist's conventions (``config.workerinput``, ``PYTEST_XDIST_WORKER``), because the
ecosystem's plugins know them.
"""

from __future__ import annotations

import os
import types
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence

import pytest

from . import described, protocol, splitting
from .coverage import apart
from .orders import Orders
from .paths import Location, Paths, relocate_report
from .plugins import lastrun, mainprocess, own_hooks, reruns, retries, seeds, whole
from .plugins.judges import Judges
from .plugins.reports import junit, own_reports, passes, properties, reporter, scenarios
from .process.channel import Channel
from .process.terminal import flush_standard_streams
from .share import Share
from .tree import tree, wrong_files


class Sender:
    """Tells everything, decides nothing. ``uninstalled`` see :func:`.environment.prepare`.

    ``describes``: its words are kept, and must tell later what ``-k`` and ``-m`` ask.
    """

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
        self.orders = Orders(channel)
        self.share = Share(job, self.paths)
        self.whole: List[whole.Reason] = []
        self.bases = [job.folder, *(folder for folder, _ in job.source_roots)]
        self.main = mainprocess.reason(job.conftests, self.bases)
        self.judges = Judges(job, channel.send)
        self.passes = passes.Passes(job.brief)
        self.describes = False
        self.is_refereed: Callable[[], bool] = lambda: False

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
        if isinstance(path, str) and mainprocess.is_own(path, self.job.root):
            self._play_main(manager.get_plugin("pytestconfig"), [path])

    def _play_main(self, config: Any, paths: Sequence[str]) -> None:
        if self.main is None:
            self.main = mainprocess.reason(paths, self.bases)
            if self.main is not None:
                mainprocess.hide_worker(config, self.job.root)

    def pytest_addhooks(self, pluginmanager: Any) -> None:
        # pluggy knows a hook by the names of its parameters: text has none
        specs = {name: eval(f"lambda {', '.join(args)}: None") for name, args in self.job.hooks.items()}
        if specs:  # pluggy refuses a namespace without any
            pluginmanager.add_hookspecs(types.SimpleNamespace(**specs))

    @pytest.hookimpl(hookwrapper=True)
    def pytest_load_initial_conftests(self, early_config: Any) -> Any:
        # pytest-cov would measure each project on its own, into the project's folder.
        early_config.known_args_namespace.cov_source = None
        added = (
            early_config.getini("pythonpath") if hasattr(pytest, "version_tuple") else []
        )  # both since 7.0
        if added:
            self.bases += map(str, added)
            self._play_main(early_config, self.job.conftests)
        with apart.kept(early_config.pluginmanager):
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
        scenarios.prepare(config)
        self.paths.rootdir = str(config.rootpath)
        config.option.deselect = [
            *(self.paths.local(nodeid) for nodeid in self.job.deselect),
            # of the project's own ini file, which are relative to its rootdir already
            *(getattr(config.option, "deselect", None) or []),
        ]
        yield

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: Any) -> None:
        if config.pluginmanager.has_plugin("debugging"):
            import code  # noqa: F401  # as pdb would have just now, had the server not imported that
        if self.job.lastfailed is not None:
            lastrun.hand_over(config, [self.paths.local(n) for n in self.job.lastfailed])
        if self.job.workerinput.get("junitxml"):
            config.pluginmanager.register(junit, "monorepo-junit")
        if self.job.terminal:
            self.terminal_file = reporter.mute(config, self.job.out)

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self.passes.configure(session.config)
        self.session = self.orders.session = session
        self.orders.look()

    # -- collection

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if self.session is not None and not report.passed and self._is_told_here(report):
            data = self.session.config.hook.pytest_report_to_serializable(
                config=self.session.config, report=report
            )
            self.channel.send(protocol.CollectReport(relocate_report(data, self.paths)))

    def _is_told_here(self, report: pytest.CollectReport) -> bool:
        if self.share.holds(report.nodeid):
            return True
        # the error keeps our own tests from running, and it must be said why
        assert self.session is not None
        return report.failed and not self.session.config.option.continue_on_collection_errors

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: Any, items: List[pytest.Item]) -> None:
        for wrong in wrong_files(items):
            if self.share.holds(wrong.nodeid):
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
        mine = self.share.deselected(items)
        if mine:
            self.channel.send(protocol.Deselected(mine))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.whole = whole.reasons(
            session.config, session.items, keep=self.job.keep_whole, own_maxfail=not self.job.pause
        )
        self.whole += [
            whole.Reason("option", own.option) for own in own_reports.own(session.config, self.job.reports)
        ]
        if self.main is not None:
            self.whole.append(whole.Reason("conftest", self.main, "pytest-xdist"))
        own = own_hooks.Own(self.job.root, self.job.folder)
        self.whole += own.reasons(session.config.pluginmanager)
        self.share.leave_to_others(session.items, whole=bool(self.whole))
        self.whole = list(dict.fromkeys([*self.whole, *own.undoes(session.config)]))
        nodes = tree(session.items, self.paths) if self.job.collect_only or self.describes else []
        tests = [self.paths.nodeid(item.nodeid) for item in session.items]
        groups = self._groups(session) if self._shares(session) else []
        self.judges.alone = self.judges.alone and not groups
        reasons = [[reason.kind, reason.name, reason.plugin] for reason in self.whole]
        for_junit = self.describes or self.job.workerinput.get("junitxml")
        settings = junit.settings(session.config) if for_junit else {}
        told = (tests, nodes, groups, self.share.elsewhere, reasons, settings, self.uninstalled)
        facts = [described.fact(item) for item in session.items] if self.describes else []
        narrowed = self.describes and described.narrows(session.config)
        self.channel.send(protocol.Collected(*told, facts, narrowed))
        self.channel.flush()

    def _groups(self, session: pytest.Session) -> List[int]:
        units = enumerate(self.job.together)
        together = {self.paths.local(file): number for number, files in units for file in files}
        return splitting.groups_of(session.items, self.job.split, together, whole.steps())

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
        # whose look-ups a referee would take for those of a program
        alone = self.is_refereed()
        worker = splitting.begin(session.config, self.channel, self.orders, alone=alone)
        os.environ["PYTEST_XDIST_WORKER"] = self.job.workerinput["workerid"] = worker
        return splitting.run_queue(session, self.orders)

    # -- tests

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self._tell_held()
        # a plugin that ends the process from here on must not take the last test with it
        self.channel.flush()

    def pytest_runtest_logstart(self, nodeid: str, location: Location) -> None:
        self.orders.look()
        self.current = self.paths.nodeid(nodeid)
        self.passes.begin(nodeid, location)
        self.channel.send(protocol.TestStarted(self.current, self.paths.location(location)))
        self.channel.flush()
        if self.job.terminal:
            self.orders.wait()  # the controller's words first, then what the test prints

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not self.passes.hold(report):
            self._tell_held()
            self._tell(report)

    def _tell_held(self) -> None:
        for report in self.passes.release():
            self._tell(report)

    def _tell(self, report: pytest.TestReport) -> None:
        assert self.session is not None
        config = self.session.config
        data = config.hook.pytest_report_to_serializable(config=config, report=report)
        if data.get("user_properties"):
            data["user_properties"] = properties.packed(report.user_properties)
        self.channel.send(protocol.TestReport(relocate_report(data, self.paths)))

        self.failed = self.failed or (report.failed and not hasattr(report, "wasxfail"))

    def pytest_runtest_logfinish(self, nodeid: str, location: Location) -> None:
        name = self.paths.nodeid(nodeid)
        passed = self.passes.end(name)
        if passed is None:
            self._tell_held()
        self.channel.send(passed or protocol.TestFinished(name, self.paths.location(location)))
        if self.job.terminal:
            flush_standard_streams()  # what the test printed, before the controller prints its outcome
        if not self.orders.stopped and (self.job.terminal or (self.failed and self.job.pause)):
            # once told to stop, no further word comes
            self.channel.flush()
            self.orders.wait()
        else:
            self.orders.look()
        self.failed = False

    # -- everything else

    def doubts(self) -> List[str]:
        """In words, why a replay would not do the same; what the project's own settings ask for counts."""
        config = self.session.config if self.session is not None else None
        option = config.option if config is not None else None
        return [
            *lastrun.dependence(option, self.job.lastfailed is not None),
            *(f"writes a file for {one.option}" for one in own_reports.own(config, self.job.reports)),
        ]

    def pytest_warning_recorded(self, warning_message: Any, when: str, nodeid: str, location: Any) -> None:
        self._tell_held()
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
        self._tell_held()
        self.channel.send(protocol.InternalError(str(excrepr)))
        self.channel.flush()

    def pytest_keyboard_interrupt(self, excinfo: Any) -> None:
        self._tell_held()
        self.channel.send(protocol.Interrupted(excinfo.exconly()))

    # -- the terminal, when a debugger asks for it

    @pytest.hookimpl(hookwrapper=True)
    def pytest_exception_interact(self, node: Any) -> Any:
        # --pdb prints the traceback through the reporter that -s has muted.
        with reporter.unmuted(node.config, self.terminal_file):
            yield


class _Absent:
    """Stands where pytest-monorepo's own plugin would be loaded into a worker."""
