"""The graph of projects as JSON, as a Mermaid chart and for Graphviz: pure functions from values to text."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .listing import VERSION, Listing


def graph_json(listing: Listing) -> str:
    """The keys ``version``, ``projects`` (name, path, state), ``edges`` (as :class:`Edge`) and ``cycles``."""
    return json.dumps(
        {
            "version": VERSION,
            "projects": [
                {"name": project.name, "path": project.path, "state": listing.state(project.path)}
                for project in listing.workspace.projects
            ],
            "edges": [
                {"dependent": e.dependent, "dependency": e.dependency, "scope": e.scope.value, "how": e.how}
                for e in listing.graph.edges
            ],
            "cycles": [list(cycle) for cycle in listing.graph.cycles],
        },
        indent=2,
    )


_COLOURS = {"changed": "#f9c74f", "affected": "#90be6d", "untouched": "#eeeeee"}


def mermaid(listing: Listing) -> str:
    """A Mermaid flow chart, dependents to dependencies; test edges are dotted."""
    lines = ["graph LR", *(f"  classDef {state} fill:{c},color:#000" for state, c in _COLOURS.items())]
    for identity, project in _identities(listing).items():
        label = "".join(c if c.isalnum() or c in " -_./" else f"#{ord(c)};" for c in listing.labels[project])
        lines.append(f'  {identity}["{label}"]:::{listing.state(project)}')
    for dependent, dependency, test in _arrows(listing):
        lines.append(f"  {dependent} {'-.->' if test else '-->'} {dependency}")
    return "\n".join(lines)


def dot(listing: Listing) -> str:
    """A Graphviz graph, dependents to dependencies; test edges are dashed."""
    lines = ["digraph workspace {", "  rankdir=LR;", "  node [shape=box, style=filled];"]
    for identity, project in _identities(listing).items():
        label = listing.labels[project].replace("\\", "\\\\").replace('"', '\\"')
        state = listing.state(project)
        lines.append(f'  {identity} [label="{label}", class="{state}", fillcolor="{_COLOURS[state]}"];')
    for dependent, dependency, test in _arrows(listing):
        lines.append(f"  {dependent} -> {dependency}{' [style=dashed]' if test else ''};")
    return "\n".join((*lines, "}"))


def _identities(listing: Listing) -> dict[str, str]:
    return {f"p{number}": project.path for number, project in enumerate(listing.workspace.projects)}


def _arrows(listing: Listing) -> Iterator[tuple[str, str, bool]]:
    identity = {path: name for name, path in _identities(listing).items()}
    for project in listing.graph.projects:
        for edge in listing.graph.needs(project):
            yield identity[project], identity[edge.dependency], edge.scope.value == "test"
