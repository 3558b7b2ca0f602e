"""Commands that install something → the lines of a requirements file that say the same."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

_WITH_VALUE = ("-r", "-c", "-e", "-f", "--requirement", "--constraint", "--editable", "--find-links")
_GLUED = ("-r", "-c", "-e", "-f", *(f"{option}=" for option in _WITH_VALUE if option.startswith("--")))
_IGNORED_VALUE = frozenset(
    ("-i", "-t", "-p", "--index-url", "--extra-index-url", "--target", "--python", "--prefix")
)


def installed_by(command: str) -> Iterator[str]:
    """What ``pip install …`` and kin (``uv pip install``, ``python -m pip install``) in a line ask for."""
    try:
        words = shlex.split(command, comments=True)
    except ValueError:
        words = command.split()
    for part in _parts(words):
        if "install" in part and any(word in ("pip", "pip3") or word.endswith("/pip") for word in part):
            yield from lines_of(part[part.index("install") + 1 :])


def lines_of(words: Sequence[str]) -> Iterator[str]:
    """The words after ``pip install`` as lines."""
    rest = iter(words)
    for word in rest:
        if word in _WITH_VALUE:
            yield f"{word} {next(rest, '')}".strip()
        elif word in _IGNORED_VALUE:
            next(rest, None)
        elif word.startswith(
            ("-r", "-c", "-e", "-f", "--requirement=", "--constraint=", "--editable=", "--find-links=")
        ) or not word.startswith("-"):
            yield word


def _parts(words: Iterable[str]) -> Iterator[list[str]]:
    part: list[str] = []
    for word in words:
        if word in ("&&", "||", ";", "|"):
            yield part
            part = []
        else:
            part.append(word)
    yield part
