"""What a text that starts tests copies or links from one place to another. Pure.

A workflow, a ``Makefile`` or a session of nox may bring a conftest, settings or data into a project before
its tests run: nothing in the project says so.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import NamedTuple

from pytest_monorepo.affected.rules.words import is_word, steps_in
from pytest_monorepo.workspace.files.late import late
from pytest_monorepo.workspace.model import ROOT, parents

# begun by letters alone, so that the search leaps from one to the next; what stands before is looked at then
_IN_SHELL = late(
    r"(?P<word>cp|ln|rsync|mv|scp|xcopy|robocopy|mklink|Copy-Item|Move-Item|New-Item|install"
    r"|cat|sed|envsubst|jq|yq|tar|unzip)[ \t]+(?=(?P<rest>[^\n]+))"
)
_BEFORE = frozenset(("", *"\n\t \"'`@(:=-/"))
# pip has one of that name, too, and what is installed there is no file
_INSTALLS = late(r"[\s@-]*(?:run:\s+)?(?:sudo\s+)?")
_SHOWS = frozenset(("cat", "sed", "envsubst", "jq", "yq", "tar", "unzip"))
WORDS = (
    *("cp ", "ln ", "rsync ", "mv ", "scp ", "copy", "Item ", "mklink", "install ", "symlink", "link("),
    *("cat ", "sed ", "envsubst ", "jq ", "yq ", "tar ", "unzip ", "move(", '"cp"', "'cp'", '"ln"', "'ln'"),
)
"""One of these stands in whatever copies or links files."""
_ENDS = late(r"&&|\|\||;|\|(?!\|)")
# cp and its like (GNU coreutils): the folder stands before what goes there
_INTO = late(r"(?:^|(?<=\s))(?:-[A-Za-z]*t[ \t]*|--target-directory[= ])(\S+)")
_OF_COREUTILS = frozenset(("cp", "ln", "mv", "install"))
# of Windows, where a path has other strokes
_OF_WINDOWS = frozenset(("xcopy", "robocopy", "mklink", "Copy-Item", "Move-Item", "New-Item"))
# what a shell makes several words of, or fills in by what is there
_SEVERAL = late(r"\{[^{}\s]*,[^{}\s]*\}")
_WILD = frozenset("*?[")
_CONTINUED = late(r"\\\r?\n[ \t]*")
_VARIABLE = late(r"\$\{\{.*?\}\}|\$\(?\{?\w*\}?\)?|\{\w*\}|%\w+%")
_SET = late(
    r"(?<![\w$.{-])(?!\d)(\w+)=(\"[^\"\n]{0,300}\"|'[^'\n]{0,300}'|\$\([^()\n]{0,300}\)|[^\s;&|()\"']{0,300})"
)
_NAMED = late(r"\$\{?(?!\d)(\w+)\}?")
_MADE = late(r"\$\(\s{0,9}mktemp\b[^()]*\)")
# docs.docker.com/reference/dockerfile: COPY a b /to/, COPY ["a", "/to/"]; --from: what another stage holds
_OF_DOCKER = late(r"^[ \t]*(?:COPY|ADD)[ \t]+(?!\S*--from)([^\n]{1,2000})", re.M | re.I)
_FLAG = late(r"--\S*[ \t]*")
_LISTED = str.maketrans(dict.fromkeys('[]",', " "))
_TO_PLACE = frozenset(
    ("shutil", "copy", "copy2", "copyfile", "copytree", "copy_tree", "move", "symlink", "link")
)
_FROM_PLACE = frozenset(("symlink_to", "hardlink_to", "link_to"))
_COMMANDS = frozenset(("cp", "ln", "rsync", "mv", "install", "cat", "tar"))


class Copy(NamedTuple):
    """The words of what is copied, and of where it goes; empty where that is told elsewhere."""

    source: str
    target: str


def copies(path: str, text: str) -> list[Copy]:
    """Those of a text, as its name says how it is to be read."""
    if is_image(path):
        return [*_of_docker(text)]
    if not any(word in text for word in WORDS):
        return []
    if not path.endswith(".py"):
        return [*_of_shell(text)]
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return [Copy(text, "")]
    return [*_of_python(tree)]


def is_image(path: str) -> bool:
    """Whether the file says what goes into a container's image."""
    name = posixpath.basename(path).lower()
    return "dockerfile" in name.split(".") or name == "containerfile"


