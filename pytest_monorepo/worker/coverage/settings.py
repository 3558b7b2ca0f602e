"""A project's configuration of coverage.py: what its ``addopts`` ask for, made, and told as plain values.

Runs with coverage >= 6 and the standard library, in the project's own interpreter.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any, Dict, Iterable, List, Mapping, NoReturn, Optional, Sequence, Tuple, Type

DATA_FILE = ".coverage"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def settings_from_addopts(words: Sequence[str]) -> Dict[str, Any]:
    """What a project's ``addopts`` ask of pytest-cov; the other words are left alone.

    Keys: ``source`` (``[]`` without ``--cov``, ``True`` for a bare one), ``branch``, ``config``,
    ``fail_under``, ``context``, ``no_cov``, ``report`` (the words), ``no_cov_on_fail``. A value pytest-cov
    would refuse raises :class:`ValueError`.
    """
    parser = _Parser(allow_abbrev=False, add_help=False)
    # pytest-cov 7.1, plugin.py: the next word is its value unless that is an option; a bare one is True
    parser.add_argument("--cov", dest="source", action="append", nargs="?", const=True, default=[])
    parser.add_argument("--cov-reset", dest="source", action="store_const", const=[])
    parser.add_argument("--cov-branch", dest="branch", action="store_true", default=None)
    parser.add_argument("--cov-config", dest="config")
    parser.add_argument("--cov-fail-under", dest="fail_under", type=float)
    parser.add_argument("--cov-context", dest="context")
    parser.add_argument("--no-cov", dest="no_cov", action="store_true")
    parser.add_argument("--no-cov-on-fail", dest="no_cov_on_fail", action="store_true")
    parser.add_argument("--cov-report", dest="report", action="append", default=[])
    known, _ = parser.parse_known_args(list(words))
    return vars(known)


def configured(spec: Mapping[str, Any], folder: str, make: Any = None) -> Tuple[Any, str]:
    """coverage.py as ``spec`` asks for it in ``folder``, the working directory, and where it would save.

    ``make`` takes the place of ``coverage.Coverage``.
    """
    import coverage

    make = make or coverage.Coverage
    source = chosen_source(spec["args"], spec["addopts"].get("source") or [])
    config = spec["addopts"].get("config")
    chosen = {
        # A --cov-config that a project inherits with the root's addopts need not exist there.
        "config_file": config if config and os.path.exists(config) else True,
        "branch": spec.get("branch") or spec["addopts"].get("branch"),
        # as "parallel": no two processes of a project write to one file
        "data_suffix": True,
    }
    cov = make(source=source, **chosen)
    if chosen["config_file"] is True and spec.get("config") and not cov.config.config_file:
        chosen["config_file"] = spec["config"]
        cov = make(source=source, **chosen)
    if source is None and spec.get("source_default") and not has_source(cov):
        cov.set_option("run:source", spec["source_default"])
    original = os.path.join(folder, str(cov.get_option("run:data_file")))
    cov.set_option("run:data_file", os.path.join(spec["data_dir"], DATA_FILE))
    return cov, original


def chosen_source(args: Iterable[Any], addopts: Iterable[Any]) -> Optional[List[str]]:
    """The ``source`` to measure, the root's word before the project's; ``None`` leaves it to the files.

    As in pytest-cov, a bare ``--cov`` among several makes all of them mean the configuration.
    """
    for sources in (list(args), list(addopts)):
        if sources and True not in sources:
            # "--cov=" is pytest-cov's way to say: everything.
            return [source for source in sources if source] or None
    return None


def has_source(cov: Any) -> bool:
    options = ["run:source", "run:source_pkgs", "run:source_dirs", "run:include"]
    return any(option(cov, name) for name in options)


def choose_core(cov: Any, spec: Dict[str, Any]) -> None:
    """Take ``sys.monitoring`` (PEP 669) where it sees what the trace function sees and nobody chose.

    It is about three times as fast on hot code; coverage.py itself takes it from Python 3.14 on. It knows
    neither contexts nor plugins nor greenlets, and branches only from 3.14 on.
    """
    if option(cov, "run:core") or "COVERAGE_CORE" in os.environ or option(cov, "run:timid"):
        return
    contexts = by_test(spec) or option(cov, "run:dynamic_context") not in (None, "none")
    plain = not option(cov, "run:plugins") and set(option(cov, "run:concurrency", [])) <= {"thread"}
    try:
        if contexts or (spec.get("by_file") and plain):
            # sysmon, the choice from Python 3.14 on, has no dynamic contexts, and of these coverage.py looks
            # for the configuration's alone (7.17: core.py)
            cov.set_option("run:core", "ctrace")
        # branches come with 3.14 (env.py, branch_right_left), and there it is coverage.py's own choice
        elif plain and not option(cov, "run:branch") and sys.version_info >= (3, 12):
            cov.set_option("run:core", "sysmon")
    except coverage_errors():  # before 7.9 the option did not exist
        return


def can_divide(cov: Any) -> bool:
    """Whether contexts of our own can tell whose doing each line is, without being in anybody's way."""
    core = option(cov, "run:core") or os.environ.get("COVERAGE_CORE")
    plain = not option(cov, "run:plugins") and not option(cov, "run:patch")
    return (
        core in (None, "ctrace", "pytrace")
        and plain
        and option(cov, "run:dynamic_context") in (None, "none")
        and set(option(cov, "run:concurrency", [])) <= {"thread"}
        and "COVERAGE_PROCESS_START" not in os.environ
    )


