"""Who leaves a project by a value that another file has: ``from paths import ROOT``, a fixture ``root``."""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from pytest_monorepo.affected.answers import Answers, Question, digest_of
from pytest_monorepo.affected.search import Search
from pytest_monorepo.workspace.files import kept
from pytest_monorepo.workspace.files.late import late
from pytest_monorepo.workspace.files.tree import inside
from pytest_monorepo.workspace.graph import Graph
from pytest_monorepo.workspace.imports import one_file
from pytest_monorepo.workspace.model import ROOT, Workspace

from . import finding
from .finding import Remember, bound_in, climbs, code_of, leads_up

# One of these stands in whatever leads up.
_WORDS = (
    *("parents", ".parent", "dirname(", "pardir", "../", "..\\", '.."', "..'", "show-", "__file__"),
    *("environ", "getenv(", "GITHUB_WORKSPACE", "rootpath", "rootdir", "inipath", ".cwd()"),
    *("search_parent_directories", '".git"', "'.git'", ".parts", "split("),
)
# of more new files than these git tells sooner which to look at
_FEW = 100
# what a module binds at its top, each with all that follows until the next
_BLOCK = late(r"^(?=[^\s#)\]}])", re.MULTILINE)
_BINDS = late(r"(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|(\w+)[ \t]*(?::[^=\n]{0,80})?=(?!=)")
_WORD = late(r"\w+")
_PLACE = late(r"_{0,2}[A-Z][A-Z0-9_]+|\w{0,30}(?:root|repo)(?:_?(?:dir|path))?")
# also the "from" of "yield from" and "raise", which takes nothing; a longer list is cut off before its names
_IMPORT = late(r"\b(?:from|import)\b(?:[^\n;(\\]|\\\r?\n)*(?:\([^()]{0,4000}\))?")
# who imports without a statement, or names a module as a text
_BY_NAME = late(r"\b(?:import_module|__import__|sys\.modules|importlib|pytest_plugins|runpy)\b")
# what answers questions about a text alone
_SOURCES = (
    finding.__file__,
    *(f"{one_file.__path__[0]}/{name}.py" for name in ("sought", "expressions", "literals", "syntax")),
)