def _of_docker(text: str) -> Iterator[Copy]:
    for said in _OF_DOCKER.findall(_CONTINUED.sub(" ", text)):
        *sources, target = _FLAG.sub("", said).translate(_LISTED).split() or [""]
        if sources:
            yield Copy(" ".join(sources), target)


def _of_shell(text: str) -> Iterator[Copy]:
    text = _CONTINUED.sub(" ", text)
    told: dict[str, set[str]] = {}
    for name, value in _SET.findall(text):
        told.setdefault(name, set()).add(value.strip("\"'"))
    for source, target in _said_in_shell(text):
        # a folder made for it alone holds what others have copied there
        if not _is_new(source, told):
            yield Copy(source, _NAMED.sub(lambda found: _only(told.get(found[1], set()), found[0]), target))


def _is_new(source: str, told: dict[str, set[str]]) -> bool:
    """Whether a shell's variable is all of it, and holds a folder that ``mktemp`` has made."""
    name = _NAMED.fullmatch(source.strip("\"' "))
    made = told.get(name[1], set()) if name else set()
    return bool(made) and all(_MADE.fullmatch(one) for one in made)


def _only(values: set[str], other: str) -> str:
    return next(iter(values)) if len(values) == 1 and "$" not in "".join(values) else other


def _said_in_shell(text: str) -> Iterator[tuple[str, str]]:
    for found in _IN_SHELL.finditer(text):
        word, start = found["word"], found.start()
        line = text[text.rfind("\n", 0, start) + 1 : start]
        if text[start - 1 : start] not in _BEFORE or (word == "install" and not _INSTALLS.fullmatch(line)):
            continue
        said = _ENDS.split(found["rest"])[0]
        said = said.replace("\\", "/") if word in _OF_WINDOWS else said
        if word in _SHOWS:
            source, into, target = said.partition(">")
            # without it the text is shown, but for what unpacks it; "<<": the text stands below
            if (into or word in ("tar", "unzip", "sed")) and (source.strip() or "<<" not in said):
                yield source, target.strip(" >&")
            continue
        place = _INTO.search(said) if word in _OF_COREUTILS else None
        if place is not None:
            yield said[: place.start()] + said[place.end() :], place[1].strip("\"'`,])")
            continue
        parts = said.split()
        if len(parts) > 1:
            yield " ".join(parts[:-1]), parts[-1].strip("\"'`,])")


def _of_python(tree: ast.AST) -> Iterator[Copy]:
    nodes = [*ast.walk(tree)]
    told = _bindings(nodes)
    for node in nodes:
        if isinstance(node, ast.Call):
            yield from _of_call(node, told)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield from _of_shell(node.value)


def _of_call(node: ast.Call, told: dict[str, str]) -> Iterator[Copy]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    first = given[0] if given else None
    if name in _FROM_PLACE and isinstance(node.func, ast.Attribute) and given:
        yield Copy(_words(given[0], told), _words(node.func.value, told))
    elif name in _TO_PLACE and len(given) > 1:
        yield Copy(_words(given[0], told), " ".join(_words(one, told) for one in given[1:]))
    # Path.copy(target), since Python 3.14
    elif (
        name in ("copy", "copy_into", "move", "move_into") and given and isinstance(node.func, ast.Attribute)
    ):
        yield Copy(_words(node.func.value, told), _words(given[0], told))
    elif isinstance(first, ast.Constant) and first.value in _COMMANDS and len(given) > 2:
        yield Copy(" ".join(_words(one, told) for one in given[1:-1]), _words(given[-1], told))
    elif (
        isinstance(first, ast.List)
        and len(first.elts) > 2
        and getattr(first.elts[0], "value", "") in _COMMANDS
    ):
        one = ast.Call(node.func, first.elts, [])
        yield from _of_call(one, told)


