"""``git diff -U0`` → the changed lines, and the covered share of those that can be executed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from .model import FileCoverage, PatchCoverage, PatchFile

_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPE = re.compile(rb'\\([0-7]{3}|[abfnrtv"\\])')
_ESCAPES = {b"a": 7, b"b": 8, b"f": 12, b"n": 10, b"r": 13, b"t": 9, b"v": 11, b'"': 34, b"\\": 92}


def changed_lines(diff: bytes) -> dict[str, frozenset[int]]:
    """The added or changed lines of each file in a unified diff, with ``a/`` and ``b/`` prefixes or without.

    Paths are as the diff names them, relative to where git says; deleted files do not appear. Lines are
    counted hunk by hunk, so that a changed line reading ``+++ b/x`` is not taken for a header.
    """
    lines = iter(diff.split(b"\n"))
    changed: dict[str, set[int]] = {}
    prefixed = False
    current: set[int] = set()
    for line in lines:
        if line.startswith(b"diff --git "):
            prefixed = line.startswith((b"diff --git a/", b'diff --git "a/'))
            current = set()
        elif line.startswith(b"+++ "):
            path = _path(line[4:], prefixed)
            current = set() if path is None else changed.setdefault(path, set())
        elif hunk := _HUNK.match(line):
            current.update(_added(lines, hunk))
    return {path: frozenset(found) for path, found in changed.items() if found}


def _added(lines: Iterator[bytes], hunk: re.Match[bytes]) -> Iterator[int]:
    # a count that is left out is one line: "@@ -2 +2 @@" (git diff -U0)
    removed, start, added = int(hunk[1] or 1), int(hunk[2]), int(hunk[3] or 1)
    number, last = start, start + added
    while removed > 0 or number < last:
        line = next(lines, None)
        if line is None:
            return
        if line.startswith(b"-"):
            removed -= 1
        elif line.startswith(b"+"):
            yield number
            number += 1
        elif not line.startswith(b"\\"):  # context, for a diff taken without -U0
            removed -= 1
            number += 1


def _path(name: bytes, prefixed: bool) -> str | None:
    # quotes, backslashes and controls are escaped whatever core.quotePath says (git-config(1))
    if name.startswith(b'"'):
        name = _ESCAPE.sub(_unescaped, name.strip()[1:-1])
    else:
        name = name.rstrip(b"\r").partition(b"\t")[0]  # git ends a name that holds a space with a tab
    if name == b"/dev/null":
        return None
    if prefixed and name.startswith(b"b/"):
        name = name[2:]
    return name.decode("utf-8", "surrogateescape")


def _unescaped(match: re.Match[bytes]) -> bytes:
    found = match[1]
    return bytes([_ESCAPES[found] if found in _ESCAPES else int(found, 8)])


def patch_coverage(
    files: Iterable[FileCoverage], changed: Mapping[str, Iterable[int]], unmeasured: Iterable[str] = ()
) -> PatchCoverage:
    """How much of the changed lines was executed; ``changed`` holds the first lines of changed statements.

    ``unmeasured`` are changed files that no report holds: they are named, and are in no number.
    """
    found = []
    for file in files:
        statements = {*file.executed, *file.missing}
        executable = sorted(statements.intersection(changed.get(file.path, ())))
        if executable:
            missing = tuple(line for line in file.missing if line in set(executable))
            found.append(PatchFile(file.path, file.project, tuple(executable), missing))
    return PatchCoverage(tuple(found), tuple(sorted(unmeasured)))
