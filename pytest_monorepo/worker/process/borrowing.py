"""The user's terminal in a worker: asked for when a debugger opens its prompt, given back at the latest when
the test ends.

A debugger that is entered may never ask anything: a test that replaces ``set_trace`` enters one. So the
terminal is taken at the prompt. ``interaction`` is where :mod:`pdb` and the debuggers after it (IPython's,
pudb, remote-pdb) open theirs; it is not documented, and ``tests/run/control`` fails when it moves.
A debugger without it gets the terminal at once.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import threading
from typing import Any, Callable, Iterator

import pytest

from .. import protocol
from .channel import Channel
from .terminal import Terminal


class Borrower:
    """The plugin that takes the terminal and gives it back.

    With ``job.terminal`` the worker has it anyway, and what it takes is Ctrl-C: for the debugger alone.
    Somebody at a prompt may think as long as they like, so the controller is told when one is open.
    ``current`` says which test runs.
    """

    def __init__(
        self,
        job: protocol.Job,
        channel: Channel,
        current: Callable[[], str],
    ) -> None:
        self.job = job
        self.channel = channel
        self.current = current
        self.capture: Any = None
        self.held = False
        self.prompts = 0
        self.listening = False
        self.quitting = False

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self) -> None:
        if self.job.terminal:
            self._hear_input()

    def pytest_enter_pdb(self, config: Any, pdb: Any) -> None:
        self.capture = config.pluginmanager.getplugin("capturemanager")
        if isinstance(getattr(pdb, "skip", ()), (set, type(None))):
            pdb.skip = {*(getattr(pdb, "skip", None) or ()), _OURS}  # what is stepped through is the user's
        if callable(getattr(pdb, "interaction", None)):
            pdb.interaction = functools.partial(self._ask, pdb, vars(pdb).get("interaction"))
        else:
            self._take()
            self._open()

    def pytest_leave_pdb(self) -> None:
        self.give_back()

    def pytest_runtest_logstart(self) -> None:
        self.quitting = False

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logfinish(self) -> None:
        self.quitting = False
        self.give_back()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self) -> None:
        self.give_back()

    def pytest_keyboard_interrupt(self, excinfo: Any) -> None:
        if self.quitting and isinstance(excinfo.value, pytest.exit.Exception):
            self._quit(str(excinfo.value.msg))  # after the prompt, for the end of input (Ctrl-D)
        elif self.held and self._speaks() and isinstance(excinfo.value, KeyboardInterrupt):
            self._quit("")  # Ctrl-C in what is stepped through, which the controller does not see meanwhile

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self.give_back()

    def give_back(self) -> None:
        """Let the controller have the terminal again, where it is lent."""
        with _untraced():
            if self.held and self._speaks():
                self.held = False
                if not self.job.terminal:
                    Terminal.give_back()
                self._tell(protocol.TerminalReleased())

    def _ask(self, pdb: Any, own: Any, *args: Any, **kwargs: Any) -> Any:
        self._take()
        self._open()
        ours = pdb.interaction
        del pdb.interaction  # looked for now: a test may have replaced it for a while
        try:
            return (own or pdb.interaction)(*args, **kwargs)
        except pytest.exit.Exception as left:
            self._quit(str(left.msg))  # also where it becomes an error: while a module is collected
            raise
        finally:
            self.quitting = bool(getattr(pdb, "quitting", False))
            pdb.interaction = ours
            self._close()

    def _quit(self, reason: str) -> None:
        if self._speaks():
            self._tell(protocol.Quit(reason))

    def _take(self) -> None:
        # a process that the test has forked must not take words that are for this one
        if self.held or not self._speaks():
            return
        with _untraced():
            self._tell(protocol.TerminalWanted(self.current()))
            self.channel.wait_for(protocol.TerminalGranted)
            if not self.job.terminal:
                self._take_descriptors()
            self.held = True
        self._hear_input()

    def _take_descriptors(self) -> None:
        if self.capture is not None:
            # pytest does so where a debugger is entered, but at a later breakpoint of it only after this
            self.capture.suspend(in_=True)
        Terminal.take()

    def _open(self) -> None:
        self.prompts += 1
        if self.prompts == 1 and self._speaks():
            self._tell(protocol.Prompt(True))

    def _close(self) -> None:
        self.prompts -= 1
        if self.prompts == 0 and self._speaks():
            self._tell(protocol.Prompt(False))

    def _hear_input(self) -> None:
        """``input`` tells only audit hooks. One cannot be removed, so there is one where it is needed."""
        if not self.listening and os.isatty(0):
            self.listening = True
            sys.addaudithook(self._audit)

    def _audit(self, event: str, args: Any) -> None:
        if event not in _INPUT or not (self.held or self.job.terminal) or self.prompts:
            return
        if self._speaks() and threading.current_thread() is threading.main_thread():
            self._tell(protocol.Prompt(_INPUT[event]))

    def _speaks(self) -> bool:
        return self.channel.is_ours

    def _tell(self, message: object) -> None:
        with _untraced():
            self.channel.send(message)
            self.channel.flush()


@contextlib.contextmanager
def _untraced() -> Iterator[None]:
    """A debugger that steps through what runs would open its prompt between a question and its answer."""
    trace = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(trace)


_OURS = __name__.rpartition(".")[0] + ".*"
_INPUT = {"builtins.input": True, "builtins.input/result": False}
