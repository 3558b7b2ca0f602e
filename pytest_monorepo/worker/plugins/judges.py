"""Lets plugins that judge a project at its end find the process that they expect: pytest's only one.

A worker follows pytest-xdist's conventions, so that such a plugin leaves its work to xdist's main process.
There is none that knows a single project: the controller's session is about all of them. So while one of the
plugin's hooks runs, nothing tells of xdist, and what the plugin prints at the end, and makes of the exit
status, is told to the controller.
"""

from __future__ import annotations

import functools
import inspect
import os
from contextlib import contextmanager
from typing import Any, Callable, Dict, Generator, Iterator, List, Optional, Tuple

import pytest

from .. import protocol
from ..process.terminal import flush_standard_streams
from . import own_hooks, whole
from .reports import own_reports
from .reports.reporter import own as own_reporter

# PYTEST_XDIST_WORKER and two more, which xdist sets in a worker (3.8: remote.py)
_VARIABLES = "PYTEST_XDIST_"
_ENDS = ("pytest_sessionfinish", "pytest_terminal_summary")
_MISSING: Any = object()


class Judges:
    """The worker's plugin that takes care of the others.

    ``alone``: this worker runs the whole project. One that goes on where another has died knows a part of it,
    and must not judge: syrupy would delete the snapshots of the other tests.
    """

    def __init__(self, job: protocol.Job, send: Callable[[Any], None]) -> None:
        self.job = job
        self.send = send
        self.alone = job.only is None
        self.config: Any = None
        self.own = own_hooks.Own(job.root, job.folder)
        self.hidden = 0
        self.adopted: List[Any] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_plugin_registered(self, plugin: Any, manager: Any) -> None:
        self.config = manager.get_plugin("pytestconfig") or self.config
        names = {
            manager.get_name(plugin),
            manager.get_canonical_name(plugin),
            getattr(plugin, "__name__", ""),
            type(plugin).__name__,  # of one that a plugin registers without a name
        }
        self._listen_to_own(plugin, manager)
        for rule in whole.RULES:
            if rule.judges and names.intersection(rule.names):
                self._adopt(plugin, manager, rule.plugin, functools.partial(self._plays, rule))
        for reporter in own_reports.REPORTERS:
            if names.intersection(reporter.names):
                self._adopt(plugin, manager, reporter.names[0], functools.partial(self._writes, reporter))
        for name in (entry[len("plugin:") :] for entry in self.job.keep_whole if entry.startswith("plugin:")):
            if names.intersection((name, name.replace("-", "_"))):
                self._adopt(plugin, manager, name, lambda: self.alone)

    def _listen_to_own(self, plugin: Any, manager: Any) -> None:
        # not by the manager's get_hookcallers, which looks at each attribute of a plugin
        caller = getattr(manager.hook, own_hooks.TELLS, None)
        for implementation in caller.get_hookimpls() if caller is not None else ():
            if implementation.plugin is plugin and self.own.wrote(implementation):
                implementation.function = self._told(implementation.function)

    def _told(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*args: Any) -> Any:
            if not self.alone:
                return function(*args)
            if inspect.isgeneratorfunction(function):
                return self._steps(function(*args), self._heard)
            return self._heard(lambda: function(*args))

        return call

    def _adopt(self, plugin: Any, manager: Any, name: str, plays: Callable[[], bool]) -> None:
        """``HookImpl.function`` is pluggy's, and it has no other way to wrap the hooks of one plugin.

        ``tests/run/test_whole.py`` fails when it moves.
        """
        if plugin in self.adopted:
            return
        self.adopted.append(plugin)
        for caller in manager.get_hookcallers(plugin) or ():
            for implementation in caller.get_hookimpls():
                if implementation.plugin is plugin:
                    implementation.function = self._wrapped(implementation, name, plays)

    def _wrapped(self, implementation: Any, plugin: str, plays: Callable[[], bool]) -> Callable[..., Any]:
        function, name = implementation.function, function_name(implementation)
        # "wrapper" came with pluggy 1.2, and yields the result itself
        stepwise = implementation.hookwrapper or getattr(implementation, "wrapper", False)

        @functools.wraps(function)
        def call(*args: Any) -> Any:
            if not plays():
                return function(*args)
            if stepwise:
                return self._steps(function(*args), self._hidden)
            with self._nothing_of_xdist():
                if name not in _ENDS:
                    return function(*args)
                return self._listened_to(plugin, lambda: function(*args), _session_of(args))

        return call

    def _plays(self, rule: whole.Rule) -> bool:
        return (self.alone or rule.judges == "each") and whole.judges(self.config, rule)

    def _writes(self, reporter: own_reports.Reporter) -> bool:
        return self.alone and reporter in own_reports.own(self.config, self.job.reports)

    def _steps(self, generator: Any, run: Callable[[Callable[[], Any]], Any]) -> Generator[Any, Any, Any]:
        """A hook wrapper, of which ``run`` takes each step; written as pluggy drives the two kinds."""
        step: Callable[[], Any] = functools.partial(next, generator)
        while True:
            try:
                asked = run(step)
            except StopIteration as stop:
                return stop.value
            try:
                answer = yield asked
            except BaseException as error:
                step = functools.partial(generator.throw, error)
            else:
                step = functools.partial(generator.send, answer)

    def _hidden(self, step: Callable[[], Any]) -> Any:
        with self._nothing_of_xdist():
            return step()

    def _heard(self, step: Callable[[], Any]) -> Any:
        return self._listened_to(own_hooks.PLUGIN, step, None)

    @contextmanager
    def _nothing_of_xdist(self) -> Iterator[None]:
        if self.hidden:
            yield
            return
        self.hidden += 1
        variables = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(_VARIABLES)}
        attributes: Dict[str, Any] = {}
        for name in ("workerinput", "workeroutput"):
            attributes[name] = vars(self.config).pop(name, _MISSING) if self.config is not None else _MISSING
        try:
            yield
        finally:
            self.hidden -= 1
            os.environ.update(variables)
            for name, value in attributes.items():
                if value is not _MISSING:
                    setattr(self.config, name, value)

    def _listened_to(self, plugin: str, call: Callable[[], Any], session: Any) -> Any:
        """What it adds to the log is what it says."""
        before, status = self._end_of_log(), getattr(session, "exitstatus", None)
        try:
            return call()
        finally:
            text = _read(self.job.out, before, self._end_of_log())
            now = getattr(session, "exitstatus", None)
            changed = int(now) if now is not None and now != status else None
            if text.strip() or changed is not None:
                self.send(protocol.PluginSaid(plugin, text.strip("\n"), changed))

    def _end_of_log(self) -> int:
        flush_standard_streams()
        reporter = own_reporter(self.config)
        if reporter is not None:
            reporter.flush()
        try:
            # not by os.path: that is not us, and how long the log is would be an input of the tests
            return os.stat(self.job.out).st_size
        except OSError:
            return 0


def function_name(implementation: Any) -> str:
    return str(getattr(implementation.function, "__name__", ""))


def _session_of(args: Tuple[Any, ...]) -> Optional[Any]:
    return next((arg for arg in args if isinstance(arg, pytest.Session)), None)


def _read(path: str, begin: int, end: int) -> str:
    try:
        with open(path, "rb") as stream:
            stream.seek(begin)
            return stream.read(max(0, end - begin)).decode("utf-8", "replace")
    except OSError:
        return ""
