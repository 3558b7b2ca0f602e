"""One project's pytest run inside a worker, from its first word to its last.

The worker is a whole pytest of its own: rootdir, ini file, conftests and plugins are what pytest chooses in
the project's folder. What tells the controller of it is a plugin, :class:`.sender.Sender`.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from pathlib import Path
from typing import Any, Callable, Iterable, List

import pytest

from . import protocol
from .plugins.reports import packing
from .process.borrowing import Borrower
from .process.channel import Channel
from .process.terminal import flush_standard_streams
from .sender import Sender


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
        pid = os.getpid() if tracer is None else tracer.pid
        channel.send(protocol.Hello(pid, platform.python_version(), pytest.__version__))
        channel.flush()
        self.sender = Sender(job, channel, uninstalled)
        self.sender.describes = tracer is not None
        if tracer is not None:
            self.sender.is_refereed = lambda: tracer.is_refereed
        self.borrower = Borrower(job, channel, lambda: self.sender.current)
        self.plugins: List[Any] = [self.sender, self.sender.judges, self.borrower, *extra_plugins]
        if job.within:
            from .plugins.within import Within

            self.plugins.append(Within(job.root, job.within))
        if job.quarantine:
            from .plugins.quarantine import Quarantine

            self.plugins.append(Quarantine(job.quarantine, self.sender.paths))
        if job.scopes:
            from .plugins.scopes import Scopes

            self.plugins.append(Scopes(channel.send, lambda: self.sender.current, self.sender.paths.nodeid))
        if job.own is not None:
            from .plugins.origin import Origin

            self.plugins.append(Origin(job.own, channel.send))
        self.turns: Any = None
        if tracer is not None and tracer.listens:
            from .plugins.turns import TurnsPlugin

            self.turns = TurnsPlugin(
                tracer.turns, self.sender.paths.nodeid, job.root, tracer.configured, self._says_ones
            )
            self.plugins.append(self.turns)
        self.imports: Any = None
        if job.measure_imports:
            from .preload.measure import Measure

            self.imports = Measure(job.root)
            self.imports.begin()
            self.plugins.append(self.imports)
        self.measurement: Any = None
        self.taken_over = False
        if job.coverage is not None:
            from .coverage import measure

            self.measurement = measure.start(job.coverage, job.folder)
            if self.measurement is not None:
                self.plugins.append(self.measurement.plugin)
                if self.turns is not None and self.measurement.labels is not None:
                    self.turns.turns.label(self.measurement.labels.switch)

    def _says_ones(self, files: List[str]) -> None:
        self.channel.send(protocol.OneWith(files))
        self.channel.flush()

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
        if coverage is not None:
            coverage["failed"] = exitstatus in (1, 2)
        if self.tracer is not None:  # coverage.py looks for files that never ran until now
            trace = self.tracer.trace()
            trace["reasons"] += self.sender.doubts()
            # what compiled code remembers nobody can compare, nor what programs were told
            one = [trace["one"]] if trace.get("one") else []
            trace["whole"] = [*(self.turns.whole if self.turns is not None else []), *one]
            self.channel.send(protocol.Traced(trace))
        if self.imports is not None:
            self.channel.send(protocol.Imported(self.imports.seconds()))
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


def _peak_memory() -> int:
    # proc(5), in kB; to look for a module takes as long as to start in a small project, and there it may be
    # another one of that name
    try:
        with open("/proc/self/status", "rb", buffering=0) as stream:
            found = re.search(rb"^VmHWM:\s*(\d+) kB$", stream.readall(), re.MULTILINE)
    except OSError:
        found = None
    if found is not None:
        return int(found.group(1)) * 1024
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
