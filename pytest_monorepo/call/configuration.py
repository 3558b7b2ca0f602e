"""What the command line, or ``PYTEST_ADDOPTS``, says of configuration: ``-c``, ``-o``, ``--confcutdir``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.discovery import checkers

_DECIDE_WHAT_HOLDS_TESTS = ("python_files", "testpaths", "norecursedirs", "pythonpath", "addopts")


def with_configuration(config: pytest.Config, root: Path, settings: Settings) -> Settings:
    """The settings with the file that holds for every project, and the values that come before any file's.

    Raises where the file lies outside the workspace.
    """
    options = config.known_args_namespace
    inifile = _inifile(options.inifilename, config.invocation_params.dir, root)
    overrides = tuple(_overrides(options.override_ini or ()))
    words = (*map(str, config.invocation_params.args), *os.environ.get("PYTEST_ADDOPTS", "").split())
    return replace(
        settings,
        inifile=inifile,
        overrides=overrides,
        collecting=tuple(_collecting(words)),
        confcutdir=bool(options.confcutdir),
    )


def _inifile(given: str | None, cwd: Path, root: Path) -> str | None:
    if not given:
        return None
    path = Path(os.path.normpath(cwd / given))
    if given == os.devnull:  # none at all
        return Path(os.path.relpath(path, root)).as_posix()
    if root not in path.parents:
        raise MonorepoError(
            f"-c {given}: outside the workspace {root}; name a file in it, or set single values with -o"
        )
    return path.relative_to(root).as_posix()


def _overrides(given: Iterable[str]) -> list[tuple[str, str]]:
    pairs = (entry.partition("=") for entry in given)
    return [(name, value) for name, _, value in pairs if name in _DECIDE_WHAT_HOLDS_TESTS]


def _collecting(words: Sequence[str]) -> Iterator[str]:
    """``--doctest-modules``, ``--ruff`` and the like, which each worker hears; not the root's own."""
    for word, following in pairwise((*words, "")):
        if (
            word in checkers.OPTIONS
            or word in ("--doctest-modules", "-pno:doctest")
            or word.startswith("--doctest-glob=")
        ):
            yield word
        elif word == "--doctest-glob":
            yield f"{word}={following}"