class _Taker:
    """A file that may take something of others: its words, those of its code, and of what it imports."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self._text = text
        self.words = set(_WORD.findall(text))

    @cached_property
    def code(self) -> str:
        """What is said in it, without what is said about it."""
        return code_of(self._text)

    @cached_property
    def used(self) -> set[str]:
        return set(_WORD.findall(self.code))

    @cached_property
    def _imported(self) -> set[str]:
        if _BY_NAME.search(self.code):
            return self.used
        return {word for one in _IMPORT.findall(self.code) for word in _WORD.findall(one)}

    def takes(self, names: Collection[str], module: str) -> bool:
        """Whether the module is imported, or is named with one of the names: ``package.paths.ROOT``."""
        if module in self._imported:
            return True
        either = "|".join(map(re.escape, sorted(names)))
        return re.search(rf"\b{re.escape(module)}\s{{0,9}}\.\s{{0,9}}(?:{either})\b", self.code) is not None


class _Giver(NamedTuple):
    """``among`` are the files that need not name the module for what it hands on."""

    module: str
    among: str | None
    names: set[str]

    def gives(self, taker: _Taker) -> set[str]:
        """The names that a file may take of it."""
        near = self.among is not None and inside(taker.path, self.among)
        if self.names.isdisjoint(taker.words) or not (near or self.module in taker.words):
            return set()
        names = self.names & taker.used
        return names if names and (near or taker.takes(names, self.module)) else set()


_Givers = dict[str, _Giver]
_Plain = tuple[str, "str | None", Sequence[str]]


class _Maker(NamedTuple):
    """A file that makes something of what others give: these, each with the names that it takes of it."""

    giver: _Giver
    takes: Mapping[str, set[str]]


_Round = dict[str, _Maker]


class _Found(NamedTuple):
    """What the files of a state were found to hand on, by path.

    ``files`` are all that were looked at, each behind git's hash of it. ``first`` lead up themselves;
    ``rounds`` are those who make something of what the last ones give, the first of them of these.
    """

    files: frozenset[str] = frozenset()
    first: Mapping[str, _Giver] = {}
    rounds: Sequence[_Round] = ()


class Handed:
    """What the files of a workspace hand on that leads out of their projects: asked for when needed.

    That is found in all code there is, so it is kept, and only what git says has changed since is read again.
    """

    def __init__(
        self, search: Search, workspace: Workspace, graph: Graph, answers: Answers | None = None
    ) -> None:
        self._search = search
        self._answers = answers or Answers()
        self._workspace = workspace
        self._graph = graph
        self._climbing: dict[str, bool] = {}
        self._giving: dict[tuple[str, str], bool] = {}

    def climbs(self, holder: str, text: str, within: str) -> bool:
        """Whether a path in the text of ``holder``, or one that it is given, may lead out of its project."""
        if holder not in self._climbing:  # asked for each file that has changed
            given = holder.endswith((".py", ".pyi"))
            alone = self.remember(text, within)("climbs", lambda: climbs(text, within))
            self._climbing[holder] = alone or (given and self._is_given(holder, text))
        return self._climbing[holder]

    def remember(self, text: str, within: str) -> Remember:
        """What is kept of a text, the file ``within`` its project, and of it alone."""
        about: list[str] = []

        def ask(question: str, find: Callable[[], Any]) -> Any:
            if not about:  # of most texts nobody asks
                about.extend((digest_of(text), within))
            return self._answers.to(Question(question, _SOURCES), about, find)

        return ask

    def gives(self, holder: str, text: str, name: str) -> bool:
        """Whether what ``holder`` is given by this name may lead out of its project."""
        asked = (holder, name)
        if asked not in self._giving:  # of each file that has changed
            taker = _Taker(holder, text)
            givers = [one for one in self._near(holder) if name in one.names]
            self._giving[asked] = any(one.gives(taker) for one in givers)
        return self._giving[asked]

    def _is_given(self, holder: str, text: str) -> bool:
        taker = _Taker(holder, text)
        return any(one.gives(taker) for one in self._near(holder))

    def _near(self, holder: str) -> Iterator[_Giver]:
        """Those whose project the file's own one has loaded: what no edge leads to can hand it nothing."""
        owner = self._workspace.owner(holder)
        if owner is None or owner.path == ROOT:
            yield from (one for path, one in self._givers.items() if path != holder)
            return
        needed = frozenset((ROOT, owner.path, *self._graph.transitive_dependencies(owner.path)))
        for path, one in self._givers.items():
            home = self._workspace.owner(path)
            if path != holder and (home is None or home.path in needed or home.pytest_plugin):
                yield one

    @cached_property
    def _givers(self) -> _Givers:
        known = self._search.known()
        if known is None:
            first = self._leading(self._search.tracked(_WORDS))
            second = self._making(first)
        else:
            first, second = self._brought_up(*known)
        return {**first, **second}

    def _brought_up(self, blobs: Mapping[str, str], edited: Iterable[str]) -> tuple[_Givers, _Givers]:
        """What is kept, with what is new; edited files are read each time."""
        now = {path: f"{blob} {path}" for path, blob in blobs.items() if _may_give(path)}
        before = self._kept()
        same = {path for path, line in now.items() if line in before.files}
        read = {*(now.keys() - same), *filter(_may_give, edited)}
        first = {path: one for path, one in before.first.items() if path in same}
        first |= self._leading(self._worth(read, _WORDS))
        rounds = list(self._rounds(first, before, same, read))
        second = {path: maker.giver for made in rounds for path, maker in made.items()}
        # of what is edited nothing is kept, nor of what follows from it
        lasts = now.keys() >= first.keys() | second.keys()
        if lasts and (len(same) < len(now) or len(before.files) != len(now)):
            self._keep(_Found(frozenset(now.values()), first, rounds))
        return first, second

    def _rounds(
        self, first: _Givers, before: _Found, same: set[str], read: Collection[str]
    ) -> Iterator[_Round]:
        """As :meth:`_making`, asked only of files that are new, and of who gives otherwise than before."""
        last, last_before = first, before.first
        among, among_before = set(first), set(before.first)
        number = 0
        while last:
            old = before.rounds[number] if number < len(before.rounds) else {}
            still = {path for path, one in last.items() if last_before.get(path) == one}
            moved = {path: one for path, one in last.items() if path not in still}
            anew = {*read, *among_before.intersection(same)} - among
            takes = {path: _of(maker, still) for path, maker in old.items() if path in same - among}
            for path, more in self._taking(moved, self._search.tracked(_all(moved)), {*among, *anew}):
                takes[path] = {**takes.get(path, {}), **more}
            takes |= self._taking(last, self._worth(anew, _all(last)), among)
            made = {
                path: self._maker(path, given, old.get(path) if path in same else None)
                for path, given in takes.items()
                if given
            }
            yield made
            among_before |= old.keys()
            among |= made.keys()
            last_before = _of_places({path: maker.giver for path, maker in old.items()})
            last = _of_places({path: maker.giver for path, maker in made.items()})
            number += 1

    def _taking(
        self, givers: _Givers, paths: Iterable[str], but: Collection[str]
    ) -> Iterator[tuple[str, Mapping[str, set[str]]]]:
        """Who takes which names of whom."""
        for path in filter(_may_give, paths):
            if path not in but:
                taker = _Taker(path, self._search.text(path))
                found = {giver: names for giver, one in givers.items() if (names := one.gives(taker))}
                if found:
                    yield path, found

    def _maker(self, path: str, takes: Mapping[str, set[str]], old: _Maker | None = None) -> _Maker:
        """``old`` is what the file, as it is, made before, of others perhaps."""
        given = set[str]().union(*takes.values())
        if old is not None and given == set[str]().union(*old.takes.values()):
            return old._replace(takes=takes)
        return _Maker(_giver(path, bound_in(self._search.text(path)), given), takes)

    def _worth(self, paths: Collection[str], words: Collection[str]) -> Collection[str]:
        """Those of the paths to look at."""
        return (
            paths if len(paths) <= _FEW else [path for path in self._search.tracked(words) if path in paths]
        )

    def _leading(self, paths: Iterable[str]) -> _Givers:
        """The files that hand on what leads up."""
        found: _Givers = {}
        for path in filter(_may_give, paths):
            text = self._search.text(path)
            if self._leaves(path, text):
                found[path] = _giver(path, bound_in(text), ())
        return found

    def _making(self, first: _Givers) -> _Givers:
        """Others, that make something of it: ``from .paths import ROOT; LIBS = ROOT / "libs"``.

        And those that make something of that, as far as it goes: of constants and roots alone, since nearly
        every function that takes one and is taken by others would count as a way up in the end.
        """
        found, last = _Givers(), first
        while last:
            asked = self._taking(last, self._search.tracked(_all(last)), {*first, *found})
            made = {path: self._maker(path, takes).giver for path, takes in asked}
            found |= made
            last = _of_places(made)
        return found

    def _leaves(self, path: str, text: str) -> bool:
        # who had not been found by git would lead up today and not tomorrow
        if not any(word in text for word in _WORDS):
            return False
        project = self._workspace.owner(path)
        if project is None or project.path == ROOT:
            return climbs(text, path) or "__file__" in text
        return climbs(text, path[len(project.path) + 1 :])

    # -- between runs

    def _kept(self) -> _Found:
        file, header = self._search.beside("handed"), self._header
        data = None if file is None or header is None else kept.load(file, header)
        return _Found() if data is None else _unpacked(*json.loads(data))

    def _keep(self, found: _Found) -> None:
        file, header = self._search.beside("handed"), self._header
        if file is not None and header is not None:
            self._search.keep(file, header, json.dumps(_packed(found)).encode("ascii"))

    @cached_property
    def _header(self) -> str | None:
        """What is kept holds for these projects, and for the words that are looked for in this version."""
        try:
            rules = [Path(file).read_text("utf-8") for file in (__file__, finding.__file__)]
        except (OSError, ValueError):
            return None
        return f"pytest-monorepo handed {_digest([rules, [each.path for each in self._workspace.projects]])}"


