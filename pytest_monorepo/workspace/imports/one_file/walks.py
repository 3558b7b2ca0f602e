"""Where a file goes through folders, and what it takes there.

``ROOT.rglob("*.py")`` names no file, and yet whoever says so reads each of them. Followed is from which
folder it begins (:mod:`.leading`); what is given from elsewhere, an import or a fixture, is told by its name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import pairwise, takewhile
from typing import NamedTuple

from .commands import QUOTES, TELLING, goes_through, is_started, may_tell, patterns_of, words_of
from .expressions import called, holder_of, leaves_of, receiver, text_of
from .handing import GOES, HANDS_WORDS, TOLD, gone_to, handed_on, is_told
from .leading import Reading
from .literals import last_name
from .naming import WALKING
from .places import ANYWHERE, FILE, GIVEN, HERE, MODULE, NONE, TOP, Place, Places, few
from .syntax import UNREADABLE, Syntax, below

WALKS = "sys.walks:"
# what hands its text to a shell
_SHELLS = frozenset(("system", "popen", "getoutput", "getstatusoutput", "create_subprocess_shell"))
# the name of a function or fixture that runs what it is told
_RUNS = re.compile(r"_?(?:run|sh|shell|bash|git|cmd|call|execute|exec|output|check_output|capture)(?:_\w+)?")
_SAID = frozenset((ast.Constant, ast.Name, ast.Attribute))
WALKS_WORDS = (
    *(f"{name}(".encode() for name in sorted(WALKING - {"rglob", "iglob", "fwalk"})),
    *(f"{quote}{name}{quote}".encode() for name in sorted(TELLING) for quote in "\"'"),
    *(b"ls-files", b"git grep", b"ls-tree", b"git archive", b"find ", b"grep -", b"ls_files("),
    *(b"cp -", b"rsync -", b"git clone", b"tar c", b"tar -", b"tarfile", b"zip -", b"*.py", b"*.toml"),
    *(b"shell=", b"system(", b"popen(", b"getoutput("),
    *(f"{name} as ".encode() for name in ("glob", "walk", "listdir", "scandir", "copytree")),
    *(b".glob", b".rglob", b".iterdir", b"'rg ", b'"rg ', b" rg "),
    *(f"{quote}{name}{quote}".encode() for name in ("glob", "rglob", "iterdir") for quote in "\"'"),
    *HANDS_WORDS,
)
"""One of these stands in whatever :func:`walks` finds."""

_STEPS = re.compile(rb"\.parents\[(\d)\]|\.parent\b|dirname\(|pardir|(?<!\.)\.\.(?=[/\\\\\"'])")
_FURTHER = re.compile(
    rb"\.parents\b(?!\[)|show-(?:toplevel|cdup)|search_parent_directories|\broot(?:path|dir)\b"
)
_WILD = frozenset("*?[{%$")
# of another name somebody may make many: "../$name", "../*"
_PLAIN = re.compile(r"[\w.+ -]+")
_TOLD_APART = frozenset((".py", ".pyi", "pyproject.toml", "setup.py", "setup.cfg"))
_OTHER_WORDS = frozenset(("dirs_exist_ok", "recursive", "ignore", "topdown", "followlinks", "dst"))
_HANDED_OVER = frozenset(("glob", "rglob", "iterdir"))
# these write where the second thing leads that they are told
_COPYING = frozenset(("copytree", "copy_tree"))


def walks(source: bytes, syntax: Syntax | None = None) -> tuple[str, ...]:
    """Each walk, behind :data:`WALKS`, and what is handed on; anywhere where it cannot be parsed."""
    try:
        found = set(_Walking(syntax or Syntax(source)).walks())
    except UNREADABLE:
        found = set(_loose(source))
    return tuple(sorted(_told(place, pattern) for place, pattern in found))


def _loose(source: bytes) -> Iterator[tuple[Place, str]]:
    """Of another Python's grammar: as far up as all steps in the text lead together."""
    steps = sum(int(match[1]) + 1 if match[1] else 1 for match in _STEPS.finditer(source))
    yield Place(FILE, steps), "*"
    yield Place(HERE), "*"
    if _FURTHER.search(source):
        yield Place(ANYWHERE), "*"


