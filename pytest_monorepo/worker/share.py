"""Which of a project's tests this machine runs, where others run some of its files."""

from __future__ import annotations

from typing import List

import pytest

from . import protocol
from .paths import Paths


class Share:
    """``elsewhere`` counts the tests that another machine runs or deselects.

    All is collected everywhere, since what a conftest does with the tests may depend on all of them.
    """

    def __init__(self, job: protocol.Job, paths: Paths) -> None:
        self.paths = paths
        self.elsewhere = 0
        self._divided = job.share is not None
        share = job.share or {"files": (), "others": (), "first": True}
        self._files, self._others, self._first = set(share["files"]), set(share["others"]), share["first"]

    def holds(self, nodeid: str) -> bool:
        """Whether a file or test is this machine's."""
        if not self._divided:
            return True
        path = self.paths.path(nodeid.partition("::")[0])
        return path in self._files or (self._first and path not in self._others)

    def deselected(self, items: List[pytest.Item]) -> List[str]:
        """Those of this machine's, as node ids of the workspace; the others are counted."""
        mine = [self.paths.nodeid(item.nodeid) for item in items if self.holds(item.nodeid)]
        self.elsewhere += len(items) - len(mine)
        return mine

    def leave_to_others(self, items: List[pytest.Item], *, whole: bool) -> None:
        """Take the others' out of ``items``: after ``--lf`` has chosen, which looks at all of the project's.

        ``whole``: the project is not to be divided. Every machine finds the same, and the first takes all.
        """
        if whole:
            mine = list(items) if self._first else []
        else:
            mine = [item for item in items if self.holds(item.nodeid)]
        self.elsewhere += len(items) - len(mine)
        items[:] = mine
