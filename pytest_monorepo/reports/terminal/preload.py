"""What importing the same packages again and again has cost, and with ``-v`` what was done about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import NamedTuple

import pytest

from pytest_monorepo.value import value

LEAST = 5.0
"""Processor seconds that are worth a line."""


class Hint(NamedTuple):
    """What could be saved: the modules that take longest, and all their seconds in so many projects."""

    modules: Sequence[str]
    seconds: float
    projects: int
    saved: float


@value(frozen=True)
class Once:
    """``served`` are projects whose workers found modules imported; the others have a reason."""

    served: Mapping[str, Sequence[str]] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    whys: Mapping[str, str] = field(default_factory=dict)


class PreloadReport:
    """Registered in the controller; ``told`` is asked at the end of the run."""

    def __init__(self, told: Callable[[], Hint | Once | None]) -> None:
        self.told = told

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        told = self.told()
        if isinstance(told, Hint) and told.saved >= LEAST:
            terminalreporter.write_line(
                f"importing {', '.join(told.modules)} took {told.seconds:.0f} s in {told.projects} projects;"
                f' preload = "auto" would save about {told.saved:.0f} s'
            )
        elif isinstance(told, Once) and terminalreporter.config.option.verbose > 0:
            terminalreporter.write_sep("=", "imported once")
            for line in lines(told):
                terminalreporter.write_line(line)


def lines(told: Once) -> Sequence[str]:
    """What was imported for whom, and what for nobody."""
    groups: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for path, modules in sorted(told.served.items()):
        groups[tuple(modules)].append(path)
    return [
        *(f"{', '.join(modules)}: for {', '.join(paths)}" for modules, paths in groups.items()),
        *(f"not {module}: {reason}" for module, reason in sorted(told.refused.items())),
        *(f"not for {path}: {why}" for path, why in sorted(told.whys.items()) if path not in told.served),
    ]