def _told(place: Place, pattern: str) -> str:
    """A walk as a name; the folder as far as it is no pattern itself."""
    folders = takewhile(lambda part: _WILD.isdisjoint(part), place.folder.split("/"))
    folder = "/".join(folders).replace("|", "")
    # where the folder begins with it nobody need be told
    apart = place.named != folder.partition("/")[0] and _PLAIN.fullmatch(place.named)
    named = f"~{place.named}" if apart else ""
    return f"{WALKS}{place.origin}|{place.steps}{named}|{folder}|{pattern}"


class Walk(NamedTuple):
    """What :func:`walks` says, read again. ``given`` is the name of what it begins from, if that is given.

    Where ``named`` is no name of anything, it leads nowhere. What is handed on is handed to ``told``, where
    one knows.
    """

    origin: str
    steps: int
    folder: str
    pattern: str
    named: str = ""
    told: str = ""

    @property
    def given(self) -> str:
        return self.origin[1:] if self.origin.startswith(GIVEN) else ""


def told(name: str) -> Walk:
    origin, steps, folder, pattern = name.removeprefix(WALKS).split("|", 3)
    up, _, named = steps.partition("~")
    if pattern.startswith(TOLD) and ":" in pattern:
        return Walk(origin, int(up), folder, TOLD, named, pattern.removeprefix(TOLD))
    return Walk(origin, int(up), folder, pattern, named)


