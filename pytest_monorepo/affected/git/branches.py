"""Which branch a change is compared with, where nobody has named one."""

from __future__ import annotations

from pathlib import Path

from pytest_monorepo.errors import GitError

from .changes import decoded
from .mergebase import commit_of
from .process import run, start


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
