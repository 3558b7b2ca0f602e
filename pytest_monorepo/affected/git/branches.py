"""Which branch a change is compared with, where nobody has named one, and which one a merge queue is for."""

from __future__ import annotations

import re
from pathlib import Path

from pytest_monorepo.errors import GitError

from .changes import decoded
from .mergebase import commit_of
from .process import run, start

# https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue
_WITH_TARGET = re.compile(r"gh-readonly-queue/(?P<target>.+)/pr-\d+-[0-9a-f]+")
# bors-ng and homu push batches to these, the others what they queue to branches of their own
# Mergify's prefix is a setting (queue_branch_prefix) with this default (docs.mergify.com/changelog, 2022)
_OF_DEFAULT = re.compile(
    r"(staging|trying)(\.tmp)?|auto|try|automation/bors/.+|trunk-merge/.+|mergify/merge-queue/.+|gtmq_.+"
)


def default_branch(root: Path) -> str:
    """What ``--affected`` alone means: the remote's default branch (``origin/main``), else a local one."""
    # refs/remotes/origin/HEAD is what clone has noted; CI's checkouts, which fetch one ref, have none
    remote = _remote_branches(root)
    for name in ("origin", *sorted({name.split("/")[0] for name in remote})):
        for branch in ("HEAD", "main", "master"):
            if known := remote.get(f"{name}/{branch}"):
                return known
    with start(root, "config", "--get", "init.defaultBranch") as asked:
        configured = decoded(asked.answer().out).strip()
    for branch in (configured, "main", "master"):
        if branch and commit_of(root, f"refs/heads/{branch}"):
            return branch
    raise GitError(
        "cannot tell the default branch: name one (--affected origin/main), "
        "or record it with 'git remote set-head origin --auto'"
    )


def _remote_branches(root: Path) -> dict[str, str]:
    patterns = [f"refs/remotes/*/{branch}" for branch in ("HEAD", "main", "master")]
    out = run(root, "for-each-ref", "--format=%(refname) %(symref)", *patterns)
    found = {}
    for line in decoded(out).splitlines():
        name, _, target = line.partition(" ")
        found[name.removeprefix("refs/remotes/")] = (target or name).removeprefix("refs/remotes/")
    return found


def target_of(branch: str, default: str) -> str | None:
    """The branch that ``branch``, which a merge queue builds, is queued for; ``None`` where it is no queue's.

    Where only the head of a queue has to pass (GitHub's "require all queue entries to pass" switched off, a
    batch of Bors), its run is the only one that the entries before it get: compared with the entry before,
    what that one breaks would be tested by nobody. The merge base with the target is before all of them.

    ``default`` is the repository's default branch, or empty; it is never a queue's own.
    """
    branch = branch.removeprefix("refs/heads/")
    if found := _WITH_TARGET.fullmatch(branch):
        return found["target"]
    return default if default and branch != default and _OF_DEFAULT.fullmatch(branch) else None
