"""The branches that merge queues build → the branch that the whole queue is to be merged into.

Where only the head of a queue has to pass (GitHub's "require all queue entries to pass" switched off, a batch
of Bors), its run is the only one that the entries before it get: compared with the entry before, what that
one breaks would be tested by nobody. The merge base with the target branch is before all of them.
"""

from __future__ import annotations

import re

# https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue
_WITH_TARGET = re.compile(r"gh-readonly-queue/(?P<target>.+)/pr-\d+-[0-9a-f]+")
# bors-ng and homu push batches to these, the others what they queue to branches of their own
# Mergify's prefix is a setting (queue_branch_prefix) with this default (docs.mergify.com/changelog, 2022)
_OF_DEFAULT = re.compile(
    r"(staging|trying)(\.tmp)?|auto|try|automation/bors/.+|trunk-merge/.+|mergify/merge-queue/.+|gtmq_.+"
)


def target_of(branch: str, default: str) -> str | None:
    """The branch that ``branch`` is queued for; ``None`` where it is no queue's.

    ``default`` is the repository's default branch, or empty; it is never a queue's own.
    """
    branch = branch.removeprefix("refs/heads/")
    if found := _WITH_TARGET.fullmatch(branch):
        return found["target"]
    return default if default and branch != default and _OF_DEFAULT.fullmatch(branch) else None
