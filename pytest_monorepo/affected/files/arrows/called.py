"""The names of code files that texts hold → the files that they may mean. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping

from pytest_monorepo.workspace.imports.one_file.paths import FILE, WHOLE_FILE


def called(names: Collection[str], code: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """Each of ``names``, as :func:`~.one_file.paths.code_files` gives them → those of ``code`` called so.

    A name that stands by itself may be the end of a longer one, which is put together.
    """
    if not names:
        return {}
    by_name: dict[str, list[str]] = {}
    for path in code:
        by_name.setdefault(path.rpartition("/")[2].lower(), []).append(path)
    backwards = sorted(name[::-1] for name in by_name)
    found = {}
    for name in names:
        if name.startswith(WHOLE_FILE):
            meant: Iterable[str] = (name.removeprefix(WHOLE_FILE),)
        else:
            meant = _ending_in(name.removeprefix(FILE), backwards)
        found[name] = frozenset(path for one in meant for path in by_name.get(one, ()))
    return found


def _ending_in(end: str, backwards: list[str]) -> Iterator[str]:
    start = end[::-1]
    for at in range(bisect_left(backwards, start), len(backwards)):
        if not backwards[at].startswith(start):
            return
        yield backwards[at][::-1]
