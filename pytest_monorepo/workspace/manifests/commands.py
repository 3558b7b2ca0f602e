"""Commands that install something → the lines of a requirements file that say the same."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

_LONG = ("--requirement", "--constraint", "--editable", "--find-links")
# pip reads short options by optparse: flags before one with a value (-Ur base.txt), which may stick to it
_SHORT = re.compile(r"-[UqvIn]*([rcef])(.*)")
_PIP = re.compile(r"(?:.*[/\\])?pip(?:3(?:\.\d+)?)?(?:\.exe)?")
# what adds to a project's environment, or to its manifest and that: a word behind it is a requirement
# (docs.astral.sh/uv/reference/cli, python-poetry.org/docs/cli, pdm-project.org/en/latest/reference/cli,
# pipenv.pypa.io/en/latest/commands.html, rye.astral.sh/guide/commands); pipx gives each an environment
_ADD = frozenset(("add", "install", "upgrade"))
_TOOLS = frozenset(("uv", "poetry", "pdm", "pipenv", "rye", "conda", "mamba", "micromamba", "pixi"))
# a shell's command is the word behind -c, or behind one that ends so (-ec, -lc)
_SHELLS = re.compile(r"(?:.*/)?(?:ba|z|da|k)?sh")
_OPTION_C = re.compile(r"-[a-z]*c")
# uv's, https://docs.astral.sh/uv/reference/cli/#uv-run
_WITH = {"--with": "", "--package": "", "--with-editable": "-e ", "--with-requirements": "-r "}
# pip's options that take the next word (-p is uv's): what follows a rarer one is read as a requirement,
# which is an edge too many at worst
_IGNORED_VALUE = frozenset(
    (
        *("-i", "-t", "-p", "--index-url", "--extra-index-url", "--target", "--python", "--prefix"),
        *("--group", "-G", "--extra", "-E", "--optional", "--index", "--directory", "--project", "-C", "-n"),
        *("--config-settings", "--config-setting"),
    )
)


def installed_by(command: str) -> Iterator[str]:
    """What ``pip install …`` and kin (``uv pip install``, ``python -m pip install``) in a line ask for."""
    # a shell ends a command at these letters without a blank before them, too
    lexer = shlex.shlex(command, posix=True, punctuation_chars=";|&")
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:
        words = command.split()
    for part in _parts(words):
        shells = [at for at, word in enumerate(part) if _SHELLS.fullmatch(word)]
        if shells and (text := _behind_c(part[shells[0] + 1 :])) is not None:
            yield from installed_by(text) if text != command else ()
        # "sh" is a package as well: pip install sh -c pins.txt core
        if "install" in part and any(map(_PIP.fullmatch, part[: part.index("install")])):
            yield from lines_of(part[part.index("install") + 1 :])
        elif part[:3] == ["uv", "pip", "sync"]:
            yield from (f"-r {word}" for word in part[3:] if not word.startswith("-"))
        elif part[:1] == ["uvx"] or part[:2] in (["uv", "run"], ["uv", "sync"], ["uv", "export"]):
            yield from _beside(part)
        elif (at := _adds(part)) is not None:
            yield from lines_of(part[at + 1 :])


def _behind_c(words: Sequence[str]) -> str | None:
    for option, text in pairwise(words):
        if _OPTION_C.fullmatch(option):
            return text
    return None


def _adds(words: Sequence[str]) -> int | None:
    """Where the word is by which a tool adds what follows; ``None`` where none does."""
    tools = [at for at, word in enumerate(words) if word.rpartition("/")[2] in _TOOLS]
    added = [at for at, word in enumerate(words) if tools and at > tools[0] and word in _ADD]
    return added[0] if added else None


def _beside(words: Sequence[str]) -> Iterator[str]:
    """What ``uv run --with …`` has there beside the environment, a comma between several.

    With ``--package`` it is a member's environment instead of that of the folder.
    """
    parted = ("--with", "--package")
    told = [word for one in words for word in (one.split("=", 1) if one.startswith(parted) else (one,))]
    for option, value in pairwise(told):
        if option in _WITH:
            yield from (f"{_WITH[option]}{one.strip()}" for one in value.split(","))


def lines_of(words: Sequence[str]) -> Iterator[str]:
    """The words after ``pip install`` as lines."""
    rest = iter(words)
    for word in rest:
        short = _SHORT.fullmatch(word)
        if short:
            yield f"-{short[1]}{short[2] or ' ' + next(rest, '')}".strip()
        elif word in _LONG:
            yield f"{word} {next(rest, '')}".strip()
        elif word in _IGNORED_VALUE:
            next(rest, None)
        elif word.partition("=")[0] in _LONG or not word.startswith("-"):
            yield word


def _parts(words: Iterable[str]) -> Iterator[list[str]]:
    part: list[str] = []
    for word in words:
        if word.strip(";|&") == "":
            yield part
            part = []
        else:
            part.append(word)
    yield part