class _Walking(Reading):
    """One file, and its walks."""

    def walks(self) -> Iterator[tuple[Place, str]]:
        """From where each begins, and with which pattern."""
        for node in self.calls:
            name = self._aliases.get(last_name(node.func) or "", last_name(node.func))
            # def walk(value) of the file itself: what that goes through is seen there
            of_library = not (isinstance(node.func, ast.Name) and name in self.functions)
            found = self._walk(node, name) if name in WALKING and of_library else self._command(node)
            for place, pattern in found:
                patterns = [pattern, *self._after] if pattern == "*" else [pattern]
                yield from ((went, each) for went in self.went(place) for each in patterns)
            if name == "add" and "tarfile" in self.modules:
                # with all that lies below
                packed = self.joining.of_parts(node.args[:1]) if node.args else NONE
                yield from ((went, "*") for place in _leaving(packed) for went in self.went(place))
            for place, pattern in self._by_shell(node):
                yield from ((went, pattern) for went in self.went(place))
            yield from ((Place(TOLD), pattern) for pattern in self._of_what_is_told(node, name))
        yield from self._handed_over()
        yield from handed_on(self)
        yield from ((place, GOES) for place in gone_to(self))

    def _of_what_is_told(self, call: ast.Call, name: str | None) -> Iterable[str]:
        """With which patterns a call goes through a folder that its function is told."""
        if name not in WALKING:
            if not any(word.arg in ("cwd", None) for word in call.keywords):
                return ()
            words = {word for one in self._said(call) if (text := text_of(one)) for word in text.split()}
            goes = not words.isdisjoint(TELLING) and any(is_told(self, o) for o in self._inside(call))
            return patterns_of(words) if goes else ()
        inner = receiver(call)
        by_method = inner is not None and called(inner) not in self.modules
        if not is_told(self, inner if by_method else next(iter(call.args), None)):
            return ()
        first = call.args[0] if call.args and by_method and name in ("glob", "rglob") else None
        pattern = (text_of(first) or "").rpartition("/")[2]
        return (pattern,) if pattern else ("*",)

    @cached_property
    def _aliases(self) -> dict[str, str]:
        """``from glob import glob as look``."""
        taken = (alias for node in self.syntax.of(ast.ImportFrom) for alias in node.names)
        return {alias.asname: alias.name for alias in taken if alias.asname and alias.name in WALKING}

    def _handed_over(self) -> Iterator[tuple[Place, str]]:
        """``look = ROOT.rglob``, ``map(ROOT.glob, patterns)``: what it is told stands elsewhere."""
        called_here = {id(node.func) for node in self.calls}
        for name in self.syntax.of(ast.Attribute):
            if name.attr in _HANDED_OVER and id(name) not in called_here:
                yield from ((place, "*") for place in _leaving(self.places(name.value)))
        for node in () if _HANDED_OVER.isdisjoint(self.texts) else self.calls:
            if any(text_of(one) in _HANDED_OVER for one in node.args):
                # getattr(ROOT, "rglob")
                yield from ((place, "*") for one in node.args for place in _leaving(self.places(one)))
            elif any(map(_is_caller, (node.func, *node.args))):
                # methodcaller("rglob", "*.py")(ROOT), map(methodcaller("iterdir"), ROOTS)
                yield from ((place, "*") for one in node.args for place in _leaving(self.places(one)))

    @cached_property
    def _after(self) -> list[str]:
        """What the file tells apart of all that it finds: ``name.endswith(".py")``."""
        return sorted(f"*{text}" if text.startswith(".") else text for text in self.texts & _TOLD_APART)

    @cached_property
    def _telling(self) -> frozenset[int]:
        """What identifies the nodes in which a word stands that a command goes through files with."""
        texts = {text for text in self.texts if may_tell(text)}
        names = {name for name, words in self.words.items() if any(map(may_tell, words))}
        found: set[int] = set()
        if not (texts or names):
            return frozenset()
        nodes, above = self.syntax.nodes, self.syntax.above
        for number, node in enumerate(nodes):
            if node.__class__ not in _SAID:
                continue
            if text_of(node) in texts or (self.key(node) in names and _is_own(node)):
                while number and id(nodes[number]) not in found:
                    found.add(id(nodes[number]))
                    number = above[number]
        return frozenset(found)

    def _may_be_command(self, call: ast.Call) -> bool:
        """Whether its words, or those of a function of the file that it calls, can tell of files at all."""
        telling = self._telling
        if not telling or id(call) in telling:
            return bool(telling)
        of_file = (*self.values_of(call.func), *self.functions.get(last_name(call.func) or "", ()))
        return any(id(node) in telling for node in of_file)

    def _walk(self, call: ast.Call, name: str) -> Iterator[tuple[Place, str]]:
        inner = receiver(call)
        if called(inner) == "ast":
            return
        arguments = call.args
        if isinstance(inner, ast.Name) and inner.id in self.paths and arguments:  # Path.rglob(ROOT, "*.py")
            inner, *arguments = arguments
        places = self.places(inner) if inner is not None else NONE
        if places or not (inner is None or called(inner) in self.modules):
            pattern = text_of(arguments[0]) if name in ("glob", "rglob") and arguments else None
            yield from (_with(place, pattern) for place in _leaving(places))
            return
        words = [word.value for word in call.keywords if word.arg not in _OTHER_WORDS]
        found = (
            self.joining.of_parts(call.args[:1])
            if call.args or name in ("walk", "listdir", "scandir")
            else NONE
        )
        if words and "glob" in name:
            found = self.joining.behind(
                few(place for one in words for place in self.places(one)), call.args[:1]
            )
            words = []
        more = [] if name in _COPYING else call.args[1:4] if name == "make_archive" else call.args[1:2]
        found |= few(place for one in (*more, *words) for place in self.places(one))
        for place in _leaving(found):
            head, _, last = place.folder.rpartition("/")
            # glob.glob takes the whole path as one
            whole = "glob" in name and last and not place.open
            yield (place._replace(folder=head), last) if whole else (place, "*")

    def _command(self, call: ast.Call) -> Iterator[tuple[Place, str]]:
        if not self._may_be_command(call):
            return
        calls = [call, *self._within(call)]
        inner = [node for one in calls for node in below(one)]
        texts = {text for one in inner if (text := text_of(one)) is not None}
        texts.update(*(self.words.get(self.key(one) or "", ()) for one in inner if _is_own(one)))
        words = {word for text in texts for word in QUOTES.sub(" ", text).split()}
        # .venv/bin/ruff, (cp
        words.update(word.rpartition("/")[2] for text in texts for word in words_of(text))
        if not (goes_through(words) and any(map(is_started, texts))):
            return
        inside = [place for one in calls for place in self._inside(one)]
        there = few(place for one in inside for place in self.joining.of_parts([one]))
        leaves = (leaf for one in calls for argument in one.args for leaf in leaves_of(argument))
        places = few((*there, *(place for leaf in leaves for place in self.places(leaf))))
        ups = {word for word in words if word.startswith("..")}
        # --git-dir=../.git
        ups |= {value for word in words if (value := word.partition("=")[2]).startswith("..")}
        places |= {place.below(word) for place in (there or (Place(HERE),)) for word in ups}
        if any(word.startswith((":/", ":(top")) for word in words):
            places |= {Place(TOP)}
        if not places and not inside:
            # run("git ls-files"): of another file, or a fixture, which may know where
            runs = _RUNS.fullmatch(last_name(call.func) or "") is not None
            given = (one for one in self.places(call.func) if runs and one.origin.startswith(GIVEN))
            places = frozenset((Place(HERE), *given))
        for pattern in patterns_of(words):
            yield from ((place, pattern.rpartition("/")[2] or "*") for place in _leaving(_of_git(places)))

    def _by_shell(self, call: ast.Call) -> Iterator[tuple[Place, str]]:
        """What a shell puts for its patterns: ``cat libs/*/setup.py``."""
        is_shell = last_name(call.func) in _SHELLS or any(one.arg == "shell" for one in call.keywords)
        if not (is_shell or "-c" in self.texts):
            return
        texts = {text for leaf in self._said(call) if (text := text_of(leaf)) is not None}
        if not (is_shell or "-c" in texts):
            return
        there = few(place for one in self._inside(call) for place in self.joining.of_parts([one])) or (
            Place(HERE),
        )
        words = {word for text in texts for word in words_of(text)}
        found = {place.below(word) for place in there for word in words if "*" in word}
        for one in self._said(call):
            if isinstance(one, ast.JoinedStr):  # f"cat {ROOT}/*.py"
                for before, after in pairwise(one.values):
                    behind = (text_of(after) or "").split(maxsplit=1)[:1]
                    if behind and "*" in behind[0] and isinstance(before, ast.FormattedValue):
                        found |= {place.below(behind[0]) for place in self.places(before.value)}
        for place in _leaving(frozenset(found)):
            head, _, last = place.folder.rpartition("/")
            yield place._replace(folder=head), last or "*"

    def _said(self, call: ast.Call) -> Iterator[ast.expr]:
        """The words of a command, and what the file gives the names among them."""
        for leaf in (each for one in call.args for each in (one, *leaves_of(one))):
            yield from (leaf, *(self.values_of(leaf) if last_name(leaf) else ()))

    def _inside(self, call: ast.Call) -> Iterator[ast.expr]:
        """In which folder a command runs, also by ``**options``."""
        for word in call.keywords:
            if word.arg == "cwd":
                yield word.value
            for held in self.values_of(word.value) if word.arg is None else ():
                if isinstance(held, ast.Dict):
                    pairs = zip(held.keys, held.values, strict=True)
                    yield from (value for key, value in pairs if text_of(key) == "cwd")
                elif isinstance(held, ast.Call):
                    yield from self._inside(held)

    def _within(self, call: ast.Call) -> Iterator[ast.Call]:
        """The calls of the file's own function that is called, which may make a command of its words."""
        for value in self.values_of(call.func):
            if isinstance(value, ast.Call) and last_name(value.func) == "partial":
                yield value
        for function in self.functions.get(last_name(call.func) or "", ()):
            yield from (node for node in below(function) if isinstance(node, ast.Call))


def _of_git(places: Places) -> Places:
    """For where git keeps its own data the folder that this is about."""
    return frozenset(place.cut() if place.folder.rpartition("/")[2] == ".git" else place for place in places)


def _is_caller(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and last_name(node.func) in ("methodcaller", "attrgetter")
        and any(text_of(one) in _HANDED_OVER for one in node.args)
    )


def _is_own(node: ast.AST) -> bool:
    """Whether it is a name of the file, or ``self.name``."""
    return isinstance(node, ast.Name) or (
        isinstance(node, ast.Attribute) and holder_of(node) in ("self", "cls")
    )


def _with(place: Place, pattern: str | None) -> tuple[Place, str]:
    if not pattern:
        return place, "*"
    head, _, last = pattern.rpartition("/")
    return place.below(head), last or "*"


def _leaving(places: Places) -> Places:
    """Without the folders of modules: what imports them depends on those, unless it goes up beyond."""
    beyond = {Place(ANYWHERE) for place in places if place.origin == MODULE and place.steps > 2}
    return frozenset((*(place for place in places if place.origin != MODULE), *beyond))
