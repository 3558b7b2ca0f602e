"""Files that belong to no Python project → whom they concern: those who name the folder that holds them.

Folders of other languages, prose below folders of no project, the manifests of other languages at the root,
requirements of documentation or tools. What a test does with such a file it has to reach by a path, and that
path holds the folder's name: in its source, its configuration, or in what runs the tests.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterator
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from pytest_monorepo.affected.rules.checks import checker_of
from pytest_monorepo.affected.rules.effects import owner_of
from pytest_monorepo.affected.rules.environments import makes_environment
from pytest_monorepo.affected.rules.languages import PYTHON_MANIFESTS, is_mark, is_of_another_language
from pytest_monorepo.affected.rules.path_kinds import (
    builds_documentation,
    harmless,
    is_prose,
    only_pytest_loads,
    only_pytest_reads,
    readers_above,
    runs_tests,
)
from pytest_monorepo.affected.rules.values import Reach, Touch
from pytest_monorepo.affected.sides import State
from pytest_monorepo.workspace.files.code_files import CODE, test_side
from pytest_monorepo.workspace.files.tree import child, inside
from pytest_monorepo.workspace.manifests.requirements import is_requirements_file
from pytest_monorepo.workspace.model import ROOT, Project, Workspace, parents

from .wanted import Wanted

# re compiles them when they are asked for, and keeps them: most decisions ask for neither
_SCRIPT_ROOT = (
    r"package(-lock)?\.json|yarn\.lock|pnpm-(lock|workspace)\.yaml|bun\.lockb?|\.npmrc|\.yarnrc(\.yml)?|\.nvmrc"
    r"|\.node-version|turbo\.json|nx\.json|lerna\.json|tsconfig[\w.-]*\.json|biome\.json"
)
_SCRIPT_TOOLS = ("npm", "npx", "yarn", "pnpm", "node", "bun", "node_modules")
_ASIDE = frozenset(
    (
        *("doc", "docs", "documentation", "tool", "tools", "script", "scripts", "example", "examples"),
        *("website", "site", "benchmark", "benchmarks", "notebooks", "release", "releasing"),
    )
)
_LOCKS = r".*\.lock|package-lock\.json|pnpm-lock\.yaml|go\.sum|pylock.*\.toml|.*\.min\.js|.*\.svg|.*\.map"


# folders of what people start by hand. Everywhere a table, a key or a target may have such a name, too
_SCRIPTS = frozenset(("script", "scripts", "tool", "tools"))
# tables of a pyproject.toml that name what is started
_RUNNERS = ("poe", "pdm", "hatch", "pixi", "taskipy", "rye", "tox", "doit", "duty", "setuptools")


class Named(NamedTuple):
    """Whom a file concerns. ``everything`` where what runs the tests names it, and is the file that does."""

    touches: tuple[Touch, ...] = ()
    how: str = ""
    everything: str | None = None


def _tasks(manifest: str) -> str:
    """What a manifest has started by runners of tasks or builds; all of one that cannot be read."""
    import tomli

    try:
        document = tomli.loads(manifest)
    except (tomli.TOMLDecodeError, RecursionError):
        return manifest
    tool = document.get("tool", {})
    return str([document.get("build-system"), document.get("scripts"), *map(tool.get, _RUNNERS)])


class Strangers:
    """The files in question among the changed ones, and whom each of them concerns."""

    def __init__(self, paths: Collection[str], now: State, base: State, *, languages: bool = True) -> None:
        self._now, self._base = now, base
        self._languages = languages
        self._judged: dict[tuple[str, bool], bool] = {}
        self._wanted = {path: found for path in paths if (found := self._what(path)) is not None}
        prose = [path for path in paths if path not in self._wanted and is_prose(path)]
        prose += [path for path in paths if path not in self._wanted and self._is_documentation(path)]
        self._inside = {path: found for path in prose if (found := self._prose_inside(path)) is not None}

    def of(self, path: str) -> Named | None:
        """``None`` for a file that is no such stranger."""
        wanted = self._wanted.get(path)
        named = None if wanted is None else self._named(wanted)
        # what the root's own project holds is no file of nobody's
        owned = any(owner_of(path, side.side) for side in (self._now, self._base))
        return None if owned and named is not None and named.everything is not None else named

    # -- what is looked for

    @property
    def _sides(self) -> tuple[Workspace, Workspace]:
        return self._now.side.workspace, self._base.side.workspace

    def _what(self, path: str) -> Wanted | None:
        owners = {owner_of(path, side.side) for side in (self._now, self._base)} - {None}
        if path.startswith("../") or not owners <= {ROOT} or runs_tests(path):
            return None
        folder = posixpath.dirname(path)
        if is_requirements_file(path):
            return self._aside(path, folder)
        if not self._languages or (not owners and harmless(path)):
            return None
        if not folder:
            return None if owners else self._at_root(path)
        if (other := self._other_language(path, whole=bool(owners))) is not None:
            name = posixpath.basename(other)
            return Wanted(other, ((name, None),), f"folder of another language that nobody names: {other}")
        if not owners and (scripts := self._scripts(path)):
            return Wanted(scripts, ((scripts, None),), f"of {scripts}/, which nobody names", word=scripts)
        if is_prose(path) and not owners:
            steps = path.split("/")
            names = tuple(pairwise(steps))
            return Wanted(path, names, "prose that nobody names", prose=True)
        if builds_documentation(path):
            names = tuple(pairwise(path.split("/")))
            how = "code of documentation that nobody names"
            # a root with tests of its own collects what lies there, and runs its doctests
            own = tuple(Touch(owner, Reach.ITSELF, "code of its documentation") for owner in owners if owner)
            return Wanted(path, names, how, own, prose=True, built=True)
        return None

    def _scripts(self, path: str) -> str | None:
        """The folder of scripts at the top that holds it, unless a project is there, or pytest reads it."""
        folder, name = path.partition("/")[0], posixpath.basename(path)
        read = (
            name == "conftest.py"
            or name in PYTHON_MANIFESTS
            or only_pytest_reads(path)
            or makes_environment(path)
        )
        if (
            folder not in _SCRIPTS
            or read
            or any(self._counts(state, folder) for state in (self._now, self._base))
        ):
            return None
        return folder

    @staticmethod
    def _counts(state: State, folder: str) -> bool:
        """Whether a project there has tests, or others need it: not so what new ones are made from."""
        tested = (project.path for project in state.side.workspace.projects if project.test_files)
        needed = (edge.dependency for edge in state.side.graph.edges if not inside(edge.dependent, folder))
        return any(inside(place, folder) for place in (*tested, *needed))

    def _aside(self, path: str, folder: str) -> Wanted | None:
        if posixpath.basename(folder) not in _ASIDE:
            return None
        below = (
            Touch(project.path, Reach.SOURCE, f"lies below {path}")
            for project in self._now.side.workspace.projects
            if inside(project.path, folder)
        )
        name = posixpath.basename(folder), posixpath.basename(path)
        holders = (*self._readers(path), *below)
        return Wanted(path, (name,), f"requirements of {folder} alone", holders)

    def _at_root(self, path: str) -> Wanted | None:
        workspace = self._now.side.workspace
        # native code's manifests there are part of the environment
        if re.fullmatch(_SCRIPT_ROOT, path) is None:
            return None
        holders = {
            owner.path: Touch(owner.path, Reach.SOURCE, f"has a package.json below {path}")
            for file in workspace.files
            if posixpath.basename(file) == "package.json"
            and (owner := workspace.owner(file))
            and owner.path != ROOT
        }
        names = tuple((word, None) for word in (path, *_SCRIPT_TOOLS))
        return Wanted(path, names, "of another language, which nobody names", tuple(holders.values()))

    def _other_language(self, path: str, *, whole: bool) -> str | None:
        """The outermost folder above that is another language's and holds no Python project.

        ``whole`` where it must hold no Python at all, since it lies in the root's own project.
        """
        folders = [place for place in parents(posixpath.dirname(path)) if place != ROOT]
        return next((folder for folder in reversed(folders) if self._is_other(folder, whole=whole)), None)

    def _is_other(self, folder: str, *, whole: bool) -> bool:
        if folder not in self._marked:
            return False
        if (folder, whole) not in self._judged:
            self._judged[folder, whole] = self._holds_no_project(folder, whole=whole)
        return self._judged[folder, whole]

    def _holds_no_project(self, folder: str, *, whole: bool) -> bool:
        names = [posixpath.basename(file) for file in self._all_files if inside(file, folder)]
        projects = any(inside(p.path, folder) for side in self._sides for p in side.projects)
        python = any(name.endswith(CODE) for name in names) if whole else False
        return not projects and not python and PYTHON_MANIFESTS.isdisjoint(names)

    @cached_property
    def _marked(self) -> frozenset[str]:
        """Every folder with a manifest of another language."""
        return frozenset(posixpath.dirname(file) for file in self._all_files if is_mark(file))

    @cached_property
    def _all_files(self) -> frozenset[str]:
        return frozenset((*self._sides[0].files, *self._sides[1].files))

    # -- who names it

    @cached_property
    def _words(self) -> frozenset[str]:
        asked = (*self._wanted.values(), *self._inside.values())
        words = {name for wanted in asked for name, _ in wanted.names}
        return frozenset((*words, *(posixpath.basename(folder) for folder in self._others)))

    def _matching(self, wanted: Wanted, among: Callable[[str], bool]) -> Iterator[str]:
        return self._now.search.matching(self._words, *wanted.patterns, among)

    @cached_property
    def _others(self) -> frozenset[str]:
        """All folders of other languages, since one may lead to the next."""
        found = {self._other_language(f"{folder}/x", whole=False) for folder in self._marked if folder}
        return frozenset(folder for folder in found if folder is not None)

    def _named(self, wanted: Wanted) -> Named:
        # whoever names it may see more of it than those who only hold it
        held = [touch for touch in wanted.holders if touch.reach is Reach.ITSELF]
        touches = {touch.project: touch for touch in reversed(wanted.holders) if touch not in held}
        seen, waiting = {wanted.below}, [wanted]
        for each in waiting:  # grows as it goes
            for path in self._matching(each, lambda path: not any(inside(path, done) for done in seen)):
                other = next((folder for folder in parents(path) if folder in self._others), None)
                if other is not None and not wanted.prose:
                    seen.add(other)
                    name = posixpath.basename(other)
                    waiting.append(Wanted(other, ((name, None),), "", prose=False))
                    continue
                words = f"{path} names {each.below}"
                if each.built and runs_tests(path):
                    continue
                if self._carries(path, wanted) or (wanted.word and self._may_be_started(path, wanted)):
                    return Named(everything=f"a file of no project, and {words}")
                for touch in self._holders(path, words):
                    touches.setdefault(touch.project, touch)
        touches = {touch.project: touch for touch in held} | touches
        return Named(tuple(touches[project] for project in sorted(touches)), wanted.how)

    def _carries(self, path: str, wanted: Wanted) -> bool:
        """Whether the file carries the test run of all, as far as can be told."""
        if not runs_tests(path) or path == ".gitmodules":
            return False
        from pytest_monorepo.affected.workflows.judge import NOTHING, tests_run_by

        if found := re.fullmatch(r"((?:\.\./)*)\.github/workflows/.*", path):
            if not path.endswith((".yml", ".yaml")):
                return False
            if top := found[1]:
                return (
                    tests_run_by(self._now.origin.read(path), lambda p: self._now.origin.read(top + p))
                    != NOTHING
                )
            runs = tests_run_by(self._now.origin.read(path), self._now.origin.read)
            # its own tests are none of ours; a script may test what lies elsewhere
            return runs.places is None or any(
                wanted.word or not (inside(place, wanted.below) or self._is_of_others(place))
                for place in runs.places
            )
        if path.startswith(".github/actions/"):
            from .carriers import action_counts

            return action_counts(path, self._now)
        return True

    def _is_of_others(self, place: str) -> bool:
        return all(is_of_another_language(place, side) for side in self._sides)

    def _may_be_started(self, path: str, wanted: Wanted) -> bool:
        """Whether a file of no project may go on to what it names, whoever starts it."""
        name = posixpath.basename(path)
        known = runs_tests(path) or is_prose(path) or checker_of(path) or builds_documentation(path)
        if owner_of(path, self._now.side) or harmless(path) or known or re.fullmatch(_LOCKS, name):
            return False
        if name == ".pre-commit-config.yaml":
            from pytest_monorepo.affected.workflows.judge import hooks_run_tests

            return hooks_run_tests(self._now.origin.read(path), self._now.origin.read)
        if name in ("pyproject.toml", "Pipfile"):
            return wanted.patterns[0].search(_tasks(self._now.search.text(path))) is not None
        # of what pytest reads at the root it is known who reads it
        return name not in PYTHON_MANIFESTS and not only_pytest_loads(path)

    def _holders(self, path: str, words: str) -> Iterator[Touch]:
        if re.fullmatch(_LOCKS, posixpath.basename(path)):
            return
        side = self._now.side
        for touch in self._readers(path):
            yield touch._replace(how=words)
        owner = owner_of(path, side)
        if owner is None or (owner == ROOT and harmless(path)):
            return
        project = side.workspace.by_path[owner]
        if not is_prose(path) or path in project.test_files:
            yield Touch(owner, Reach.TESTS if test_side(project, path) else Reach.SOURCE, words)

    def _readers(self, path: str) -> Iterator[Touch]:
        for side in (self._now.side, self._base.side):
            yield from side.readers.get(path, ())
        for project, how in readers_above(path, self._now.side.workspace):
            yield Touch(project, Reach.TESTS, how)

    # -- prose and documentation inside of projects

    def _is_documentation(self, path: str) -> bool:
        owner = owner_of(path, self._now.side)
        return owner not in (None, ROOT) and builds_documentation(path[len(owner or "") + 1 :])

    def _prose_inside(self, path: str) -> Wanted | None:
        """What the source of its own project would have to hold to read it; nothing of a package's data."""
        owners = {owner_of(path, side.side) for side in (self._now, self._base)}
        owner = self._now.side.workspace.by_path.get(next(iter(owners)) or "") if len(owners) == 1 else None
        if owner is None or test_side(owner, path) or any(inside(path, place) for place in _packages(owner)):
            return None
        within = path if owner.path == ROOT else path[len(owner.path) + 1 :]
        *folders, name = within.split("/")
        ending = "" if name.endswith(".py") else posixpath.splitext(name)[1]
        return Wanted(path, tuple((word, None) for word in (*folders, ending or name)), "prose", prose=True)

    def is_read_by_nobody(self, path: str) -> bool:
        """Whether prose inside of a project is read by its own tests at most, as far as its source tells."""
        wanted = self._inside.get(path)
        if wanted is None:
            return False
        project = self._now.side.workspace.owner(path)

        def source(file: str) -> bool:
            own = project is not None and self._now.side.workspace.owner(file) is project
            return bool(own and project and file.endswith(CODE) and not test_side(project, file)) and (
                posixpath.basename(file) != "setup.py"
            )

        return not any(self._matching(wanted, source))


def _packages(project: Project) -> Iterator[str]:
    for root in project.source_roots or (project.path,):
        for name in project.packages:
            yield child(root, name.replace(".", "/"))
