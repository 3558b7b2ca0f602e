"""Changed files → the projects whose tests get them by a text of no project: a workflow, a script, a task.

Such a text may copy or link a file into a project before its tests run (:mod:`.workflows.copies`). And a
test, or a task of a project's own, may start it (``make -C ../.. rows``, ``../../ci/rows.sh``).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple

from pytest_monorepo.workspace.files.code_files import test_side
from pytest_monorepo.workspace.files.late import late
from pytest_monorepo.workspace.model import ROOT, Project, Workspace, parents

from .answers import Question, digest_of
from .meaning.handed import Handed
from .meaning.mentions import RUNNERS, carries, is_read, jobs
from .rules import words
from .rules.tasks import TASKS, asked_of, of_targets, starting
from .rules.values import ChangedFile, Reach, Touch
from .rules.words import is_word
from .sides import State
from .workflows import copies as copying
from .workflows.copies import Copy, copies, takes

if TYPE_CHECKING:
    from .workflows.judge import Runs

_WORKFLOWS = ".github/workflows/"
# GitHub starts those with these ends alone (docs.github.com: workflow syntax)
_OF_GITHUB = (".yml", ".yaml")
_SCRIPTS = (".sh", ".bash", ".zsh", ".ksh", ".bat", ".cmd", ".ps1", ".mk", ".mak", ".just", ".py")
_BESIDE = (*_OF_GITHUB, *_SCRIPTS)
_COPIES = Question("what is copied", (copying.__file__, words.__file__))
_NAMES = Question("which scripts are named", (__file__,))
_LED = Question("to which projects a text goes", (__file__,))
_WORD = late(r"[\w.-]+")
# of these every folder has one, and who loads them is known
_COMMON = frozenset(("__init__.py", "__main__.py", "conftest.py", "setup.py"))
_BY_NAME = r"(?:--package|--project|-p|install|import|from|-m)[ =]+[\"']?"
_METADATA = "# /// script"
_BLOCK = late(r"^# /// script[ \t]*\r?\n((?:#[^\n]*\n)*?)# ///[ \t]*\r?$", re.MULTILINE)
# what is read from a project, and not run there
_DATA = late(r"/.*\.(?!(?:py|pyw|sh|bash|mk|toml|cfg|ini)$)[^./]+")
# the first two folders of a place
_FOLDERS = late(r"(?:\./)?([\w-][\w.-]*/[\w-][\w.-]*/)")
_DEEP = 5
# of more words than these git is asked for those alone that are needed
_FEW = 40


class _Text(NamedTuple):
    """A text that starts something, or a job of it; ``runs`` where that runs tests, if it is known."""

    path: str
    text: str
    runs: Runs | None = None


def with_carried(changes: Sequence[ChangedFile], now: State, handed: Handed) -> list[ChangedFile]:
    """The changes with those among the ``named`` whose tests get the file in one of these ways."""
    asked = [one.path for one in changes if one.everything is None and not one.path.startswith("../")]
    touches = _Carried(now, handed).touches(asked) if asked else {}
    return [_with(change, touches.get(change.path, ())) for change in changes]


def _with(change: ChangedFile, touches: Iterable[Touch]) -> ChangedFile:
    known = {touch.project for touch in change.named}
    more = {touch.project: touch for touch in touches if touch.project not in known}
    return change._replace(named=(*change.named, *more.values())) if more else change


class _Carried:
    def __init__(self, now: State, handed: Handed) -> None:
        self._workspace: Workspace = now.side.workspace
        self._graph = now.side.graph
        self._search = now.search
        self._handed = handed
        self._answers = now.origin.answers
        self._named: dict[str, frozenset[str]] = {}
        self._reached: dict[str, tuple[frozenset[str], frozenset[str]]] = {}

    def touches(self, paths: Sequence[str]) -> dict[str, list[Touch]]:
        """Whose tests get which of the files."""
        found: dict[str, list[Touch]] = {}
        for path, place, how in self._copied(paths):
            found.setdefault(path, []).append(Touch(place, Reach.TESTS, how))
        for path, place, how in self._declared(paths):
            found.setdefault(path, []).append(Touch(place, Reach.TESTS, how))
        started = {script: self._led_to(self._search.text(script)) for script in self._scripts}
        met = {
            script: [path for path in paths if self._goes_to(text, path)] for script, text in started.items()
        }
        met = {script: where for script, where in met.items() if where}
        for project, holder, script, text in self._starts([*met], started) if met else ():
            reach = self._reach(project, holder)
            for path in met[script]:
                if self._home(path) != project.path and (text is None or self._goes_to(text, path)):
                    how = f"named in {script}, which {holder} starts"
                    found.setdefault(path, []).append(Touch(project.path, reach, how))
        return found

    def _home(self, path: str) -> str | None:
        owner = self._workspace.owner(path)
        return None if owner is None or owner.path == ROOT else owner.path

    # -- what is copied

    def _copied(self, paths: Sequence[str]) -> Iterator[tuple[str, str, str]]:
        for carrier, text in self._carriers:
            taken = self._taken(carrier, text, paths)
            # what a job says is read slowly, and few copy anything that has changed
            for job in self._jobs(carrier, text) if taken else ():
                for path, copy in self._taken(carrier, job.text, [path for path, _ in taken]):
                    projects = (one for one in self._targets(job, copy) if one != self._home(path))
                    yield from ((path, project, f"{carrier} copies it") for project in projects)

    def _taken(self, carrier: str, text: str, paths: Sequence[str]) -> list[tuple[str, Copy]]:
        found = [(path, copy) for copy in self._copies(carrier, text) for path in paths if path != carrier]
        return [(path, copy) for path, copy in found if takes(copy, text, path, self._home(path))]

    def _copies(self, carrier: str, text: str) -> list[Copy]:
        kind = "image" if copying.is_image(carrier) else posixpath.splitext(carrier)[1]
        about = (kind, digest_of(text))
        return [Copy(*one) for one in self._answers.to(_COPIES, about, lambda: copies(carrier, text))]

    @cached_property
    def _carriers(self) -> tuple[tuple[str, str], ...]:
        """What tests are started with and lies in no project, what of Python that starts, and images."""
        # what lies beside workflows starts nothing, unless it is a script that they start
        files = [
            path
            for path in _nobodys(self._workspace)
            if not path.startswith(_WORKFLOWS) or path.endswith(_BESIDE)
        ]
        texts = {path: self._search.text(path) for path in files if path in TASKS or carries(path)}
        images = filter(copying.is_image, self._workspace.files)
        texts |= {path: self._search.text(path) for path in images}
        scripts = [path for path in self._scripts if path.endswith(".py") and path not in texts]
        said = "\n".join(texts.values()) if scripts else ""
        named = [path for path in scripts if is_word(posixpath.basename(path), said)]
        return (*texts.items(), *((path, self._search.text(path)) for path in named))

    def _jobs(self, carrier: str, text: str) -> list[_Text]:
        """Of a workflow its jobs that run tests."""
        if not (carrier.startswith(_WORKFLOWS) and carrier.endswith(_OF_GITHUB)):
            return [_Text(carrier, text)]
        return [_Text(carrier, job, runs) for job, runs in jobs(self._search, carrier)]

    def _targets(self, text: _Text, copy: Copy) -> list[str]:
        """The projects that a copy goes to; of no certain place those that the text tests."""
        projects = [project for project in self._workspace.projects if project.path != ROOT]
        if led := self._led_into(projects, copy.target):
            return led
        into = [one.path for one in projects if _is_step(posixpath.basename(one.path), copy.target)]
        if into:
            return into
        if copying.is_image(text.path):
            # it mostly holds the projects where they lie here; one of a project is built for that
            home = self._home(text.path)
            return [] if home is None else [home]
        if text.runs is not None and (places := text.runs.places):
            return [one.path for one in projects if any(_is_at(one, place) for place in places)]
        named = [one.path for one in projects if is_word(posixpath.basename(one.path), text.text)]
        return named or [one.path for one in self._workspace.projects]

    def _led_into(self, projects: Sequence[Project], target: str) -> list[str]:
        """The only project in which both folders are that the way to a place begins with."""
        begins = _FOLDERS.match(target.strip("\"'"))
        if begins is None or any(path.startswith(begins[1]) for path in self._workspace.files):
            return []
        found = [
            one.path
            for one in projects
            if any(path.startswith(f"{one.path}/{begins[1]}") for path in self._workspace.files)
        ]
        return found if len(found) == 1 else []

    # -- what scripts declare

    def _declared(self, paths: Sequence[str]) -> Iterator[tuple[str, str, str]]:
        """Whom scripts with metadata in a comment need (PEP 723), for the projects that they serve."""
        for script in self._search.tracked((_METADATA,)):
            block = "\n".join(_BLOCK.findall(self._search.text(script)))
            met = [path for path in paths if self._home(path) is not None and self._goes_to(block, path)]
            home = self._home(script)
            users = ([home] if home is not None else self._users(script)) if met else ()
            for path in met:
                how = f"{script} needs its project"
                yield from ((path, user, how) for user in users if user != self._home(path))

    def _users(self, script: str) -> list[str]:
        """The projects that are tested where a text starts the script."""
        found: dict[str, None] = {}
        for carrier, text in self._carriers:
            if is_word(posixpath.basename(script), text):
                for job in self._jobs(carrier, text):
                    if is_word(posixpath.basename(script), job.text):
                        found |= dict.fromkeys(self._targets(job, Copy("", "")))
        return [*found]

    # -- what is started

    @cached_property
    def _scripts(self) -> tuple[str, ...]:
        return tuple(_scripts(self._workspace))

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in self._scripts:
            found.setdefault(posixpath.basename(path), []).append(path)
        return found

    def _led_to(self, text: str) -> str:
        """The text with those of the scripts that it names, and so on."""
        seen: set[str] = set()
        parts, waiting = [text], [text]
        for _ in range(_DEEP):
            names = {name for part in waiting for name in self._scripts_in(part)} - seen
            seen |= names
            waiting = [self._search.text(path) for name in names for path in self._by_name[name]]
            parts += waiting
        return "\n".join(parts)

    def _scripts_in(self, text: str) -> frozenset[str]:
        """The names of scripts that it holds: asked for each that leads to it."""
        if text not in self._named:
            about = (self._names, digest_of(text))
            find = partial(_words_among, text, self._by_name)
            self._named[text] = frozenset(self._answers.to(_NAMES, about, find))
        return self._named[text]

    @cached_property
    def _names(self) -> str:
        return digest_of("\0".join(sorted(self._by_name)))

    def _starts(
        self, scripts: Collection[str], texts: dict[str, str]
    ) -> Iterator[tuple[Project, str, str, str | None]]:
        """Project, its file that starts a script, the script; what it says where that is not all of it."""
        names = {posixpath.basename(script) for script in scripts if script not in TASKS}
        words = starting(self._workspace) if any(script in TASKS for script in scripts) else ()
        # two questions, for the second has been asked along with another one
        holders = {*(self._search.tracked(names) if names else ()), *self._search.tracked(words)}
        for holder in sorted(holders):
            project = self._workspace.owner(holder)
            if project is None or project.path == ROOT or not is_read(holder):
                continue
            text = self._search.text(holder)
            started = [(script, asked_of(script, text)) for script in scripts]
            started = [(script, asked) for script, asked in started if asked is not None]
            if started and self._handed.climbs(holder, text, holder[len(project.path) + 1 :]):
                for script, asked in started:
                    yield project, holder, script, self._task(script, asked, texts[script]) if asked else None

    def _task(self, path: str, asked: str, whole: str) -> str:
        """What a task file says of what is asked for."""
        if not path.lower().endswith(("makefile", "justfile")):
            return whole
        return self._led_to(of_targets(self._search.text(path), asked))

    @staticmethod
    def _reach(project: Project, holder: str) -> Reach:
        is_task = RUNNERS.fullmatch(posixpath.basename(holder)) is not None
        return Reach.TESTS if is_task or test_side(project, holder) else Reach.SOURCE

    def _goes_to(self, text: str, path: str) -> bool:
        home = self._home(path)
        if home is not None:
            projects, files = self._reached_by(text)
            return home in projects or any(fnmatchcase(path, f"*/{file}") for file in files)
        folder, _, name = path.rpartition("/")
        return is_word(name, text) and (not folder or is_word(posixpath.basename(folder), text))

    def _reached_by(self, text: str) -> tuple[frozenset[str], frozenset[str]]:
        """The projects that it goes to, with those that they need, and of others the files."""
        if text not in self._reached:
            whole, files = self._answers.to(_LED, (self._places, digest_of(text)), partial(self._leads, text))
            needed = (need for one in whole for need in (one, *self._graph.transitive_dependencies(one)))
            self._reached[text] = frozenset(needed), frozenset(files)
        return self._reached[text]

    def _leads(self, text: str) -> tuple[list[str], list[str]]:
        led = {one.path: _led(one, text) for one in self._workspace.projects if one.path != ROOT}
        whole = [path for path, (is_whole, _) in led.items() if is_whole]
        return whole, [file for _, named in led.values() for file in named]

    @cached_property
    def _places(self) -> str:
        """All by which a text may name the projects."""
        told = [(one.path, one.name, one.packages) for one in self._workspace.projects]
        return digest_of(repr(told))


def _words_among(text: str, names: Collection[str]) -> list[str]:
    return sorted({word for word in _WORD.findall(text) if word in names})


def _led(project: Project, text: str) -> tuple[bool, list[str]]:
    """Whether a text goes to a project, or else to which data files of it, from the name of its folder on."""
    home = posixpath.basename(project.path)
    names = [re.escape(name) for name in (project.name, *project.packages) if name and name in text]
    if names and re.search(rf"{_BY_NAME}(?:{'|'.join(names)})(?![\w-])", text):
        return True, []
    places = (
        [*re.finditer(rf"(?<![\w.-]){re.escape(home)}((?:/[\w.*-]+)*)(?![\w-])", text)]
        if home in text
        else []
    )
    # a word alone may mean anything
    tails = [place[1] for place in places if place[1] or _stands_in_path(project.path, text, place.start())]
    files = [f"{home}{tail}" for tail in tails if _DATA.fullmatch(tail)]
    return len(files) < len(tails), files


def _stands_in_path(path: str, text: str, at: int) -> bool:
    return text[:at].endswith(("/", '"', "'", "`", "\\")) or (
        "/" not in path and text[:at].endswith((" ", "="))
    )


def _is_step(name: str, text: str) -> bool:
    """Whether a path in the text has this step; f"…" is none of a project ``f``."""
    begins = r"(?:(?<=[/\\\"'`])|(?:^|(?<=[\s(=:]))(?![fFrRbBuU]{1,2}[\"']))"
    step = rf"{begins}{re.escape(name)}(?=[\s/\\\"'`),;]|$)"
    return name in text and re.search(step, text) is not None


def _is_at(project: Project, place: str) -> bool:
    return place in parents(project.path) or project.path in parents(place)


def words_of(workspace: Workspace) -> frozenset[str]:
    """One of these stands in whatever starts a task of the root, or a script where there are few."""
    scripts = {posixpath.basename(path) for path in _scripts(workspace)}
    return starting(workspace) | (scripts if len(scripts) <= _FEW else set()) | {_METADATA}


def _scripts(workspace: Workspace) -> Iterator[str]:
    """What may be started and lies in no project, nor is a test of the root's."""
    root = workspace.by_path.get(ROOT)
    for path in _nobodys(workspace):
        name = posixpath.basename(path)
        is_one = (name.endswith(_SCRIPTS) or "." not in name or path in TASKS) and name not in _COMMON
        if is_one and (root is None or not test_side(root, path)):
            yield path


def _nobodys(workspace: Workspace) -> Iterator[str]:
    """The files that lie in no project, or in the root's alone."""
    known: dict[str, bool] = {}
    for path in workspace.files:
        folder = posixpath.dirname(path)
        if folder not in known:
            owner = workspace.owner(path)
            known[folder] = owner is None or owner.path == ROOT
        if known[folder]:
            yield path
