"""Streams and filters of warnings that a test sets, and who listens to what an import says."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pytest_monorepo.inputs.owners.around import Around
from pytest_monorepo.inputs.owners.names.said import ASKED, FILTERS, STREAMS, THREAD, asks
from pytest_monorepo.inputs.record.asked import SAID


@contextlib.contextmanager
def filtered(action: Any) -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter(action)
        yield


@pytest.mark.parametrize(
    ("meanwhile", "found"),
    [
        (contextlib.nullcontext, set()),
        (lambda: contextlib.redirect_stdout(io.StringIO()), {STREAMS}),
        (lambda: contextlib.redirect_stderr(io.StringIO()), {STREAMS}),
        (lambda: filtered("ignore"), {FILTERS}),
        (lambda: filtered("error"), None),
    ],
)
def test_what_is_set_meanwhile(meanwhile: Callable[[], Any], found: set[str] | None) -> None:
    around = Around()
    with warnings.catch_warnings():
        warnings.resetwarnings()
        around.notes()
        with meanwhile():
            otherwise = around.otherwise()
    assert otherwise == (None if found is None else {f"{SAID}{one}" for one in found})


def test_another_thread_is_another_place() -> None:
    around = Around()
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(around.otherwise).result()
        assert pool.submit(lambda: around.elsewhere).result()
    assert not around.elsewhere
    assert found == frozenset({f"{SAID}{THREAD}"})
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(around.frame).result().f_code.co_name  # where this thread waits


def said(around: Around, says: Callable[[], None]) -> bool:
    before = around.heard()
    says()
    return bool(around.heard() != before)


def nothing() -> None:
    pass


def test_who_listens_has_been_told() -> None:
    around = Around()
    around.notes()
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        assert said(around, lambda: warnings.warn("x", stacklevel=1))
        assert not said(around, nothing)
    with contextlib.redirect_stdout(io.StringIO()):
        assert said(around, lambda: print("x"))
        assert not said(around, nothing)


def test_of_what_is_logged_who_keeps_it(caplog: pytest.LogCaptureFixture) -> None:
    around = Around()
    around.notes(records=True)
    assert said(around, lambda: logging.getLogger("x").warning("x"))
    assert caplog.records
    assert not said(around, nothing)


def test_nobody_listens_where_all_is_pytests() -> None:
    around = Around()
    assert around.heard() is None or "unittest._log" in sys.modules
    around.notes()
    assert around.heard() is None or "unittest._log" in sys.modules


@pytest.mark.parametrize("setting", ASKED)
def test_an_empty_source_asks_for_nothing(setting: str) -> None:
    assert not asks("import os\nvalue = 1\n", setting)


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("debug = log.isEnabledFor(10)", "loggers"),
        ("busy = bool(log.handlers)", "loggers"),
        ("import signal", "signal handlers"),
        ("loop = asyncio.get_event_loop()", "event loop policy"),
        ("out = sys.stdout", STREAMS),
        ("with warnings.catch_warnings(record=True): f()", FILTERS),
        ("name = threading.current_thread().name", THREAD),
        ("value = contextvars.copy_context()", "context variables"),
    ],
)
def test_a_source_that_asks(text: str, setting: str) -> None:
    assert asks(text, setting)
