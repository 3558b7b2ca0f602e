"""Which files of a project its own pytest would collect: pure, over names alone."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import pairwise
from pathlib import PurePosixPath
from typing import NamedTuple

from pytest_monorepo.workspace.files.globs import compile_glob, has_magic, without_magic
from pytest_monorepo.workspace.files.tree import TEXTS, inside, join
from pytest_monorepo.workspace.model import PytestSettings

from .checkers import OPTIONS

# The options that take no value, as far as a path may follow them in addopts. What follows another one counts
# as its value: at worst too much is collected, or beside testpaths too little. --cov takes the next word, if
# there is one (pytest-cov 7); a short option with its value in one word takes none.
_FLAG = (
    r"-[qvslxh]+|-r[a-zA-Z]+|-n\w+|-[Wpkmco].+|--(?:strict|strict-markers|strict-config|lf|ff|nf|sw|pdb|doctest-modules|"
    r"showlocals|verbose|quiet|exitfirst|cache-clear|no-header|no-summary|pyargs|full-trace|disable-warnings|"
    r"cov-branch|cov-append|no-cov|no-cov-on-fail|runxfail|noconftest|keep-duplicates|failed-first|new-first|"
    r"last-failed|stepwise|doctest-continue-on-failure|doctest-ignore-import-errors)|--.+=.*"
)

# what these find need be no Python
_OF_TEXTS = frozenset((*OPTIONS, "--doctest-glob"))
# pytest imports neither of these to look for doctests (_pytest/doctest.py, pytest_collect_file)
_NO_DOCTESTS = ("setup.py", "__main__.py")


class Collected(NamedTuple):
    """What pytest collects by name, and what it collects only if a doctest is in it."""

    tests: tuple[str, ...]
    doctests: tuple[str, ...] = ()


def collect(
    folder: str,
    files: Sequence[str],
    settings: PytestSettings,
    absolute: str = "/workspace",
    others: AbstractSet[str] = frozenset(),
) -> Collected:
    """Divide the files of the project in ``folder``, those of nested projects already left out.

    ``absolute`` is the workspace root's full path: a pattern with a slash is matched against whole paths.
    ``others`` are the files and folders of the whole workspace: test paths may lie in a nested project.
    """
    starts = start_points(folder, files, settings, others)
    ignored = _ignored(folder, settings.addopts, absolute)
    recurse = _Recursion(settings.norecursedirs, absolute)
    is_test = _matcher(settings.python_files, absolute)
    is_doctest = _text_matcher(settings.addopts, starts, absolute)
    with_doctests = "--doctest-modules" in settings.addopts
    tests: list[str] = []
    doctests: list[str] = []
    for path in files:
        if path.endswith(".py"):
            # a file that is named is a test's whatever its name (_pytest/python.py: session.isinitpath)
            kind = tests if is_test(path) or path in starts else doctests
            wanted = kind is tests or (with_doctests and path.rpartition("/")[2] not in _NO_DOCTESTS)
        else:
            kind, wanted = doctests, is_doctest(path)
        if wanted and not ignored(path) and any(recurse.reaches(path, start) for start in starts):
            kind.append(path)
    return Collected(tuple(tests), tuple(doctests))


def start_points(
    folder: str, files: Sequence[str], settings: PytestSettings, others: AbstractSet[str] = frozenset()
) -> tuple[str, ...]:
    """Where ``cd folder && pytest`` starts: paths in ``addopts``, else ``testpaths``, else the folder."""
    given = _paths_in(folder, files, settings.addopts)
    if given:
        return given
    # testpaths count only where pytest is started in its rootdir (9.2: Config._decide_args)
    if settings.rootdir != folder or not settings.testpaths:
        return (folder,)
    found: dict[str, None] = {}
    for pattern in settings.testpaths:
        found.update(dict.fromkeys(_matching(folder, files, pattern, others)))
    # pytest falls back to the invocation folder when no test path exists
    return tuple(found) or (folder,)


def outside(folder: str, settings: PytestSettings) -> tuple[str, ...]:
    """What ``addopts`` and ``testpaths`` name outside ``folder``; of a glob the folder that it looks into."""
    testpaths = settings.testpaths if settings.rootdir == folder else ()
    named = (word.partition("::")[0] for word in settings.addopts if not word.startswith("-"))
    # hardly any leads out
    out = (value for value in (*named, *testpaths) if ".." in value)
    found = (without_magic(join(folder, value)) for value in out)
    return tuple(path for path in found if not inside(path, folder) and not path.startswith(".."))


def may_find_texts(settings: PytestSettings) -> bool:
    """Whether a path, a pattern or an option may make tests of one of :data:`.tree.TEXTS`."""
    words = [word for word in settings.addopts if not word.startswith("-")]
    if any(has_magic(path) or path.endswith(TEXTS) for path in (*settings.testpaths, *words)):
        return True
    options = (word for word in settings.addopts if word.startswith("-"))
    return any(option.partition("=")[0] in _OF_TEXTS for option in options)


def _matching(folder: str, files: Sequence[str], pattern: str, others: AbstractSet[str]) -> list[str]:
    target = join(folder, pattern)
    # wildcards since pytest 7.2 (#9897)
    if not has_magic(pattern):
        return [target] if target in others or any(inside(path, target) for path in files) else []
    glob = compile_glob(target)
    own = [path for path in _with_folders(folder, files) if glob.fullmatch(path)]
    return sorted(own or {path for path in others if glob.fullmatch(path)})


def _with_folders(folder: str, files: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for path in files:
        while path != folder and path and path not in found:
            found.add(path)
            path = path.rpartition("/")[0]
    return found


def _paths_in(folder: str, files: Sequence[str], addopts: Sequence[str]) -> tuple[str, ...]:
    found = []
    for before, value in zip(("-q", *addopts), addopts, strict=False):
        positional = not value.startswith("-") and (re.fullmatch(_FLAG, before) or not before.startswith("-"))
        if positional:
            target = join(folder, value.partition("::")[0])
            if any(inside(path, target) for path in files):
                found.append(target)
    return tuple(found)


def option_values(addopts: Sequence[str], name: str) -> tuple[str, ...]:
    """The values of a repeatable option, given as ``--name value`` or ``--name=value``."""
    after = [value for option, value in pairwise(addopts) if option == name]
    return (*after, *(option.partition("=")[2] for option in addopts if option.startswith(name + "=")))


def _ignored(folder: str, addopts: Sequence[str], absolute: str) -> Callable[[str], bool]:
    paths = [join(folder, value) for value in option_values(addopts, "--ignore")]
    # held against whole paths (_pytest/main.py, pytest_ignore_collect), so that * crosses folders
    globs = [f"{absolute}/{join(folder, value)}" for value in option_values(addopts, "--ignore-glob")]
    patterns = [re.compile(fnmatch.translate(glob)) for glob in globs]

    def ignored(path: str) -> bool:
        if any(inside(path, ignored_path) for ignored_path in paths):
            return True
        return bool(patterns) and any(
            pattern.match(f"{absolute}/{part}")
            for part in _with_folders(folder, [path])
            for pattern in patterns
        )

    return ignored


def _text_matcher(addopts: Sequence[str], starts: Sequence[str], absolute: str) -> Callable[[str], bool]:
    if "no:doctest" in option_values(addopts, "-p") or "-pno:doctest" in addopts:
        return lambda path: False
    # pytest's default where nothing is given (how-to/doctest)
    by_name = _matcher(option_values(addopts, "--doctest-glob") or ("test*.txt",), absolute)
    # a text that is named needs no glob (6.2 to 9.2: _pytest/doctest.py, _is_doctest)
    named = frozenset(path for path in starts if PurePosixPath(path).suffix in (".txt", ".rst"))
    return lambda path: path in named or by_name(path)


@lru_cache(maxsize=64)
def _matcher(patterns: tuple[str, ...], absolute: str) -> Callable[[str], bool]:
    """pytest's ``fnmatch_ex``: a pattern without slash sees the name, any other the whole path."""
    names = re.compile("|".join(fnmatch.translate(p) for p in patterns if "/" not in p) or r"(?!)")
    wholes = re.compile(
        "|".join(fnmatch.translate(p if p.startswith("/") else f"*/{p}") for p in patterns if "/" in p)
        or r"(?!)"
    )
    only_names = all("/" not in pattern for pattern in patterns)

    def matches(path: str) -> bool:
        if names.match(path.rpartition("/")[2]):
            return True
        return not only_names and wholes.match(f"{absolute}/{path}") is not None

    return matches


class _Recursion:
    """Whether pytest descends from a start point to a file, each folder judged once."""

    def __init__(self, norecursedirs: tuple[str, ...], absolute: str) -> None:
        self._skips = _matcher(norecursedirs, absolute)
        self._known: dict[tuple[str, str], bool] = {}

    def reaches(self, path: str, start: str) -> bool:
        """``start`` itself was asked for and is entered whatever its name."""
        folder = str(PurePosixPath(path).parent) if "/" not in path else path.rpartition("/")[0]
        return path == start or (inside(path, start) and self._enters(folder, start))

    def _enters(self, folder: str, start: str) -> bool:
        if folder == start or folder in ("", "."):
            return True
        key = (folder, start)
        if key not in self._known:
            outer = folder.rpartition("/")[0]
            # pytest enters no __pycache__, whatever norecursedirs says (pytest_ignore_collect)
            above = "__pycache__" not in folder and self._enters(outer, start)
            self._known[key] = above and not self._skips(folder)
        return self._known[key]
