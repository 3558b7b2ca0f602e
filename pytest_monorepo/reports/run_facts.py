"""What reports tell of a run beyond its tests, and whether GitHub Actions is to be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from pytest_monorepo.value import value


@value(frozen=True)
class Facts:
    """What is known beyond the tests.

    ``reasons`` say per project path why it ran (empty without ``--affected``). ``header`` is the line that
    words the selection. ``skipped`` are the projects that did not run, with their expected seconds of tests
    by earlier runs, ``None`` where no run is known.
    """

    reasons: Mapping[str, str] = field(default_factory=dict)
    header: str = ""
    skipped: Mapping[str, float | None] = field(default_factory=dict)


def wanted(choice: str, environ: Mapping[str, str]) -> bool:
    """``--monorepo-github``: on, off, or ``auto`` for "where GitHub Actions runs this"."""
    return choice == "on" or (choice == "auto" and environ.get("GITHUB_ACTIONS") == "true")
