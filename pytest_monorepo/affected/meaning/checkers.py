"""Settings of linters, formatters and type checkers → the tests that run such a tool on code, and no others.

Pytest reads none of these files. A test sees one where it starts the tool, loads a plugin for it, starts what
starts it (pre-commit, nox, make), or names the file; whatever runs the tool beside the tests does not count.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from pytest_monorepo.affected.locks.names import is_lock
from pytest_monorepo.affected.rules.checks import checker_of
from pytest_monorepo.affected.rules.effects import owner_of, owners_of
from pytest_monorepo.affected.rules.path_kinds import (
    builds_documentation,
    harmless,
    is_prose,
    only_pytest_loads,
    readers_above,
    runs_tests,
)
from pytest_monorepo.affected.rules.values import ChangedFile, Reach, Side, Touch
from pytest_monorepo.affected.search import Search
from pytest_monorepo.affected.sides import State
from pytest_monorepo.workspace.files.code_files import test_side
from pytest_monorepo.workspace.manifests.requirements import is_requirements_file
from pytest_monorepo.workspace.model import ROOT

from .handed import Handed
from .mentions import with_named

# what starts the tools by another file's words
_RARE = ("pre-commit", "pre_commit", "prek", "nox", "tox", "lefthook")
_STARTERS = (
    *("make", "just", "task", "poe", "hatch", "invoke", "pixi", "pdm", "mise", "doit"),
    *("npm", "npx", "pnpm", "yarn", "bun"),
)
# what people start by hand: the tool is named there beside the tests
_TASKS = frozenset(("noxfile.py", "tasks.py", "dodo.py", "fabfile.py", "setup.py", "duties.py", "conf.py"))
_BEFORE = r"(?:^|[;&|])\s*|(?:^|\s)(?:run|exec|-m|-c|uvx|npx|pipx)\s+"
_STARTED = re.compile(rf"(?:{_BEFORE})(?:{'|'.join((*_RARE, *_STARTERS))})(?:\s|$)")
# what leads out of the folder that a pattern of names is looked for in
_CLIMBS = re.compile(r"(?i)\.\.|parents\[|\.parent\b|pardir|root|repo|\btop\b|git")
_SETTINGS = (
    r"(?:\.?pytest|tox|hatch|pixi)\.(?:ini|toml)|Pipfile|setup\.(?:py|cfg)|pyproject\.toml"
    r"|.*environment.*\.ya?ml"
)
_ANY = re.compile("")


def checked(path: str, now: State, base: State) -> ChangedFile | None:
    """What a change of such a file means; ``None`` for other files, and where its place says more."""
    words = checker_of(path)
    if not words or path.startswith("../"):
        return None
    sides = (now.side, base.side)
    owners = owners_of(path, sides)
    how = f"settings of {words[0]}"
    found = _Search(path, words, sides, now.search)
    if not owners <= {ROOT}:
        # what its own code does with the tool, others that use it may see
        quiet = found.everything is None and not found.touches
        return ChangedFile(path, Reach.ITSELF, how) if quiet else None
    if found.everything is not None:
        return ChangedFile(path, everything=f"{how}, and {found.everything}")
    own = (Touch(owner, Reach.ITSELF, how) for owner in owners)
    return ChangedFile(path, strange=_once((*found.touches, *own)), how=f"{how}, which no test runs")


class _Search:
    """Whose tests run the tool or name the file, by what is on disk."""

    def __init__(self, path: str, words: tuple[str, ...], sides: tuple[Side, Side], search: Search) -> None:
        self._path, self._tool, self._sides = path, words[0], sides
        self._now = sides[0]
        name = posixpath.basename(path)
        any_of = "|".join(re.escape(word).replace(r"\-", "[-_]") for word in words)
        self._runs = re.compile(rf"(?<![\w-])(?:pytest[-_]|--)?(?:{any_of})(?![\w-])|{re.escape(name)}")
        compiled = r"|\bmypyc\b" if "mypyc" in words else ""
        self._loads = re.compile(rf"pytest[-_](?:{any_of})|--(?:{any_of})\b|enabler\.(?:{any_of}){compiled}")
        ending = posixpath.splitext(name)[1]
        self._globs = re.compile(rf"\*{re.escape(ending)}(?![\w.-])" if ending else r"(?!)")
        spelled = {word.replace("-", "_") for word in words} | {f"*{ending}" for _ in ending[:1]}
        started = {f"{quote}{word}{end}" for word in _STARTERS for quote in "\"'" for end in (quote, " ")}
        started |= {f"{before} {word} " for word in _STARTERS for before in ("&&", ";", "run")}
        self._words = {name, *words, *spelled, *started, *_RARE}
        self._search = search

    @cached_property
    def _holders(self) -> tuple[str, ...]:
        found = self._search.matching(self._words, _ANY, _ANY, lambda file: file != self._path)
        return tuple(file for file in found if self._holds(file))

    def _holds(self, file: str) -> bool:
        owner = owner_of(file, self._now)
        tests = owner is not None and test_side(self._now.workspace.by_path[owner], file)
        text = self._search.text(file)
        if _is_settings(file) or _is_task(file, owner):
            return self._loads.search(text) is not None
        if owner is None and self._loads_for_all(file):
            return True
        if file.endswith(".py"):
            finds = self._globs.search(text) is not None and _CLIMBS.search(text) is not None
            return finds or _says(text, self._runs, tests=tests)
        script = file.endswith((".sh", ".bash")) or text.startswith("#!")
        return (tests or script) and self._runs.search(text) is not None

    def _loads_for_all(self, file: str) -> bool:
        """Whether a file of nobody's, which may start the tests of all, loads the tool into them."""
        aside = harmless(file) or is_prose(file) or is_lock(file) or only_pytest_loads(file)
        return (
            not (aside or builds_documentation(file))
            and self._loads.search(self._search.text(file)) is not None
        )

    @cached_property
    def everything(self) -> str | None:
        """Why the file concerns all: what is installed or set for everybody loads the tool."""
        common = (f for f in self._holders if owner_of(f, self._now) in (None, ROOT))
        loading = (
            f
            for f in common
            if _is_settings(f)
            or _is_task(f, None)
            or (owner_of(f, self._now) is None and self._loads_for_all(f))
        )
        return next((f"{file} loads it into the tests" for file in loading), None)

    @cached_property
    def touches(self) -> tuple[Touch, ...]:
        """The projects that run it, and those that load or name what lies in none and runs it."""
        outside = [file for file in self._holders if owner_of(file, self._now) is None]
        return _once((*map(self._inside, set(self._holders).difference(outside)), *self._through(outside)))

    def _inside(self, file: str) -> Touch:
        project = self._now.workspace.by_path[owner_of(file, self._now) or ROOT]
        tests = _is_settings(file) or not file.endswith(".py") or test_side(project, file)
        return Touch(project.path, Reach.TESTS if tests else Reach.SOURCE, f"{file} runs {self._tool}")

    def _through(self, files: list[str]) -> Iterator[Touch]:
        for file in files:
            how = f"{file} runs {self._tool}"
            yield from (t._replace(how=how) for side in self._sides for t in side.readers.get(file, ()))
            for project, _ in readers_above(file, self._now.workspace):
                yield Touch(project, Reach.TESTS, how)
        changes = [ChangedFile(file) for file in files]
        handed = Handed(self._search, self._now.workspace, self._now.graph)
        for change in with_named(self._search, changes, self._sides, handed) if files else ():
            for touch in change.named:
                yield touch._replace(how=f"{touch.how}: {change.path} runs {self._tool}")


def _once(touches: Iterable[Touch]) -> tuple[Touch, ...]:
    found: dict[str, Touch] = {}
    for touch in sorted(touches, key=lambda touch: (touch.project, touch.reach.value, touch.how)):
        found.setdefault(touch.project, touch)
    return tuple(found.values())


def _is_settings(file: str) -> bool:
    if runs_tests(file):
        return True
    return re.fullmatch(_SETTINGS, posixpath.basename(file)) is not None or is_requirements_file(file)


def _is_task(file: str, owner: str | None) -> bool:
    """Whether a file is one of tasks: at the top of its project, or of nobody's."""
    folder, name = posixpath.split(file)
    return name in _TASKS and (owner is None or folder in (owner, f"{owner}/docs") or owner == ROOT)


def _says(text: str, runs: re.Pattern[str], *, tests: bool) -> bool:
    """Whether code, without comments and docstrings, names the tool; of tests also what starts it."""
    try:
        said = tuple(_said(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return runs.search(text) is not None
    return any(runs.search(word) or (tests and _STARTED.search(word)) for word in said)


def _said(tree: ast.Module) -> Iterator[str]:
    nodes = tuple(ast.walk(tree))
    alone = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
