"""What ends a call before its session begins: while options are read, projects are found, a list is made.

Pytest ends a session as it should; what comes before it would print where Python was.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from pytest_monorepo.run.workers.signals import interrupts


def hear(config: pytest.Config) -> None:
    """From here on SIGTERM and SIGHUP end the call as Ctrl-C does: else its folder would stay."""
    hearing = ExitStack()
    hearing.enter_context(interrupts.interrupting())
    config.add_cleanup(hearing.close)


def ended(error: KeyboardInterrupt) -> int:
    """Say in one line that the call was interrupted; its exit code."""
    by = f" ({error})" if str(error) else ""
    sys.stderr.write(f"KeyboardInterrupt{by}: no test was run\n")
    return int(pytest.ExitCode.INTERRUPTED)


def answered(main: Callable[[], int | pytest.ExitCode | None]) -> int | pytest.ExitCode | None:
    """What ``main`` answers, which is no session."""
    try:
        return main()
    except KeyboardInterrupt as error:
        return ended(error)
