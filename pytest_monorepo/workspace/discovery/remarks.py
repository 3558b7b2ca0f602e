"""What is to be said of folders that hold tests and are no project: which they are, and what to write."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.files import globs
from pytest_monorepo.workspace.files.tree import Tree

from .candidates import Choice

_SHOWN = 5
# environments and caches, where nobody looks for tests of theirs
_NOISE = frozenset(("node_modules", "site-packages", "__pycache__", "bower_components", "venv"))


def remarks(tree: Tree, chosen: Choice, settings: Settings) -> tuple[str, ...]:
    """Sentences for the user, none for what the settings answer."""
    return (*_outside(tree, chosen, settings), *_dropped(tree, chosen, settings))


def _outside(tree: Tree, chosen: Choice, settings: Settings) -> Iterable[str]:
    if settings.projects or settings.outside_table is not None:
        return
    if left := outside(tree, chosen, settings):
        yield (
            f"no members of the workspace table and left out, with their tests: {listed(left)};"
            ' write outside-table = "run" in [tool.pytest-monorepo] to run them, or "leave" to silence this'
        )


def outside(tree: Tree, chosen: Choice, settings: Settings) -> list[str]:
    """The folders with tests of their own that a workspace table leaves out, and nothing else does."""
    return [
        folder
        for folder in chosen.narrowed
        if folder not in chosen.running
        and not globs.covers(folder, settings.exclude)
        and has_tests(tree, folder)
    ]


def _dropped(tree: Tree, chosen: Choice, settings: Settings) -> Iterable[str]:
    dropped = [
        folder
        for folder in sorted(chosen.dropped)
        if not globs.covers(folder, settings.exclude) and not _is_noise(folder) and has_tests(tree, folder)
    ]
    if dropped and not settings.projects:
        yield (
            f"no projects, by the names of their folders, though they have tests: {listed(dropped)};"
            " list them in [tool.pytest-monorepo] exclude to silence this, or name them as members of the"
            ' workspace table or by a table [tool.pytest-monorepo.projects."…"] to run them'
        )


def _is_noise(folder: str) -> bool:
    names = folder.split("/")
    return not _NOISE.isdisjoint(names) or any(name[0] == "." or "{" in name for name in names)


def has_tests(tree: Tree, folder: str) -> bool:
    """Whether a file below the folder is a test's by pytest's own default names."""
    prefix = folder + "/"
    for path in tree.files[bisect_left(tree.files, prefix) :]:
        if not path.startswith(prefix):
            return False
        name = path.rpartition("/")[2]
        if name.endswith("_test.py") or (name.startswith("test_") and name.endswith(".py")):
            return True
    return False


def listed(folders: Sequence[str]) -> str:
    """At most five of them, quoted."""
    return ", ".join(f"'{folder}'" for folder in folders[:_SHOWN]) + ", …" * (len(folders) > _SHOWN)
