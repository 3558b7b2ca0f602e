"""What is imported before a run is forked: see :mod:`.warm`."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import cache
from pathlib import Path

STORY = "pytest_monorepo.call.story"
OURS = (
    "call.front",
    "worker.warming",
    "workspace/discovery",
    "workspace/manifests",
)
"""What a run imports later on, and each of a workspace that it has not met before."""
WORKERS = ("pytest_monorepo_worker.forkserver", "pytest_monorepo_worker.session")
"""Its fork server and workers have ours under another name."""
KEEPS = (
    "affected",
    "call.cached.narrowing",
    "call.cached.proved",
    "call.reports",
    "call.tracing",
    "reports.historian",
    "reports.origin",
    "reports.page.words",
    "reports.receipt",
    "reports.terminal.cached",
    "results.caching",
    "results/entries",
    "results/keeping",
    "results/replays",
    "workspace",
)
"""And one that compares with what was, or only lists: a third of the time that it takes.

None of them imports sqlite3, whose errors have to be those that coverage raises, or what is not ours.
"""
COMPARES = ("--cached", "--affected", "--monorepo-list", "--monorepo-graph", "--shard")


@cache
def _modules(*names: str) -> tuple[str, ...]:
    """Modules of ours, all that are in a folder where that is named."""
    spec = importlib.util.find_spec("pytest_monorepo")
    assert spec is not None
    package = Path(str(spec.origin)).parent
    found: list[str] = []
    for name in names:
        if (package / name).is_dir():
            files = [file for file in sorted((package / name).rglob("*.py")) if file.stem != "__init__"]
            found += [".".join(file.relative_to(package).with_suffix("").parts) for file in files]
        else:
            found.append(name)
    return tuple(f"pytest_monorepo.{name}" for name in dict.fromkeys(found))


def of(module: str, args: Sequence[str]) -> tuple[str, ...]:
    """What a run with these words has behind it: modules that it imports before it looks at anything."""
    if module == "coverage":
        return ("coverage.cmdline",)
    if "--monorepo" not in args or importlib.util.find_spec("pytest_monorepo") is None:
        return ()
    compares = any(arg.startswith(COMPARES) for arg in args)
    return (STORY, *_modules(*OURS, *(KEEPS if compares else ())), *WORKERS)
