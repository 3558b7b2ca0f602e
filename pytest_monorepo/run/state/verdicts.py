"""What follows from how a worker ended: a table of rules over what it said. Nothing is printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from pytest_monorepo.run.hooks.failures import last_words, tail, without_header
from pytest_monorepo.run.workers import processes
from pytest_monorepo.worker import protocol

from .conversation import Conversation, Problem, count


class Ending(NamedTuple):
    """``problem`` fails its project beyond its tests; ``death``: message and text if it had not finished."""

    problem: Problem | None = None
    death: tuple[str, str] | None = None


def ending(
    talk: Conversation,
    code: int,
    reason: str | None = None,
    *,
    interrupted: bool = False,
    narrowed: bool = False,
    collect_only: bool = False,
) -> Ending:
    """What to say of a worker whose process has ended with ``code``.

    ``reason`` is set where it never came to run, or was ended for what it said; ``narrowed`` where options
    may have left nothing to run.
    """
    if interrupted or (talk.told_to_stop and talk.finished is None and reason is None):
        return Ending()
    if talk.idle and not talk.out_of_time:
        # threads forbade its fork, or it could not start beside the one that runs the tests
        return Ending()
    if reason is not None and talk.current is None:
        return Ending(Problem(1, reason, tail(talk.err)))
    if talk.finished is not None:
        return Ending(death_at_exit(talk, code) or judge(talk, narrowed=narrowed, collect_only=collect_only))
    return _died(talk, *death(talk, code, reason))


def _died(talk: Conversation, message: str, text: str) -> Ending:
    """The test that it died in has failed; the project itself where no test ran, or its time was over."""
    if talk.current is None:
        return Ending(Problem(1, message, text), (message, text))
    return Ending(Problem(1, talk.verdict) if talk.out_of_time else None, (message, text))


def judge(talk: Conversation, *, narrowed: bool, collect_only: bool) -> Problem | None:
    """Whether a worker that said :class:`protocol.Finished` ended as it should.

    ``narrowed``: options may have left nothing to run.
    """
    continued = talk.task.assists or talk.task.restarts > 0
    assert talk.finished is not None
    status = talk.finished.exitstatus
    # pytest.ExitCode: 2 interrupted, 3 internal error, 4 usage, 5 no tests, 6 too many warnings (since 9.1)
    if talk.internal or status == 3:
        return Problem(3, "internal error", talk.internal or _logs(talk))
    if status == 4:
        return Problem(4, "pytest could not start here", tail(talk.err) or tail(talk.out))
    if status == 2 or (talk.interrupted and status):
        return _judge_interrupted(talk, status)
    if status == 5:
        return _judge_empty(talk, narrowed)
    if status == 6 and (line := _line(talk.out, "maximum allowed warnings exceeded")):
        return Problem(6, line)
    if talk.verdicts and status not in (0, 1):
        return Problem(status, _verdict(talk))
    if status == 1 and not (talk.failures or talk.collect_reports or continued):
        said = _verdict(talk) if talk.verdicts else "pytest ended with exit code 1 though no test failed"
        return Problem(1, said, "" if talk.verdicts else _logs(talk))
    if status not in (0, 1):
        return Problem(status, f"pytest ended with exit code {status}", _logs(talk))
    left = talk.left if not talk.interrupted else None
    if status == 0 and left and not collect_only and not talk.told_to_stop:
        return Problem(1, f"{count(len(left))} collected but never reported, first {left[0]}", _logs(talk))
    return None


def _judge_interrupted(talk: Conversation, status: int) -> Problem | None:
    if talk.told_to_stop or (talk.collect_reports and talk.interrupted.startswith("_pytest.main.Session")):
        return None
    if talk.interrupted.startswith("Interrupted:") and talk.collect_reports:
        return None
    words = f"ended early: {_reason(talk) or 'interrupted'}"
    words += f" (exit code {status})" if status != 2 else ""
    # by Ctrl-C, or as if: the run is interrupted; a project that ends itself has failed
    code = status if status != 2 or talk.interrupted.startswith("KeyboardInterrupt") else ENDED_ITSELF
    return Problem(code, words, "" if talk.interrupted else _logs(talk))


ENDED_ITSELF = -2
"""``pytest.exit()`` without a code of its own: as exit code 2 means, and nobody has interrupted the run."""


def _reason(talk: Conversation) -> str:
    return talk.interrupted.removeprefix("_pytest.outcomes.Exit: ")


def _verdict(talk: Conversation) -> str:
    plugin, code = talk.verdicts[-1]
    return f"{plugin} ended the project with exit code {code}: see what it says below"


def _line(log: str, words: str) -> str:
    """The last line of a log that holds ``words``."""
    return next((line.strip() for line in reversed(tail(log).splitlines()) if words in line), "")


def _judge_empty(talk: Conversation, narrowed: bool) -> Problem | None:
    if narrowed or talk.deselected or talk.elsewhere or talk.collect_reports or talk.wrong_files:
        return None
    files = len(talk.project.test_files)
    there = "there is 1 test file" if files == 1 else f"there are {files} test files, first"
    return Problem(5, f"no tests ran, though {there}: {talk.project.test_files[0]}")


def death(talk: Conversation, code: int, reason: str | None = None) -> tuple[str, str]:
    """Message and text for a worker that went without a word, or for a ``reason``."""
    how = talk.verdict or reason or processes.describe_exit(code)
    if talk.hello is None:
        return f"worker ended before pytest started ({how})", _logs(talk)
    if talk.collected is None:
        return f"worker ended before its tests were collected ({how})", _logs(talk)
    if talk.current is not None:
        return f"worker ended while running this test ({how})", _logs(talk)
    if talk.left:
        return f"worker ended between two tests ({how})", _logs(talk)
    return f"worker ended after its last test ({how})", _logs(talk)


def left_behind(talk: Conversation, processes: Sequence[Sequence[Any]]) -> protocol.WarningRecorded:
    """A warning that names the (process id, command) pairs that the worker's tests had left running."""
    named = ", ".join(f"{command} (pid {pid})" for pid, command in processes)
    return _warning(talk, f"tests left processes running, which have been killed: {named}")


