"""Which lines a change added or altered, for the coverage of a patch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from .git.changes import Changes
from .git.process import run

Parse = Callable[[bytes], Mapping[str, frozenset[int]]]


def changed_line_numbers(root: Path, changes: Changes, parse: Parse) -> dict[str, frozenset[int]]:
    """Workspace path → line numbers on disk that differ from the bases of ``changes``.

    ``parse`` reads a unified diff. With several bases a line counts that is new against each of them: what
    came with a merge is nobody's patch. An untracked file's lines are all new; those of a renamed file are
    only where it was edited, too.
    """
    found: dict[str, frozenset[int]] = {}
    for number, base in enumerate(changes.bases):
        options = ["-U0", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames", "--relative"]
        diff = run(
            root, "diff", *options, "--src-prefix=a/", "--dst-prefix=b/", "--end-of-options", base, "--"
        )
        new = parse(diff)
        found = dict(new) if not number else {p: found[p] & new[p] for p in found.keys() & new.keys()}
    for change in changes.changed:
        if change.status == "?" and not change.path.startswith("../"):
            found[change.path] = _all_lines(root / change.path)
    return found


def _all_lines(path: Path) -> frozenset[int]:
    try:
        return frozenset(range(1, len(path.read_bytes().splitlines()) + 1))
    except OSError:
        return frozenset()