def _digest(plain: object) -> str:
    return hashlib.sha256(json.dumps(plain).encode("ascii")).hexdigest()


def _of_places(givers: _Givers) -> _Givers:
    """The givers with those of their names alone that places have: ``LIBS``, ``repo_root``."""
    named = {path: {name for name in one.names if _PLACE.fullmatch(name)} for path, one in givers.items()}
    return {path: one._replace(names=named[path]) for path, one in givers.items() if named[path]}


def _all(givers: _Givers) -> set[str]:
    return {name for one in givers.values() for name in one.names}


def _of(maker: _Maker, givers: Collection[str]) -> Mapping[str, set[str]]:
    """What it takes of these."""
    return {path: names for path, names in maker.takes.items() if path in givers}


def _packed(found: _Found) -> tuple[list[str], Mapping[str, _Plain], list[Mapping[str, object]]]:
    rounds: list[Mapping[str, object]] = [
        {
            path: (_plain(one.giver), {of: sorted(names) for of, names in one.takes.items()})
            for path, one in each.items()
        }
        for each in found.rounds
    ]
    return sorted(found.files), {path: _plain(one) for path, one in found.first.items()}, rounds


def _unpacked(
    files: Sequence[str],
    first: Mapping[str, _Plain],
    rounds: Sequence[Mapping[str, tuple[_Plain, Mapping[str, Sequence[str]]]]],
) -> _Found:
    made = [
        {
            path: _Maker(_made(giver), {of: set(names) for of, names in takes.items()})
            for path, (giver, takes) in each.items()
        }
        for each in rounds
    ]
    return _Found(frozenset(files), {path: _made(one) for path, one in first.items()}, made)


def _plain(one: _Giver) -> _Plain:
    return one.module, one.among, sorted(one.names)


def _made(plain: _Plain) -> _Giver:
    module, folder, names = plain
    return _Giver(module, folder, set(names))


def _may_give(path: str) -> bool:
    """Whether it is code that others import, and no tests."""
    if not path.endswith(".py"):
        return False
    return not (path.endswith("_test.py") or posixpath.basename(path).startswith("test_"))


def _giver(path: str, text: str, given: Collection[str]) -> _Giver:
    folder, _, name = path.rpartition("/")
    stem = name.removesuffix(".py")
    names = _handed_on(text, given)
    if stem in ("__init__", "conftest"):
        return _Giver(posixpath.basename(folder), folder or ROOT, names)
    return _Giver(stem, ROOT if "fixture" in text else None, names)


def _handed_on(text: str, given: Collection[str]) -> set[str]:
    """The names at the top of a module that hold what leads up, or what is made of it."""
    found = set(given)
    starts = [match.start() for match in _BLOCK.finditer(text)]
    for number, start in enumerate(starts):
        block = text[start : starts[number + 1] if number + 1 < len(starts) else len(text)]
        if leads_up(block) or not found.isdisjoint(_WORD.findall(block)):
            # a decorator and what it stands before are two
            bound = _BINDS.match(block)
            if bound is not None:
                found.add(bound[1] or bound[2])
    return found
