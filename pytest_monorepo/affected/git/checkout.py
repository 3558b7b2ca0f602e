"""Which commit is checked out, for those who report on it: what git cannot say is left empty."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from pytest_monorepo.errors import GitError
from pytest_monorepo.value import value

from . import process

_WALKED = 5_000


@value(frozen=True)
class Checkout:
    """``commit`` and its ``tree`` are full hashes; ``branch`` is empty where HEAD is detached.

    ``uncommitted``: tracked files differ from the commit. ``remote`` is the address of ``origin`` without
    user and password.
    """

    commit: str = ""
    tree: str = ""
    branch: str = ""
    uncommitted: bool = False
    remote: str = ""


def checkout(root: Path) -> Checkout:
    """What is checked out at the workspace root; all empty outside of git or where git fails."""
    try:
        names = process.run(root, "rev-parse", "HEAD", "HEAD^{tree}", "--abbrev-ref", "HEAD").decode().split()
        edits = process.run(root, "status", "--porcelain", "--untracked-files=no")
    except GitError:
        return Checkout()
    if len(names) != 3:
        return Checkout()
    # --abbrev-ref says HEAD where it is detached
    commit, tree, branch = names
    return Checkout(
        commit, tree, "" if branch == "HEAD" else branch, bool(edits.strip()), without_user(_origin(root))
    )


def parents(root: Path, commits: Sequence[str]) -> dict[str, list[str]]:
    """The parents of the commits and of those that they contain, of the last 5,000; empty where git fails.

    ``commits`` are full hashes; what this clone lacks is passed over.
    """
    known = [commit for commit in commits if re.fullmatch("[0-9a-f]{40,64}", commit)]
    if not known:
        return {}
    try:
        # a full walk of a large repository takes seconds, and only some sixty runs are remembered
        args = ("rev-list", "--parents", "--ignore-missing", f"--max-count={_WALKED}")
        answer = process.ask(root, *args, "--end-of-options", *dict.fromkeys(known))
    except GitError:
        return {}
    lines = answer.out.decode("ascii").splitlines() if answer.code == 0 else []
    return {one: others for one, *others in map(str.split, lines)}


def _origin(root: Path) -> str:
    try:
        answer = process.ask(root, "config", "--get", "remote.origin.url")
    except GitError:
        return ""
    return answer.out.decode(errors="replace").strip() if answer.code == 0 else ""


def without_user(address: str) -> str:
    """CI systems put a token there."""
    return re.sub(r"^([a-z+]+://)[^/@]*@", r"\1", address)
