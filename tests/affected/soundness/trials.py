"""Run the real decision on generated workspaces and compare it with what is known to be needed."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pytest_monorepo import settings
from pytest_monorepo.affected.decision import Decision, decide
from pytest_monorepo.workspace.discovery.discover import discover
from tests.run import warm

from .inputs import input_files
from .mutations import make_world, mutate
from .rendering import render, source_root
from .world import Member, World, altered_files, expected, main_test, needed, needed_files, total, unit_test

_GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    **{f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


@dataclass(frozen=True)
class Trial:
    """One change: what was done, which projects it alters and which the decision selected, all by path.

    ``step`` counts the changes to the workspace of ``seed`` from one. ``decision`` is made with what earlier
    steps kept, ``afresh`` without.
    """

    seed: int
    step: int
    done: str
    before: World
    after: World
    needed: frozenset[str]
    selected: frozenset[str]
    decision: Decision
    afresh: Decision
    expected: Mapping[str, int] = field(default_factory=dict)

    @property
    def missed(self) -> frozenset[str]:
        return self.needed - self.selected

    @property
    def needed_files(self) -> frozenset[str]:
        """The test files that the change alters."""
        return frozenset(needed_files(self.before, self.after))

    @property
    def input_files(self) -> frozenset[str]:
        """Those, and the test files of which a run loads or opens a file that holds something else."""
        old, new = (render(world, self.expected) for world in (self.before, self.after))
        return self.needed_files | input_files(self.before, self.after, old, new)

    @property
    def altered_files(self) -> frozenset[str]:
        """Those, and the test files of projects with other things installed, or other settings of pytest."""
        return self.input_files | altered_files(self.before, self.after)

    @property
    def running_files(self) -> frozenset[str]:
        """The test files, of those that the world knows, that run."""
        return frozenset(path for member in self.after.members.values() for path in self._running(member))

    @property
    def missed_files(self) -> frozenset[str]:
        return self.input_files - self.running_files

    def of(self, member: Member) -> tuple[str, ...]:
        """The test files of a project that the world knows."""
        return (main_test(member), *(unit_test(member, name) for name in member.modules))

    def _running(self, member: Member) -> Iterator[str]:
        assert self.decision.files is not None
        narrowed = self.decision.files.get(member.path)
        if narrowed is not None:
            for path in self.of(member):
                if narrowed.whole is not None or path in narrowed.files:
                    yield path


def trials(folder: Path, seed: int, steps: int) -> Iterator[Trial]:
    """``steps`` changes in a row to one workspace in ``folder``, each compared with the commit before it."""
    rng = random.Random(seed)
    world = make_world(rng)
    files = render(world, expected(world))
    start(folder, files)
    for step in range(1, steps + 1):
        after, done = mutate(world, rng)
        # tests keep asserting what was true before, so that those which the change alters fail
        asserted = expected(world)
        changed = render(after, asserted)
        files = render(world, asserted)
        write(folder, files, files)
        _commit(folder)
        write(folder, files, changed)
        # where git does not look
        decision = decision_for(folder, folder / ".git/kept")
        yield Trial(
            seed,
            step,
            done,
            world,
            after,
            frozenset(needed(world, after)),
            frozenset(decision.selection.selected) - {"."},
            decision,
            decision_for(folder),
            asserted,
        )
        if broken(after):
            write(folder, changed, files)
        else:
            world = after
            write(folder, changed, render(after, expected(after)))
        _commit(folder)


def start(folder: Path, files: Mapping[str, str]) -> None:
    """A repository that holds the files."""
    write(folder, {}, files)
    _git(folder, "init", "-q", "-b", "main")
    _commit(folder)


def decision_for(folder: Path, cache: Path | None = None) -> Decision:
    """What ``--affected HEAD`` decides in ``folder``; ``cache`` is a folder to keep findings in."""
    found = settings.load(folder)
    workspace = discover(folder, found, cache and cache / "discovery")
    kept = cache and cache / "imports"
    return decide(folder, workspace, found, "HEAD", environ={}, cache=kept, by_file=True)


def broken(world: World) -> bool:
    """Whether something of it cannot be imported or read: no ground for further steps."""
    keys = [key for member in world.members.values() for key in member.test_imports]
    keys += [key for imports in world.conftest_imports.values() for key in imports]
    modules = [module for member in world.members.values() for module in member.modules.values()]
    reads = [path for module in modules for path in module.data]
    reads += [path for member in world.members.values() for path in member.test_data]
    keys += [key for module in modules for key in (*module.imports, *module.hidden)]
    borrowed = [key for member in world.members.values() for key in member.borrows]
    return (
        any(total(world, key) < 0 for key in keys)
        or any(path not in world.data for path in reads)
        or any(key not in world.members for key in borrowed)
    )


def write(folder: Path, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    """Make the files of ``new`` out of those of ``old``."""
    for path in old.keys() - new.keys():
        (folder / path).unlink()
    for path, text in new.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists() or file.read_text() != text:
            file.write_text(text)


def failing(folder: Path, world: World) -> set[str]:
    """The paths of the projects whose tests fail when plain pytest really runs them."""
    found = set()
    for member in world.members.values():
        others = [source_root(o) for o in world.members.values() if o is not member and o.layout != "app"]
        roots = [str(folder / root) for root in (source_root(member), *others)]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(roots),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        environment.pop("PYTEST_ADDOPTS", None)
        words = ("-q", "-p", "no:cacheprovider", "tests")
        code, _ = warm.anyhow(words, cwd=folder / member.path, environ=environment)
        if code:
            found.add(member.path)
    return found


def _commit(folder: Path) -> None:
    _git(folder, "add", "-A")
    _git(folder, "commit", "-q", "--allow-empty", "-m", "step")


def _git(folder: Path, *args: str) -> None:
    subprocess.run(["git", *args], cwd=folder, env={**os.environ, **_GIT}, check=True, capture_output=True)
