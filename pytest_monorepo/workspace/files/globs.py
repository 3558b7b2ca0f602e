"""Globs over workspace paths: ``*`` and ``?`` stay within one name, ``**`` crosses folders."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache


@lru_cache(maxsize=1024)
def compile_glob(pattern: str) -> re.Pattern[str]:
    """``libs/*``, ``**/x``, ``schemas/**/*.json``, ``[ab]*``; ``**/`` also matches no folder at all."""
    return re.compile(_expression(pattern), re.DOTALL)


def normal(pattern: str) -> str:
    """Without what means nothing: ``./libs/*/`` is ``libs/*``, the empty pattern is the root."""
    while pattern.startswith("./"):
        pattern = pattern[2:]
    return pattern.rstrip("/") or "."


def has_magic(pattern: str) -> bool:
    """Whether the pattern can match anything but itself."""
    return any(char in pattern for char in "*?[")


def without_magic(path: str) -> str:
    """The folder that a glob looks into; a path without wildcards as it is."""
    parts = path.split("/")
    plain = next((at for at, part in enumerate(parts) if has_magic(part)), len(parts))
    return "/".join(parts[:plain]) or "."


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether any pattern matches the whole path; the root is matched by ``.`` alone."""
    names, globs = _divided(tuple(patterns))
    return path in names or (path != "." and globs is not None and globs.fullmatch(path) is not None)


# the same few are asked about each file that has changed and each that may name one
@lru_cache(maxsize=256)
def _divided(patterns: tuple[str, ...]) -> tuple[frozenset[str], re.Pattern[str] | None]:
    """What is only a name, and what has to be compiled.

    Most of the names of workflows, images and settings are only names, and compiling each took 0.1 ms.
    """
    globs = [_expression(pattern) for pattern in patterns if has_magic(pattern)]
    names = frozenset(normal(pattern) for pattern in patterns if not has_magic(pattern))
    return names, re.compile("|".join(f"(?:{glob})" for glob in globs), re.DOTALL) if globs else None


def _expression(pattern: str) -> str:
    return "".join(_pieces(normal(pattern)))


def covers(path: str, patterns: Iterable[str]) -> bool:
    """Whether any pattern matches the path or a folder above it; ``.`` covers the root alone."""
    patterns = tuple(patterns)
    while path:
        if matches(path, patterns):
            return True
        path = path.rpartition("/")[0]
    return False


def _pieces(pattern: str) -> Iterable[str]:
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if pattern.startswith("**/", at) and (at == 0 or pattern[at - 1] == "/"):
            yield "(?:.*/)?"
            at += 3
        elif pattern.startswith("**", at):
            yield ".*"
            at += 2
        elif char == "*":
            yield "[^/]*"
            at += 1
        elif char == "?":
            yield "[^/]"
            at += 1
        elif char == "[" and (end := _end_of_class(pattern, at)) != -1:
            yield _class(pattern[at + 1 : end])
            at = end + 1
        else:
            yield re.escape(char)
            at += 1


def _end_of_class(pattern: str, at: int) -> int:
    """Where the bracket at ``at`` is closed: not by the first character in it, negated or not (``[!]a]``)."""
    first = at + 2 if pattern.startswith(("!", "^"), at + 1) else at + 1
    return pattern.find("]", first + 1)


def _class(inner: str) -> str:
    """One character of a set, never the slash; git's ``^`` and the shell's ``!`` both turn it round."""
    negated = inner.startswith(("!", "^"))
    rest, found = inner[negated:], ""
    while rest:
        # re takes a range that runs backwards for an error; the shell, fnmatch and git for an empty one
        is_range = len(rest) > 2 and rest[1] == "-"
        first, last = rest[0], rest[2] if is_range else rest[0]
        found += f"{re.escape(first)}-{re.escape(last)}" if first <= last else ""
        rest = rest[3:] if is_range else rest[1:]
    if not found:
        return "[^/]" if negated else r"(?!)"
    return f"(?!/)[{'^' if negated else ''}{found}]"
