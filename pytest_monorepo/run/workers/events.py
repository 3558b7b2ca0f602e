"""What comes out of the pool: a worker's words, and its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from pytest_monorepo.worker import protocol

FromWorker = (
    protocol.Hello
    | protocol.Collected
    | protocol.CollectReport
    | protocol.Bound
    | protocol.Deselected
    | protocol.TestStarted
    | protocol.TestReport
    | protocol.TestPassed
    | protocol.TestFinished
    | protocol.WarningRecorded
    | protocol.WrongFile
    | protocol.PluginSaid
    | protocol.Stray
    | protocol.InternalError
    | protocol.Interrupted
    | protocol.NextWanted
    | protocol.CannotFork
    | protocol.OneWith
    | protocol.TerminalWanted
    | protocol.TerminalReleased
    | protocol.Prompt
    | protocol.Quit
    | protocol.Traced
    | protocol.Imported
    | protocol.Finished
)
"""What a worker may say."""


class Said(NamedTuple):
    """A worker sent a message."""

    worker: int
    message: Any


class Ended(NamedTuple):
    """A worker's process is gone and everything it sent has been delivered.

    ``code`` is its exit code or minus the signal; ``reason`` is set where it never came to run, or was ended
    because of what it said. ``left_behind`` are (process id, command) of what its tests had left running.
    ``lost`` is the machine it was on, where that is gone: then nobody knows how it ended.
    """

    worker: int
    code: int
    reason: str | None = None
    left_behind: Sequence[Sequence[Any]] = ()
    lost: str = ""


Event = Said | Ended
