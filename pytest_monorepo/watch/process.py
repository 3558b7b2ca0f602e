"""How a round is started, and what it leaves behind."""

from __future__ import annotations

import argparse
import glob
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pytest_monorepo.run.plan.invocation import Invocation
from pytest_monorepo.worker.plugins.reports.own_reports import REPORTERS
from pytest_monorepo.workspace.files.relative import seen_from

from .rounds import Round


def command(config: pytest.Config, call: Invocation, round_: Round, *, again: bool) -> list[str]:
    """The command line of a round; ``again`` where there has been one before."""
    return [*_python_pytest(call), *_arguments(config, call, round_, again)]


def _arguments(config: pytest.Config, call: Invocation, round_: Round, again: bool) -> Iterator[str]:
    option = config.option
    if round_.projects is None:
        yield from (f"--project={pattern}" for pattern in option.project)
    else:
        yield from (f"--project={glob.escape(path)}" for path in sorted(round_.projects))
    if not config.pluginmanager.is_blocked("cacheprovider"):
        if round_.failed_only and not option.lf:
            yield "--lf"
        elif again and not (option.lf or option.failedfirst):
            yield "--ff"
    yield from _without_ours(call.words)
    yield from call.targets


def _without_ours(words: Sequence[str]) -> list[str]:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--watch", action="store_true")
    parser.add_argument("--project", action="append")
    return parser.parse_known_args(list(words))[1]


def _python_pytest(call: Invocation) -> list[str]:
    """As the user started pytest: with ``-m`` the working directory is on ``sys.path``, by the script not."""
    start = list(sys.orig_argv[1 : len(sys.orig_argv) - len(sys.argv) + 1])
    if call.as_module or not start or not Path(start[-1]).stem.startswith(("pytest", "py.test")):
        return [sys.executable, "-m", "pytest"]
    return [sys.executable, *start]


def outputs(config: pytest.Config, call: Invocation) -> Iterator[str]:
    """What the rounds write, relative to the workspace's root."""
    option = config.option
    given = [getattr(option, name, None) for name in _WRITTEN]
    reports = getattr(option, "cov_report", None)
    given += list(reports.values()) if isinstance(reports, dict) else []
    given += ["htmlcov", "coverage.xml", "coverage.json", "coverage.lcov"]
    if not config.pluginmanager.is_blocked("cacheprovider"):
        given.append(config.getini("cache_dir"))
    for path in filter(None, map(_path_of, given)):
        full = os.path.join(call.cwd, os.path.expanduser(os.path.expandvars(path)))
        relative = seen_from(call.root, full)
        if relative != ".":
            yield relative


def _path_of(value: object) -> str:
    # an open file is pytest-benchmark's
    path = value if isinstance(value, (str, Path)) else getattr(value, "name", "")
    return str(path) if isinstance(path, (str, Path)) else ""


_WRITTEN = (
    *("monorepo_html", "monorepo_receipt", "cached_explain", "shard_dir", "basetemp", "log_file"),
    *(reporter.dest for reporter in REPORTERS),
    # of plugins whose option above is a switch
    *("json_report_file", "md_report_output", "allure_report_dir", "benchmark_json"),
)
"""Options that hold a file or folder which each round writes anew."""
