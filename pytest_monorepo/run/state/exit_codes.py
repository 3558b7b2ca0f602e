"""The exit code of a run, from those of its projects: pure, for a run and for a merge.

``docs/reference/exit-codes.md`` is the source of the rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

OK, FAILED, INTERRUPTED, INTERNAL, USAGE, EMPTY = range(6)
_GRAVEST_FIRST = (INTERRUPTED, INTERNAL, USAGE, FAILED)


def conclude(
    session: int, found: Collection[int], alone: int | None = None, *, mistyped: bool = False
) -> int:
    """The code of the whole run.

    ``session`` is the one that pytest gives the controller's session; ``found`` are those of the projects
    that have a problem beyond their tests; ``alone`` is what the only project that ran ended with, 0 where it
    did not live to tell, ``None`` where there are several. ``mistyped`` where a project has not what the
    command line asked it for: that is the caller's mistake, however many projects run beside it.
    """
    if alone and session not in (INTERRUPTED, INTERNAL):
        return alone
    beside = found if alone is not None else [_beside_others(code) for code in found]
    codes = {session, *beside, *([USAGE] if mistyped else [])}
    return next((code for code in _GRAVEST_FIRST if code in codes), session)


def _beside_others(code: int) -> int:
    """One project that could not run keeps nobody from running the others: it has failed."""
    return code if code in (OK, INTERRUPTED, INTERNAL) else FAILED


def worst(codes: Iterable[int]) -> int | None:
    """That of a project whose workers ended with these; ``None`` where none lived to tell."""
    ended = set(codes)
    own = sorted(
        code for code in ended if code not in range(EMPTY + 1)
    )  # pytest.exit(returncode=9), or a plugin's
    ordered = (INTERNAL, USAGE, INTERRUPTED, *own, FAILED)
    return next((code for code in ordered if code in ended), min(ended, default=None))


def settled(ours: int, told: int, now: int) -> int:
    """What the session ends with, where plugins have changed ``ours`` to ``now``.

    ``told`` is what pytest told them: its own count of tests, which knows nothing of projects. A plugin that
    has only added that (syrupy does) has said nothing; one that says something else has.
    """
    return ours if now in (told, ours | told) else now
