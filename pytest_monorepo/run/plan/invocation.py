"""What the user typed: which words are paths and node ids, and which go on to the workers."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from pytest_monorepo.options import OPTIONS

Parse = Callable[[list[str]], Sequence[str]]
"""From command line words to those that pytest takes for paths or node ids."""

_PROBE = "pytest-monorepo-probe"


class Invocation(NamedTuple):
    """One ``pytest --monorepo`` call.

    ``root`` is the workspace, ``targets`` the paths and node ids given, as typed and relative to ``cwd``,
    ``words`` the rest of the command line, ``as_module`` whether it was ``python -m pytest``.
    """

    root: Path
    cwd: Path
    targets: tuple[str, ...]
    words: tuple[str, ...]
    as_module: bool


def split(words: Sequence[str], parse: Parse) -> tuple[list[str], list[str]]:
    """Options with their values, and positional arguments.

    Only the parser knows which words are values. A word that stands as often as it is positional always is;
    for the rare other one (``-k libs libs``) each place is replaced by a probe and parsed again.
    """
    words = _without_files(words)
    positional = Counter(parse(list(words)))
    standing = Counter(words)
    options: list[str] = []
    targets: list[str] = []
    for index, word in enumerate(words):
        is_target = positional[word] > 0 and (
            positional[word] == standing[word] or _is_positional(words, index, parse)
        )
        (targets if is_target else options).append(word)
    return [word for word in options if word != "--"], targets


def _is_positional(words: Sequence[str], index: int, parse: Parse) -> bool:
    return _PROBE in parse([*words[:index], _PROBE, *words[index + 1 :]])


def _without_files(words: Sequence[str]) -> list[str]:
    """Expand pytest's ``@file`` arguments (8.2, #11871), one word a line."""
    expanded: list[str] = []
    for word in words:
        if word.startswith("@") and os.path.isfile(word[1:]):
            expanded += _without_files(Path(word[1:]).read_text(encoding="utf-8").splitlines())
        else:
            expanded.append(word)
    return expanded


class ForWorkers(NamedTuple):
    """The options as each worker gets them: ``words`` as typed, the rest handled by the controller.

    ``paths`` are options with a path that is relative to where the user stands.
    """

    words: tuple[str, ...]
    deselect: tuple[str, ...]
    ignore: tuple[str, ...]
    ignore_glob: tuple[str, ...]
    confcutdir: str | None
    paths: tuple[tuple[str, str], ...] = ()


def for_workers(words: Sequence[str]) -> ForWorkers:
    """Take out what is the controller's (its files, our options, xdist's, pytest-cov's) or relative to it."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, argument_default=argparse.SUPPRESS)
    parser.add_argument("-c", "--config-file")
    for option in _CONTROLLERS_VALUES:
        parser.add_argument(option)
    for option in _CONTROLLERS_FLAGS:
        parser.add_argument(option, action="store_true")
    parser.add_argument("--cov", nargs="?")
    for ours in OPTIONS:
        parser.add_argument(*ours.names, **{**ours.attrs, "default": None})
    for option in ("--deselect", "--ignore", "--ignore-glob"):
        parser.add_argument(option, action="append", default=[])
    parser.add_argument("--confcutdir", default=None)
    for option in _WORKERS_PATHS:
        parser.add_argument(option, default=None)
    parser.add_argument("--csv", default=None)
    parser.add_argument("-p", dest="plugins", action="append", default=[])
    known, rest = parser.parse_known_args(list(words))
    if known.csv is not None:
        # pytest-csv hangs its rows on the reports, and writes them where there is no xdist of ten years ago
        rest.append(f"--csv={os.devnull}")  # one word: pytest looks for its rootdir above every other
    plugins = [word for name in known.plugins if name not in _CONTROLLERS_PLUGINS for word in ("-p", name)]
    given = ((option, getattr(known, option.lstrip("-").replace("-", "_"))) for option in _WORKERS_PATHS)
    return ForWorkers(
        (*plugins, *rest),
        tuple(known.deselect),
        tuple(known.ignore),
        tuple(known.ignore_glob),
        known.confcutdir,
        tuple((option, path) for option, path in given if path is not None),
    )


_CONTROLLERS_VALUES = [
    "--rootdir",
    "--basetemp",
    "--junitxml",
    "--junit-xml",
    "--junitprefix",
    "--junit-prefix",
    "-n",
    "--numprocesses",
    "--maxprocesses",
    "--max-worker-restart",
    "--dist",
    "--tx",
    "--px",
    "--cov-report",
    "--cov-config",
    "--cov-fail-under",
    "--cov-context",
    "--cov-precision",
    # opened before pytest-benchmark finds that it has nothing to write under xdist
    "--benchmark-json",
    # it knows nothing of xdist: each worker would write a file of its own beside the controller's
    "--md-report-output",
]
_WORKERS_PATHS = ["--alluredir"]
_CONTROLLERS_PLUGINS = {"vscode_pytest"}
"""They speak to an editor over a channel that has room for one."""

_CONTROLLERS_FLAGS = [
    "--sw",
    "--stepwise",
    "--sw-skip",
    "--stepwise-skip",
    "--sw-reset",
    "--stepwise-reset",
    "--no-cov",
    "--no-cov-on-fail",
    "--cov-append",
    "--cov-branch",
    "--cov-reset",
    "--no-loadscope-reorder",
    # a worker gets paths, of which one may read like a module
    "--pyargs",
    "--md-report",
    # each worker would delete what the others have written
    "--clean-alluredir",
]
