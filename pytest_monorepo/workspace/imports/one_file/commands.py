"""Which words of a command say that it goes through files, and which of them it takes."""

from __future__ import annotations

import re
from collections.abc import Iterable

# what a command goes through files with; of git what lists or searches
LISTS = frozenset(
    (
        *("ls-files", "ls-tree", "archive", "clone", "find", "fd", "cp", "rsync", "tar", "zip"),
        *("grep", "egrep", "fgrep", "zgrep", "rg", "ag", "ack"),
    )
)
# with one of these: a list may hold "find" for other reasons
_LISTING = frozenset(
    (
        *("git", "ls-files", "ls-tree", "-a", "-name", "-type", "--recursive", "rg", "fd", "ag"),
        *("--create", "cf", "-cf", "czf", "-czf"),
    )
)
# these are told expressions, in which * is no part of a file's name
_SEARCHING = frozenset(("grep", "egrep", "fgrep", "zgrep", "rg", "ag", "ack"))
_FILES = re.compile(r"(?:--include=)?(?:[\w.*-]*/)*\*\.\w+")
# what is told behind one of these is left out
_NOT = re.compile(r"!|-not|-prune|--exclude.*|--ignore.*|:[!^].*|:\(exclude.*|!.*\*.*")
_RECURSIVE = re.compile(r"-[A-Za-z]*[rR][A-Za-z]*")
_PACKS = re.compile(r"-?[A-Za-z]*c[A-Za-z]*")
QUOTES = re.compile(r"[\"']")
# of a path that git is given
_MAGIC = re.compile(r"^:(?:\([^)]*\)|/)?")
# and what looks through all code that lies below
TOOLS = frozenset(
    (
        *("ruff", "mypy", "flake8", "pylint", "black", "isort", "pyright", "basedpyright", "pyrefly"),
        *("lint-imports", "bandit", "vulture", "deptry", "compileall", "interrogate", "pydocstyle"),
        *("pycodestyle", "pyflakes", "codespell", "pyupgrade", "radon", "xenon", "yapf", "autoflake"),
        *("tach",),
    )
)
# where the next command of a shell's line begins
_ENDS = re.compile(r"[|;&()`\n{}]")
_APART = str.maketrans(dict.fromkeys("|;&()`\n{}\"'", " "))
TELLING = LISTS | TOOLS
"""What goes through files, as a command."""
# what starts a command that it is told, wherever in its line
_STARTS = frozenset(
    (
        *("git", "python", "python3", "py", "pypy", "pypy3", "uv", "uvx", "poetry", "pdm", "hatch", "pipx"),
        *("pipenv", "rye", "pixi", "conda", "mamba", "micromamba", "npx", "npm", "pnpm", "yarn", "bunx"),
        *("sudo", "doas", "env", "xargs", "parallel", "timeout", "flock", "nohup", "ionice", "stdbuf"),
        *("bash", "sh", "zsh", "dash", "ksh", "fish", "pwsh", "cmd", "docker", "podman", "ssh", "chroot"),
        *("tox", "nox", "inv", "invoke", "poe", "doit", "taskset", "busybox", "coverage", "pre-commit"),
    )
)
# and words that may stand before one, but in a sentence, too
_BEFORE = frozenset(
    (
        *("!", "if", "elif", "while", "until", "do", "then", "else", "exec", "command", "builtin", "time"),
        *("nice", "run", "make", "just", "task", "nmake", "eval", "trap"),
    )
)
# for folder in *; do
_EACH = re.compile(r"\bfor\s+\w+\s+in\b([^;\n]*)")
# FIND=find, readonly FIND="find -L", FIND=(find -L); and $FIND, ${FIND[@]}
_GIVEN = re.compile(
    r"(?<![\w$])(\w{1,80})=(?:\(([^()\n]{0,200})\)|(\"[^\"\n]{0,200}\"|'[^'\n]{0,200}'|[\w./-]{1,200}))"
)
_ASKED = re.compile(r"\"?\$\{?(\w{1,80})(?:\[[@*]\])?(?![\w\[])\}?\"?")
_FEW = 8
# by a program in a script of another language
_BY_PYTHON = re.compile(r"\b(?:rglob|iterdir|os\.walk|scandir|listdir|glob)\(|File::Find\b")
_NO_WORD = re.compile(r"[-+$%<>@\d\\]|[\w.-]*[=/]|.*\.(?:exe|cmd|bat|sh|py)$")


def may_tell(text: str) -> bool:
    words = text.translate(_APART).split()
    return not TELLING.isdisjoint(words) or not TELLING.isdisjoint(
        word.rpartition("/")[2] for word in words if "/" in word
    )


def words_of(text: str) -> list[str]:
    """Those of all commands of a shell's line."""
    return QUOTES.sub(" ", _ENDS.sub(" ", text)).split()


def in_script(text: str) -> set[str]:
    """With which patterns a shell's script goes through folders, wherever that is."""
    found: set[str] = set()
    for line in _with_values(text.replace("\\\n", " ")).splitlines():
        words = set() if line.lstrip().startswith("#") else set(words_of(line))
        named = words | {word.rpartition("/")[2] for word in words}
        if goes_through(named) and is_started(line):
            found.update(patterns_of(words))
        found.update(word for word in words if "*" in word and "/" in word)
        # where that is the folder above, its files are told by what is done with each
        found.update("*" for one in _EACH.findall(line) if "*" in one)
    if _BY_PYTHON.search(text):
        found.add("*")
    return {pattern.rpartition("/")[2] or "*" for pattern in found}


def _with_values(text: str) -> str:
    """The script with a command for each variable that stands for one: ``FIND="find -L"; $FIND .``."""
    values: dict[str, list[str]] = {}
    for name, *given in _GIVEN.findall(text) if "$" in text else ():
        value = "".join(given).strip("\"'")
        if may_tell(value) and len(values.setdefault(name, [])) < _FEW:
            values[name].append(value)
    if not values:
        return text
    return _ASKED.sub(lambda found: "; ".join(values.get(found[1], ())) or found[0], text)


def goes_through(words: set[str]) -> bool:
    """Whether a command of these words takes all files of a folder."""
    is_listing = not words.isdisjoint(_LISTING) or any(map(_RECURSIVE.fullmatch, words))
    is_listing |= "tar" in words and any(map(_PACKS.fullmatch, words))
    return not words.isdisjoint(TOOLS) or (is_listing and not words.isdisjoint(LISTS))


def patterns_of(words: set[str]) -> Iterable[str]:
    """What a command is told of the names of files; anything where it is told what to leave out."""
    if not words.isdisjoint(TOOLS) or any(map(_NOT.fullmatch, words)):
        return ("*",)
    if not words.isdisjoint(_SEARCHING):
        found = {word.removeprefix("--include=") for word in words if _FILES.fullmatch(word)}
    else:
        found = {_MAGIC.sub("", word) for word in words if "*" in word}
    return found or ("*",)


def is_started(text: str) -> bool:
    """Whether a command that goes through files stands where commands do: it is no word of a sentence."""
    return any(_starts(QUOTES.sub(" ", part).split()) for part in _ENDS.split(text))


def _starts(words: list[str]) -> bool:
    is_value = False
    for number, word in enumerate(words):
        name = word.rpartition("/")[2].removesuffix(".exe")
        if name in TELLING:
            return True
        if name in _STARTS or re.fullmatch(r"python[\d.]*", name):
            return not TELLING.isdisjoint(words[number:])
        # what a flag is told is any word
        if not is_value and name not in _BEFORE and _NO_WORD.match(word) is None:
            return False
        is_value = word.startswith("-")
    return False
