"""One test, two answers, where a machine that counts as lost speaks all the same. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field

from pytest_monorepo.value import value

_WORST_LAST = ("passed", "xpassed", "skipped", "xfailed", "failed")


def outcome(report: Mapping[str, object]) -> str:
    """Of one phase, from what the report says of itself."""
    found = str(report.get("outcome"))
    if "wasxfail" in report:
        return {"skipped": "xfailed", "passed": "xpassed"}.get(found, found)
    return found


def worse(outcomes: Iterable[str]) -> str:
    """The one that counts; what is none of pytest's counts as the worst."""
    return max(outcomes, key=lambda each: _WORST_LAST.index(each) if each in _WORST_LAST else 99)


@value(frozen=False)
class Answers:
    """What each machine said of one test; ``texts`` are of failures. ``whole`` are those that ended it."""

    outcomes: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)
    settled: bool = False

    def add(self, place: str, found: str, text: str = "") -> None:
        self.outcomes[place] = worse([self.outcomes.get(place, found), found])
        if found == "failed":
            self.texts[place] = text

    def ended(self, place: str) -> None:
        self.whole.add(place)

    def settle(self) -> str | None:
        """The sentence to fail with, once, where two machines disagree; ``None`` as long as they do not."""
        found = {place: self.outcomes[place] for place in sorted(self.whole) if place in self.outcomes}
        if self.settled or len(set(found.values())) < 2:
            return None
        self.settled = True
        said = ", ".join(f"{result} on {place}" for place, result in found.items())
        return f"two answers: {said}; the worse one counts"
