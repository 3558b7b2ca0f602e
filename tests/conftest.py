"""What holds for all tests."""

from __future__ import annotations

import compileall
import contextlib
import gc
import importlib
import os
import signal
import sys
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from . import sampling

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

LEFT = pytest.StashKey["Counter[str]"]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "sampled(*parameters, first=True, shared=False, one_in=0): see tests/sampling.py"
    )
    config.stash[LEFT] = Counter()
    if sys.dont_write_bytecode and not hasattr(config, "workerinput"):
        # hundreds of runs would compile our modules anew; an installation has their bytecode
        compileall.compile_dir(Path(__file__).parents[1] / "pytest_monorepo", quiet=1)
    # A shell lets what it starts in the background ignore Ctrl-C, and every process that a test starts would.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Where no bytecode is written each worker of ``-n`` would rewrite all tests: half of its collecting.

    A tenth of it is to look for garbage among what is collected; nobody does so later, either.
    """
    asked, sys.dont_write_bytecode = sys.dont_write_bytecode, False
    was_on = gc.isenabled()
    gc.disable()
    try:
        _begin_elsewhere(session.config)
        return (yield)
    finally:
        sys.dont_write_bytecode = asked
        gc.freeze()
        if was_on:
            gc.enable()


def _begin_elsewhere(config: pytest.Config) -> None:
    """In a fresh clone a worker rewrites files of its own first, and finds what others have rewritten."""
    given = getattr(config, "workerinput", None)
    if given is None:
        return
    tests = Path(__file__).parent
    asked = [config.invocation_params.dir / word.partition("::")[0] for word in config.args]
    found = {file for path in asked for file in ([path] if path.is_file() else path.rglob("test_*.py"))}
    files = sorted(file for file in found if tests in file.parents)
    first = len(files) * int(given["workerid"].removeprefix("gw")) // given["workercount"]
    for file in files[first:] + files[:first]:
        name = ".".join(file.relative_to(tests.parent).with_suffix("").parts)
        with contextlib.suppress(Exception, pytest.skip.Exception):  # pytest imports it again, and tells
            importlib.import_module(name)


@pytest.hookimpl(trylast=True)  # after -k and -m: who asks for one row gets it
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    sample = sampling.Sample()
    out: list[pytest.Item] = []
    if not sampling.is_whole():
        items[:], out = sample.of(items)
        slow: list[pytest.Item] = []
        if sampling.is_ci():
            items[:], slow = sampling.with_each_slow(items)
        elif _asks_for_all(config):
            items[:], slow = sampling.without_most_slow(items)
        sample.left.update({sampling.SLOW: len(slow)} if slow else {})
        out += slow
    items[:], others = sampling.part_of(items, os.environ.get(sampling.PART, ""))
    sample.left.update({sampling.PART: len(others)} if others else {})
    out += others
    config.stash[LEFT] = sample.left
    if out:
        config.hook.pytest_deselected(items=out)


def _asks_for_all(config: pytest.Config) -> bool:
    names_some = config.option.keyword or config.option.markexpr or config.getoption("deselect", None)
    return not names_some and config.args == config.getini("testpaths")


@pytest.fixture(scope="session")
def part(pytestconfig: pytest.Config) -> sampling.Part:
    in_part = sampling.is_ci() or _asks_for_all(pytestconfig)
    return sampling.Part(whole=sampling.is_whole() or not in_part)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """``-n auto``: half of the time a test waits, for a process that it has started or for another to end."""
    if os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS"):
        return None
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 2 * there


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """``-n`` alone: tests that look at one run are run by one worker. Another ``--dist`` is obeyed."""
    if config.getvalue("dist") != "load":
        return None
    from .together import Together  # there is no pytest-xdist where this hook is not called

    return Together(config, log)


def pytest_sessionfinish(session: pytest.Session) -> None:
    workeroutput = getattr(session.config, "workeroutput", None)
    if workeroutput is not None:
        left = session.config.stash[LEFT]
        workeroutput["left"] = dict(left)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    # of pytest-xdist; all its workers leave the same out
    node.config.stash[LEFT] = Counter(getattr(node, "workeroutput", {}).get("left", {}))


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    if left := config.stash[LEFT]:
        terminalreporter.write_line(sampling.told(left))
