"""``--monorepo-list`` and ``--monorepo-graph``: the first half of the story, printed; nothing runs."""

from __future__ import annotations

import sys

import pytest

from pytest_monorepo.affected import drawings, listing
from pytest_monorepo.call import choosing, deciding, printing
from pytest_monorepo.call.sampling import is_unneeded
from pytest_monorepo.run.plan.invocation import Invocation


def show(config: pytest.Config, call: Invocation, *, caches: bool = False) -> int:
    """Print it; what else is to be said goes to the standard error. ``caches``: results are replayed."""
    settings, workspace = deciding.discover(config, call.root)
    decision = deciding.decide(config, call, settings, workspace)
    choice = choosing.choose(config, call, workspace, decision, settings.affected_sample)
    if decision is None:
        state = deciding.state(config, settings, workspace)
        shown = listing.Listing(workspace, state.side.graph)
        undeclared = state.imports.undeclared
    else:
        shown, undeclared = decision.listing, decision.undeclared
    unreached = (p for p in choice.left_out if decision is not None and is_unneeded(p, decision))
    shown = shown._replace(only={p.path for p in (*choice.projects, *unreached)})
    if choice.shard is not None:
        shown = shown._replace(shard=choice.shard.plain)
    notes = []
    if caches and config.option.monorepo_list in ("table", "json"):
        from .foreseen import foreseen

        found = foreseen(config, call, settings, workspace, choice)
        if isinstance(found, str):
            notes.append(found)
        else:
            shown = shown._replace(foreseen=found)
    listings = {
        "table": listing.table,
        "json": listing.as_json,
        "github": listing.github,
        "mermaid graph": drawings.mermaid,
        "dot graph": drawings.dot,
        "json graph": drawings.graph_json,
    }
    lines = [listings[config.option.monorepo_list or config.option.monorepo_graph + " graph"](shown)]
    if config.option.monorepo_list == "github":
        lines.append(choosing.proposed_shards(config, choice))
    if config.option.affected_explain and decision is not None and config.option.monorepo_list == "table":
        lines.append(listing.explain(shown))
    printing.say("\n".join(lines))
    warnings = decision.warnings if decision is not None else workspace.warnings
    told = shown.warnings if config.option.monorepo_list in ("table", "json") else ()
    for sentence in (*notes, *(w for w in warnings if w not in told), *undeclared):
        print(f"warning: {sentence}", file=sys.stderr)
    return 0
