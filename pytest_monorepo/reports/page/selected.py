"""What ``--affected`` selected by test file, as the page tells it: pure, no I/O."""

from __future__ import annotations

from typing import Any

from pytest_monorepo.affected.listing import Listing, way

from .view import Site

SHOWN = 500
"""So many of one project's files are told: nobody reads more, and each is a line of the page's data."""


def taken(site: Site) -> str:
    """``312 of 4,100 test files``; empty where projects are what was selected."""
    return "" if site.files is None or site.selection is None else _listing(site).taken_of_all


def of_project(site: Site, path: str) -> dict[str, Any] | None:
    """In words how many test files of a project run, or why all do; the ways to them; and those left out."""
    narrowed = (site.files or {}).get(path)
    project = site.workspace.by_path.get(path)
    if narrowed is None or project is None:
        return None
    return {
        "told": _listing(site).taken(project),
        "ways": [way(file, reason) for file, reason in list(narrowed.files.items())[:SHOWN]],
        "leftOut": list(narrowed.left_out[:SHOWN]),
        "more": max(0, len(narrowed.files) - SHOWN) + max(0, len(narrowed.left_out) - SHOWN),
    }


def _listing(site: Site) -> Listing:
    return Listing(site.workspace, site.graph, site.selection, files=site.files)
