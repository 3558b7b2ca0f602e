"""Changed files → the projects that go through them without a word of any: a test of all code, of all data.

Who names a file, or finds one of no import by a pattern, is looked for in :mod:`.meaning.mentions`, too.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cached_property

from pytest_monorepo.workspace.files.code_files import CODE, test_side
from pytest_monorepo.workspace.files.late import late
from pytest_monorepo.workspace.files.tree import inside
from pytest_monorepo.workspace.imports import one_file
from pytest_monorepo.workspace.imports.reading import Walker
from pytest_monorepo.workspace.model import ROOT, Scope, Workspace

from .answers import Question, digest_of
from .meaning.handed import Handed
from .rules.path_kinds import harmless
from .rules.values import ChangedFile, Reach, Touch
from .search import Search
from .sides import State

_CODE = (*CODE, ".pyi")
_SCRIPTS = (".sh", ".bash", ".zsh", ".ksh", ".bats", ".sh.in")
# of a program without an ending its first line tells; of more than these git is asked for those that have one
_FEW = 50
_BY_SHELL = late(r"#![^\n]*\b(?:ba|da|k|z)?sh\b")
_LEADS_OUT = late(r"\.\.|show-toplevel|show-cdup|WORKSPACE|[\"'\s]:/|:\(top")
_MANIFESTS = frozenset(("pyproject.toml", "setup.cfg", "tox.ini", "pytest.ini", "pytest.toml"))
_ONE_FILE = os.path.join(os.path.dirname(one_file.__file__), "")
# its own modules, which are not loaded for what is known
_TEXT = Question(
    "what makes text", tuple(f"{_ONE_FILE}{name}.py" for name in ("textual", "literals", "syntax"))
)
# what tools that look through all code read beside it
_OF_TOOLS = frozenset(
    (
        *("ruff.toml", ".ruff.toml", "mypy.ini", ".mypy.ini", ".flake8", ".pylintrc", "pylintrc"),
        *("pyrightconfig.json", ".isort.cfg", ".importlinter", ".codespellrc"),
    )
)


def with_walkers(
    changes: Sequence[ChangedFile], now: State, bases: Iterable[State], handed: Handed
) -> list[ChangedFile]:
    """The changes with those who go through folders where the files lie among the ``named``."""
    walkers = (*now.imports.walkers, *_of_scripts(now.search, now.side.workspace, handed))
    if not walkers:
        return [*changes]
    workspaces = [now.side.workspace, *(base.side.workspace for base in bases)]
    names = _Names(now, [change.path for change in changes])

    def touches(path: str) -> Iterable[Touch]:
        owners = {owner.path for one in workspaces if (owner := one.owner(path)) is not None}
        is_data = not _is_code(path)
        for project, walker in walkers:
            meets = fnmatchcase(posixpath.basename(path), walker.pattern) and inside(path, walker.folder)
            if not meets or owners == {project} or (is_data and _passes_by(walker, path, owners)):
                continue
            if (walker.named and not names.holds(walker.named)) or (walker.told and names.is_text(walker)):
                continue
            if walker.given and not handed.gives(walker.path, now.search.text(walker.path), walker.given):
                continue
            reach = Reach.TESTS if walker.scope is Scope.TEST else Reach.SOURCE
            where = "" if walker.folder == ROOT else f" below {walker.folder}"
            yield Touch(project, reach, f"{walker.path} goes through {walker.pattern}{where}", (walker.path,))

    return [_with(change, touches(change.path)) if _is_open(change) else change for change in changes]


class _Names:
    """What files and folders are called: of the workspace, of those that came or went, and those above it."""

    def __init__(self, now: State, changed: Iterable[str]) -> None:
        self._now = now
        self._workspace = now.side.workspace
        self._changed = changed
        self._known: dict[str, bool] = {}
        self._texts: dict[tuple[str, str], bool] = {}

    def holds(self, name: str) -> bool:
        if name not in self._known:
            # git lists neither its own folder nor what it is told to ignore
            is_there = name == ".git" or (self._workspace.root / name).exists()
            self._known[name] = is_there or f"/{name.casefold()}/" in self._all
        return self._known[name]

    @cached_property
    def _all(self) -> str:
        # also of a disk where case is nothing
        paths = (self._workspace.root.as_posix(), *self._workspace.files, *self._changed)
        return "\0".join(f"/{path}/" for path in paths).casefold()

    def is_text(self, walker: Walker) -> bool:
        """Whether the function that is told makes text of it at most, in each file that may be meant."""
        asked = (posixpath.dirname(walker.path), walker.told)
        if asked not in self._texts:
            files = [*self._modules(*asked)]
            name = walker.told.partition(":")[2]
            self._texts[asked] = bool(files) and all(self._makes_text(path, name) for path in files)
        return self._texts[asked]

    def _makes_text(self, path: str, name: str) -> bool:
        content = self._now.origin.read(path) or b""

        def find() -> bool:
            # parsed where a change meets somebody who hands a folder on
            from pytest_monorepo.workspace.imports.one_file.textual import makes_text

            return makes_text(content, name)

        return self._now.origin.answers.to(_TEXT, (digest_of(content), name), find) is True

    def _modules(self, folder: str, told: str) -> Iterator[str]:
        module = told.partition(":")[0]
        bare = module.lstrip(".")
        ends = tuple(f"/{bare.replace('.', '/')}{end}" for end in (".py", "/__init__.py", ".pyi", ".so"))
        for _ in range(len(module) - len(bare) - 1):
            folder = posixpath.dirname(folder)
        within = folder if module.startswith(".") else ROOT
        yield from (
            path for path in self._workspace.files if f"/{path}".endswith(ends) and inside(path, within)
        )


def _of_scripts(search: Search, workspace: Workspace, handed: Handed) -> Iterator[tuple[str, Walker]]:
    """The tests that name a shell's script which goes through folders, where either of them leads out."""
    scripts = [*_scripts(search, workspace.files)]
    named = {posixpath.basename(path) for path in scripts}
    for holder in search.tracked(named) if named else ():
        project = workspace.owner(holder)
        if project is None or not test_side(project, holder):
            continue
        text = search.text(holder)
        for path in (path for path in scripts if posixpath.basename(path) in text):
            owner = workspace.owner(path)
            # of another project's only that of whose folder it speaks: a run.sh is everywhere
            if owner not in (None, project) and owner.path != ROOT and not _speaks_of(owner.path, text):
                continue
            leads_out = owner is not project or _LEADS_OUT.search(search.text(path)) is not None
            within = holder if project.path == ROOT else holder[len(project.path) + 1 :]
            if leads_out or handed.climbs(holder, text, within):
                # what reads it is loaded where a test names a script
                from pytest_monorepo.workspace.imports.one_file.commands import in_script

                patterns = in_script(search.text(path))
                yield from ((project.path, Walker(holder, Scope.TEST, ROOT, one)) for one in patterns)