def by_test(spec: Dict[str, Any]) -> bool:
    return "test" in (spec.get("context"), spec["addopts"].get("context"))


def option(cov: Any, name: str, default: Any = None) -> Any:
    try:
        value = cov.get_option(name)
    except coverage_errors():  # this version does not know the option
        return default
    return default if value is None else value


def configuration(cov: Any, folder: str) -> Dict[str, Any]:
    """What a report needs to know of a project's configuration, with absolute paths, as JSON-able data."""
    paths = option(cov, "paths", {})
    return {
        "config_file": getattr(cov.config, "config_file", None),
        "exclude": option(cov, "report:exclude_lines", []),
        "partial": option(cov, "report:partial_branches", []),
        "partial_always": option(cov, "report:partial_branches_always", []),
        "omit": [_absolute(p, folder) for p in option(cov, "report:omit", [])],
        "include": [_absolute(p, folder) for p in option(cov, "report:include", [])],
        "paths": [[_absolute(p, folder) for p in patterns] for patterns in paths.values()],
        "precision": option(cov, "report:precision", 0),
        "fail_under": option(cov, "report:fail_under", 0.0),
        "branch": bool(option(cov, "run:branch")),
        "plugins": option(cov, "run:plugins", []),
        "source": option(cov, "run:source", []),
        "measured": _measured(cov, folder),
    }


def _measured(cov: Any, folder: str) -> Dict[str, Any]:
    """Which files a configuration measures: below folders, of packages, or by patterns; all absolute."""
    folders = list(option(cov, "run:source_dirs", []))
    packages = list(option(cov, "run:source_pkgs", []))
    for source in option(cov, "run:source", []):
        # coverage.py's own rule for [run] source: a folder if there is one, else a package (inorout.py)
        (folders if os.path.isdir(os.path.join(folder, source)) else packages).append(source)
    return {
        "folders": [os.path.realpath(os.path.join(folder, each)) for each in folders],
        "packages": packages,
        "include": [_absolute(p, folder) for p in option(cov, "run:include", [])],
        "omit": [_absolute(p, folder) for p in option(cov, "run:omit", [])],
        "namespaces": bool(option(cov, "report:include_namespace_packages")),
    }


def _absolute(pattern: str, folder: str) -> str:
    # coverage.py's own rule (files.py, prep_patterns): what begins with a wildcard is not relative to the
    # working directory.
    return pattern if pattern.startswith(("*", "?")) else os.path.join(os.path.realpath(folder), pattern)


def coverage_errors() -> Tuple[Type[Exception], ...]:
    import sqlite3

    import coverage
    import coverage.exceptions

    # From 6.2 to 7.10 a ConfigError is no CoverageException; 6.0 has none.
    base: Type[Exception] = coverage.CoverageException
    # sqlite's own error comes through where a new data file cannot be made, on a full disk.
    return base, getattr(coverage.exceptions, "ConfigError", base), sqlite3.Error
