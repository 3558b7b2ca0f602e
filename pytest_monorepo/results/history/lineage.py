"""Which earlier runs a run is compared with, and which of them its sources contain. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pytest_monorepo.value import value

from .record import Record

Parents = Mapping[str, Sequence[str]]
"""Of each commit that is known its parents, as ``git rev-list --parents`` says."""
Asked = Callable[[Sequence[str]], Parents]
"""Says the parents of these commits and of all that they contain, as far as they are known."""


def nothing(commits: Sequence[str]) -> Parents:
    return {}


@value(frozen=True)
class Lineage:
    """``runs`` in the order in which the branch got their sources, the nearest last.

    ``taken`` are those of other branches, by :attr:`Record.run`, whose commit it took in by a rebase or a
    merge after a run of its own: what failed there was not broken here.
    """

    runs: tuple[Record, ...] = ()
    taken: frozenset[str] = frozenset()

    @property
    def earlier(self) -> tuple[Record, ...]:
        return tuple(sorted(self.runs, key=lambda run: run.started))

    @classmethod
    def of(cls, known: Sequence[Record], now: Record, parents: Asked = nothing) -> Lineage:
        """Of the same branch all count, and of others those before its first, and those in its commit.

        ``parents`` is asked only where that decides.
        """
        before = sorted((run for run in known if run.started < now.started), key=lambda run: run.started)
        own = [run for run in before if run.branch == now.branch]
        others = [run for run in before if run.branch != now.branch]
        # without a key a run's files were not those of its commit
        asked = bool(own and now.commit) and any(run.key and run.commit for run in others)
        links = parents([now.commit, *(run.commit for run in own if run.commit)]) if asked else {}
        inside = contained(links, now.commit)
        had = [contained(links, run.commit) if run.commit in links else None for run in own]
        placed = [((number, 0, run.started), run) for number, run in enumerate(own, 1)]
        for run in others:
            if run.key and run.commit in inside:
                placed.append(((_after(own, had, run), 1, run.started), run))
            elif not own or run.started < own[0].started:
                placed.append(((0, 1, run.started), run))
        placed.sort(key=lambda one: one[0])
        return cls(
            tuple(run for _, run in placed),
            frozenset(run.run for (number, other, _), run in placed if number and other),
        )


def _after(own: Sequence[Record], had: Sequence[set[str] | None], other: Record) -> int:
    """After how many of the branch's own runs it got what ``other`` ran; ``had`` are the commits of each.

    Of a commit that a fresh clone lacks, such as one that was amended, the time is all that is known.
    """
    for number in range(len(own), 0, -1):
        run, commits = own[number - 1], had[number - 1]
        if other.commit not in commits if commits is not None else other.started > run.started:
            return number
    return 0


def contained(parents: Parents, commit: str) -> set[str]:
    """The commit and all that lead to it; empty where it is not known."""
    found, waiting = set[str](), [commit] if commit in parents else []
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += parents.get(one, ())
    return found