def ended_well_early(talk: Conversation) -> protocol.WarningRecorded | None:
    """A warning if ``pytest.exit(returncode=0)`` has ended the project: it passes, as alone, and is seen."""
    if talk.finished is None or talk.finished.exitstatus or not talk.interrupted:
        return None
    if talk.collected is None:
        left = "none of its tests ran"
    elif talk.left:
        left = f"{len(talk.left)} test{'s' * (len(talk.left) != 1)} did not run, first {talk.left[0]}"
    else:
        return None
    return _warning(talk, f"ended early with exit code 0: {_reason(talk)}; {left}")


def _warning(talk: Conversation, message: str) -> protocol.WarningRecorded:
    return protocol.WarningRecorded(
        category="PytestWarning",
        module="pytest",
        message=message,
        filename=talk.project.path,
        lineno=0,
        line=None,
        when="runtest",
        nodeid=talk.project.path,
        location=None,
    )


def death_at_exit(talk: Conversation, code: int) -> Problem | None:
    """A process that ends otherwise than the pytest in it: by an ``atexit`` function or a native library."""
    assert talk.finished is not None
    status = talk.finished.exitstatus
    if status not in (0, 1) or code == status:
        return None
    return Problem(
        1,
        f"worker failed while it exited, after its last test ({processes.describe_exit(code)})",
        _logs(talk),
    )


def phase_of_death(talk: Conversation) -> str:
    """The phase that the dead worker's current test was in; a setup is told only together with its call."""
    return "teardown" if "call" in talk.phases else "call"


def _logs(talk: Conversation) -> str:
    """What pytest or a test wrote last: its complaints, else its report."""
    text = last_words(talk.err) or without_header(tail(talk.out)).strip()
    return f"its last output:\n{text}" if text else ""
