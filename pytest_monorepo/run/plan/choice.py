"""What of the workspace one run consists of, as the command line and the selection leave it. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from pytest_monorepo.workspace.model import Project, Workspace

if TYPE_CHECKING:
    from . import shards


class Choice(NamedTuple):
    """The projects that run, and those that would without ``--affected`` or ``--lf``.

    ``targets`` are the paths and node ids for each; ``filters`` words why not everything runs.
    ``unselected`` are the test files that a selection by file leaves out of a project that runs, ``sampled``
    those that it leaves out and that run all the same.
    """

    projects: tuple[Project, ...]
    left_out: tuple[Project, ...] = ()
    targets: dict[str, tuple[str, ...]] | None = None
    filters: tuple[str, ...] = ()
    lastfailed: tuple[str, ...] | None = None
    start_at: str | None = None
    unselected: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    shard: Sharding | None = None
    sampled: frozenset[str] = frozenset()


class Sharding(NamedTuple):
    """``selection`` tells selections apart; ``shares`` are of the projects that run here in part."""

    shard: shards.Shard
    division: shards.Division
    selection: str
    shares: Mapping[str, shards.Share] = MappingProxyType({})

    @property
    def plain(self) -> dict[str, object]:
        """As the JSON of ``--monorepo-list`` has it."""
        files = {path: list(share.files) for path, share in self.shares.items()}
        return {"index": self.shard.index, "count": self.shard.count, "files": files}


def meant(workspace: Workspace, glob: str) -> str:
    """What to write in place of a ``--project`` that matches none: what is nearest, else what there is."""
    from difflib import get_close_matches

    folder = glob.removeprefix("./").rstrip("/")
    paths = [project.path for project in workspace.projects]
    below = sum(path.startswith(f"{folder}/") for path in paths)
    if folder and below:
        return f"did you mean '{folder}/*', the {below} in this folder?"
    if "," in glob:
        return "give the option once for each"
    above = sorted({f"{path.rpartition('/')[0]}/*" for path in paths if "/" in path})
    if near := get_close_matches(folder, [*paths, *(p.name for p in workspace.projects), *above], 1, 0.75):
        return f"did you mean '{near[0]}'?"
    return f"there are {', '.join(paths[:8])}{', …' * (len(paths) > 8)}"
