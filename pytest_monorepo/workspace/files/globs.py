"""Globs over workspace paths: ``*`` and ``?`` stay within one name, ``**`` crosses folders."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache


@lru_cache(maxsize=1024)
def compile_glob(pattern: str) -> re.Pattern[str]:
    """``libs/*``, ``**/x``, ``schemas/**/*.json``, ``[ab]*``; ``**/`` also matches no folder at all."""
    return re.compile("".join(_pieces(normal(pattern))), re.DOTALL)


def normal(pattern: str) -> str:
    """Without what means nothing: ``./libs/*/`` is ``libs/*``, the empty pattern is the root."""
    while pattern.startswith("./"):
        pattern = pattern[2:]
    return pattern.rstrip("/") or "."


def has_magic(pattern: str) -> bool:
    """Whether the pattern can match anything but itself."""
    return any(char in pattern for char in "*?[")


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether any pattern matches the whole path; the root is matched by ``.`` alone."""
    if path == ".":
        return any(normal(pattern) == "." for pattern in patterns)
    return any(compile_glob(pattern).fullmatch(path) for pattern in patterns)


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
        elif char == "[" and (end := pattern.find("]", at + 2)) != -1:
            inner = pattern[at + 1 : end].replace("\\", "\\\\")
            yield "[" + ("^" + inner[1:] if inner[0] == "!" else inner) + "]"
            at = end + 1
        else:
            yield re.escape(char)
            at += 1
