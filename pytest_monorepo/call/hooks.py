"""Every step that a hook can do: it is asked here, and what is done where no plugin answers stands below.

What is done without a plugin is a ``trylast`` implementation of the same hook, :class:`Builtin`.
"""

from __future__ import annotations

import glob
import importlib.util
import inspect
import os
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_monorepo.cache import cache_file
from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.hookspecs import plain
from pytest_monorepo.records import LockedPackage
from pytest_monorepo.settings import Settings
from pytest_monorepo.toml_tables import near_of
from pytest_monorepo.workspace import graph
from pytest_monorepo.workspace.discovery import discover as discovery
from pytest_monorepo.workspace.graph import Edge, Graph
from pytest_monorepo.workspace.model import Project, Workspace

if TYPE_CHECKING:
    from pytest_monorepo.affected.decision import Decision
    from pytest_monorepo.affected.extensions import Extensions
    from pytest_monorepo.affected.sides import Edges

ROOT_CONFTEST = "pytest-monorepo: conftest.py of the root"
BUILTIN = "monorepo-builtin"
"""The plugin whose hooks do what is done without any other; see :class:`Builtin`."""

_STATED: pytest.StashKey[tuple[tuple[Project, ...], tuple[Edge, ...]]] = pytest.StashKey()


def adopt_root_conftest(config: pytest.Config, root: Path) -> None:
    """Take our hooks, and nothing else, from the root's ``conftest.py``.

    The file is run under a name of its own, so that it is not the ``conftest`` of anybody, and only where its
    text names one of the hooks: what it imports for the sake of tests has no business in the controller.
    """
    file = root / "conftest.py"
    if config.pluginmanager.has_plugin(ROOT_CONFTEST) or not _names_a_hook(file):
        return
    spec = importlib.util.spec_from_file_location("pytest_monorepo_root_conftest", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    # the latter are no Exception: importorskip(), fail(), exit()
    except (Exception, SystemExit, pytest.skip.Exception, pytest.fail.Exception) as error:
        raise MonorepoError(
            f"conftest.py of the workspace root: {type(error).__name__}: {error};"
            " its hooks are called where no test is, so move them into a file that imports less"
        ) from error
    hooks = types.ModuleType("hooks of the root's conftest.py")
    vars(hooks).update(_hooks_of(vars(module)))
    config.pluginmanager.register(hooks, ROOT_CONFTEST)


def _hooks_of(names: Mapping[str, Any]) -> dict[str, Any]:
    """Raises for one that there is not, as pytest does where it loads a conftest itself."""
    own = {n: v for n, v in names.items() if n.startswith("pytest_monorepo_") and inspect.isroutine(v)}
    for name in sorted(own.keys() - plain().keys()):
        if not getattr(own[name], "pytest_impl", {}).get("optionalhook"):
            raise MonorepoError(
                f"conftest.py of the workspace root: there is no hook {name}{near_of(name, plain())}"
            )
    return {name: own[name] for name in plain() if name in own}


def _names_a_hook(file: Path) -> bool:
    try:
        return b"pytest_monorepo_" in file.read_bytes()
    except OSError:
        return False


def with_projects(config: pytest.Config, root: Path, settings: Settings) -> Settings:
    """The settings with the folders that hooks call projects."""
    return replace(settings, added=_strings(config.hook.pytest_monorepo_projects(config=config, root=root)))


def workspace(config: pytest.Config, root: Path, settings: Settings) -> Workspace:
    """The projects there are."""
    found: Workspace | None = config.hook.pytest_monorepo_workspace(
        config=config, root=root, settings=settings
    )
    if found is None:
        raise MonorepoError("pytest_monorepo_workspace: a wrapper returns nothing; return the workspace")
    return found


def with_dependencies(config: pytest.Config, settings: Settings, workspace: Workspace) -> Settings:
    """The settings with the edges that hooks add; the whole graph they state is :func:`stated_graph`."""
    edges = tuple(_edges(config, workspace, ()))
    for edge in edges:
        for path in (edge.dependent, edge.dependency):
            _check(path, workspace, "pytest_monorepo_dependencies")
    config.stash[_STATED] = workspace.projects, edges
    ours = {*graph.manifest_edges(workspace.projects), *graph.configured(settings)}
    return replace(settings, edges=tuple(edge for edge in edges if edge not in ours))


def stated_graph(config: pytest.Config) -> Graph:
    """The graph of what manifests, settings and hooks state, without what only the code shows."""
    return graph.of(*config.stash[_STATED])


def edges_of(config: pytest.Config) -> Edges:
    """The edges of any workspace's graph, given those that its code shows.

    It may be a former one: an edge to a project that it has not is none there.
    """

    def edges(workspace: Workspace, shown: Sequence[Edge]) -> Iterable[Edge]:
        known = workspace.by_path.keys()
        found = _edges(config, workspace, shown)
        return (edge for edge in found if {edge.dependent, edge.dependency} <= known)

    return edges


def _edges(config: pytest.Config, workspace: Workspace, shown: Sequence[Edge]) -> Iterable[Edge]:
    answers = config.hook.pytest_monorepo_dependencies(config=config, workspace=workspace, shown=shown)
    return (edge for answer in answers for edge in answer)


def selected(config: pytest.Config, settings: Settings, workspace: Workspace, ref: str | None) -> Decision:
    """What ``--affected`` selects."""
    found: Decision | None = config.hook.pytest_monorepo_select(
        config=config, workspace=workspace, settings=settings, ref=ref
    )
    if found is None:
        raise MonorepoError("pytest_monorepo_select: a wrapper returns nothing; return the decision")
    for path in found.selection.selected:
        _check(path, workspace, "pytest_monorepo_select")
    return found


def inputs_of(
    config: pytest.Config, workspace: Workspace, project: Project
) -> list[Mapping[str, str] | Iterable[str]]:
    """What hooks and settings say that the results of a project depend on."""
    answers = config.hook.pytest_monorepo_inputs(config=config, workspace=workspace, project=project)
    return [answer if isinstance(answer, Mapping) else _paths(answer) for answer in answers]


def _paths(answer: object) -> list[str]:
    if isinstance(answer, str) or not isinstance(answer, Iterable):
        raise MonorepoError(
            f"pytest_monorepo_inputs returns {answer!r}: return a list of paths or globs, or a mapping"
        )
    return [os.fspath(path) for path in answer]


def by_file(config: pytest.Config, settings: Settings) -> bool:
    """Whether test files are what ``--affected`` and ``--watch`` select."""
    return (config.option.affected_level or settings.affected_level) == "file"


def plugins_of(config: pytest.Config) -> list[str]:
    """The modules that the call loads into every run."""
    return [name for name in config.option.plugins or () if not name.startswith("no:")]


def for_selection(config: pytest.Config, workspace: Workspace) -> Extensions:
    """What hooks say while the selection is made."""

    def changed_paths(paths: Sequence[str]) -> Iterable[str]:
        answers = config.hook.pytest_monorepo_changed_paths(config=config, workspace=workspace, paths=paths)
        return _strings(answers)

    def read_lock(path: str, content: bytes) -> Mapping[str, LockedPackage] | None:
        found: Mapping[str, LockedPackage] | None = config.hook.pytest_monorepo_read_lock(
            config=config, path=path, content=content
        )
        return found

    # without another reader no changed file has to be read for it
    readers = config.hook.pytest_monorepo_read_lock.get_hookimpls()
    further = any(reader.plugin_name != BUILTIN for reader in readers)
    from pytest_monorepo.affected.extensions import Extensions

    return Extensions(changed_paths, read_lock, further, edges_of(config))


def modified(config: pytest.Config, decision: Decision) -> Decision:
    """The decision after hooks have added and removed projects."""
    workspace, before = decision.workspace, decision.selection
    selected = dict(before.selected)
    config.hook.pytest_monorepo_modify_selection(config=config, workspace=workspace, selected=selected)
    if selected == before.selected:
        return decision
    for path in selected:
        _check(path, workspace, "pytest_monorepo_modify_selection")
    removed = sorted(before.selected.keys() - selected.keys())
    warnings = (f"a hook removed {', '.join(removed)} from the selection",) if removed else ()
    order = [project.path for project in workspace.projects]
    selection = replace(
        before,
        selected={path: selected[path] for path in order if path in selected},
        skipped=tuple(path for path in order if path not in selected),
        warnings=(*before.warnings, *warnings),
    )
    return decision._replace(selection=selection, warnings=(*decision.warnings, *warnings))


def _strings(answers: Iterable[Iterable[Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(item) for answer in answers for item in answer))


def _check(path: str, workspace: Workspace, hook: str) -> None:
    if path not in workspace.by_path:
        raise MonorepoError(f"{hook} names {path!r}, which is no project: use the path of one, as listed")


class Builtin:
    """``settings`` are those of the root; a run that watches reads them anew."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._declared: tuple[Workspace, tuple[Edge, ...]] | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_monorepo_workspace(self, config: pytest.Config, root: Path, settings: Settings) -> Workspace:
        # what the decision needs is loaded while git lists the files
        meanwhile = None if config.option.affected is None else _load_decision
        return discovery.discover(root, settings, cache_file(config, "discovery"), meanwhile)

    @pytest.hookimpl(trylast=True)
    def pytest_monorepo_dependencies(self, workspace: Workspace, shown: Sequence[Edge]) -> Iterable[Edge]:
        if self._declared is None or self._declared[0] is not workspace:
            manifests = graph.manifest_edges(workspace.projects)
            self._declared = workspace, (*manifests, *graph.configured(self.settings))
        return (*self._declared[1], *shown)

    @pytest.hookimpl(trylast=True)
    def pytest_monorepo_select(
        self, config: pytest.Config, workspace: Workspace, settings: Settings, ref: str | None
    ) -> Decision:
        from pytest_monorepo.affected import decision

        return decision.decide(
            workspace.root,
            workspace,
            settings,
            ref,
            fetch=config.option.affected_fetch,
            cache=cache_file(config, "imports"),
            extensions=for_selection(config, workspace),
            by_file=by_file(config, settings),
            plugins=plugins_of(config),
        )

    @pytest.hookimpl(trylast=True)
    def pytest_monorepo_changed_paths(self, paths: Sequence[str]) -> Iterable[str]:
        return paths

    @pytest.hookimpl(trylast=True)
    def pytest_monorepo_read_lock(self, path: str, content: bytes) -> Mapping[str, LockedPackage] | None:
        from pytest_monorepo.affected.extensions import read_known

        return read_known(path, content)

    @pytest.hookimpl(trylast=True)
    def pytest_monorepo_inputs(self, workspace: Workspace, project: Project) -> Iterable[str]:
        declared = self.settings.of(project.path)
        owned = workspace.files if declared.depends_on else ()
        owners = ((path, workspace.owner(path)) for path in owned)
        depended = (path for path, owner in owners if owner and owner.path in declared.depends_on)
        return (*declared.inputs, *map(glob.escape, depended))

    @pytest.hookimpl(trylast=True)
    def pytest_monorepo_worker(self, project: Project, environ: dict[str, str]) -> None:
        for name, value in self.settings.of(project.path).env.items():
            environ.setdefault(name, value)


def register(config: pytest.Config, settings: Settings) -> None:
    """Let the steps of this run do, where no other hook does, what ``settings`` say."""
    known = config.pluginmanager.get_plugin(BUILTIN)
    if isinstance(known, Builtin):
        known.settings = settings
    else:
        config.pluginmanager.register(Builtin(settings), BUILTIN)


def _load_decision() -> None:
    from pytest_monorepo.affected import decision  # noqa: F401
    from pytest_monorepo.affected.git import process as gitprocess

    gitprocess.prepare()