def _speaks_of(folder: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(posixpath.basename(folder))}(?![\w-])", text) is not None


def _scripts(search: Search, files: Sequence[str]) -> Iterator[str]:
    yield from (path for path in files if path.endswith(_SCRIPTS))
    # not LICENSE, Makefile, CODEOWNERS
    plain = [path for path in files if "." not in (name := posixpath.basename(path)) and name.islower()]
    if len(plain) > _FEW:
        begun = frozenset(search.tracked(("#!/",)))
        plain = [path for path in plain if path in begun]
    yield from (path for path in plain if _BY_SHELL.match(search.text(path)))


def _is_open(change: ChangedFile) -> bool:
    return change.everything is None and not change.path.startswith("../")


def _is_code(path: str) -> bool:
    return path.endswith(_CODE) or posixpath.basename(path) in _MANIFESTS | _OF_TOOLS


def _passes_by(walker: Walker, path: str, owners: set[str]) -> bool:
    """Whether what goes through all files is after those of projects alone, or source after no prose."""
    if harmless(path) and walker.scope is not Scope.TEST:
        return True
    return owners <= {ROOT} and not walker.pattern.strip("*")


def _with(change: ChangedFile, touches: Iterable[Touch]) -> ChangedFile:
    found = {touch.project: touch for touch in change.named}
    for touch in touches:
        before = found.get(touch.project)
        is_more = before is None or (before.reach is Reach.TESTS and touch.reach is Reach.SOURCE)
        first = touch if is_more or before is None else before
        met = before.met if before is not None else ()
        if before is not None and not met and not _is_code(change.path):
            # who names it, or looks for it, may do more than go through
            found[touch.project] = first._replace(met=())
            continue
        found[touch.project] = first._replace(met=tuple(dict.fromkeys((*met, *touch.met))))
    return change._replace(named=tuple(found.values()))