def _bindings(nodes: list[ast.AST]) -> dict[str, str]:
    """What each name is set to, or goes through, anywhere in the file."""
    told: dict[str, str] = {}
    for node in nodes:
        pairs: list[tuple[ast.expr, ast.expr]] = []
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.For):
            pairs = [(node.target, node.iter)]
        for target, value in pairs:
            for name in (one.id for one in ast.walk(target) if isinstance(one, ast.Name)):
                told[name] = f"{told.get(name, '')} {ast.unparse(value)}"
    return told


def _words(node: ast.expr, told: dict[str, str]) -> str:
    text, seen = ast.unparse(node), set[str]()
    waiting = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    while waiting and len(seen) < 20:
        name = waiting.pop()
        seen.add(name)
        more = told.get(name, "")
        text += f" {more}"
        waiting |= {word for word in re.findall(r"[A-Za-z_]\w*", more) if word in told} - seen
    return text


def takes(copy: Copy, around: str, path: str, owner: str | None) -> bool:
    """Whether what is copied may be, or hold, the file. ``around`` is the text in which the copy stands."""
    # of a variable alone only the text around it can tell
    source = copy.source if _is_told(copy.source) else f"{copy.source} {around}"
    source = _SEVERAL.sub("*", source)
    homes = [place for place in parents(path) if place not in (path, ROOT)]
    within = [place for place in homes if owner is None or place == owner or place.startswith(f"{owner}/")]
    home = posixpath.basename(owner or "")
    speaks = not home or is_word(home, around)
    folder, _, name = path.rpartition("/")
    near = posixpath.basename(folder)
    at_home = speaks if home else not near or is_word(near, around)
    words = source.split()
    if any(_goes_through(word, place) for word in words if "/" in word for place in (path, *within)):
        return True
    if any(_matches(one, path) for one in words):
        return at_home
    if ways := [*_ways(name, source)]:
        return any(f"/{path}".endswith(f"/{way}{name}") if way else at_home for way in ways)
    return speaks and any(_is_whole(posixpath.basename(place), source) for place in within)


@lru_cache(maxsize=1024)  # of each file that has changed
def _is_told(source: str) -> bool:
    return re.search(r"\w", _VARIABLE.sub("", source)) is not None


def _ways(name: str, text: str) -> Iterator[str]:
    """The folders that stand before each such name, behind the last step that is not told, or leads up."""
    for at in steps_in(text, name):
        led = re.split(r"[\s\"'`=:(,]", text[max(0, at - 300) : at])[-1]
        *steps, last = led.split("/")
        untold = [number for number, step in enumerate(steps) if _is_untold(step)]
        told = steps[untold[-1] + 1 :] if untold else steps
        yield "".join(f"{step}/" for step in told) + last


def _is_untold(step: str) -> bool:
    return step in ("", ".", "..") or not _WILD.isdisjoint(step) or _VARIABLE.search(step) is not None


def _goes_through(word: str, path: str) -> bool:
    """Whether it is a pattern of folders that the path is among: ``libs/*/rows.json``."""
    steps = word.strip("\"'`,()").split("/")
    untold = [at for at, step in enumerate(steps) if step in ("", ".", "..") or _VARIABLE.search(step)]
    told = steps[untold[-1] + 1 :] if untold else steps
    is_one = len(told) > 1 and any("*" in step for step in told[:-1]) and re.search(r"\w", told[-1])
    return bool(is_one) and fnmatchcase(f"/{path}", f"*/{'/'.join(told)}")


def _matches(word: str, path: str) -> bool:
    pattern = word.strip("\"'`,()[]").rpartition("/")[2]
    return "*" in pattern and pattern.strip("*") != "" and fnmatchcase(posixpath.basename(path), pattern)


def _is_whole(folder: str, text: str) -> bool:
    """Whether the text takes all of a folder of this name: it says no more of what lies in it."""
    if folder not in text:
        return False
    # 'libs' / 'b' / 'data' goes on, and so does join('libs', 'b', 'data')
    ends = r"(?=[\s\"'`);,\]]|$)(?![\"']\s{0,9}[/,]\s{0,9}\w{0,2}[\"'\w])"
    return re.search(rf"(?<![\w.-]){re.escape(folder)}(?:/+(?:\*+|\.)?)?{ends}", text) is not None
