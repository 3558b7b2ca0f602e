"""A tree of files → :class:`~.model.Workspace`: which folders are projects and what each of them is.

The order: take the folders that hold a manifest, leave out those that are not ours (:mod:`candidates`), give
every file to the deepest one, keep those that have tests or matter to the graph.
"""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pytest_monorepo.errors import SettingsError
from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.files.tree import Tree, child, inside
from pytest_monorepo.workspace.manifests import pyproject as manifests
from pytest_monorepo.workspace.manifests.requirements import is_requirements_file
from pytest_monorepo.workspace.model import MARKERS, ROOT, Project, PytestSettings, Workspace, parents

from . import candidates, checkers, collect, layout, remarks
from .pytest_settings import Reader

_ROOT_REQUIREMENTS = ("requirements", "reqs", "tests", "test")


def find_projects(tree: Tree, settings: Settings) -> Workspace:
    """The workspace that the tree is.

    Raises :class:`SettingsError` for a configured glob that matches no folder.
    """
    chosen = candidates.choose(tree, settings)
    if chosen.unmatched:
        raise SettingsError("\n".join(_no_match(glob, settings.globs_key) for glob in chosen.unmatched))
    reader = Reader(tree, given=settings.inifile, overrides=settings.overrides)
    owned = _owned(tree, chosen)
    found: dict[str, tuple[Project, manifests.Manifest]] = {}
    foreign = set(chosen.foreign)
    # the innermost first: what turns out to be no project leaves its files to the one around it
    for folder in sorted(owned, key=lambda path: (-path.count("/"), path == ROOT, path)):
        manifest = manifests.read(tree, folder, sorted(_requirements(folder, owned[folder])))
        own = reader.read(folder, _words(settings, folder))
        project = _project(tree, own, folder, owned[folder], manifest, runs=folder in chosen.running)
        if project is not None:
            found[folder] = (project, manifest)
        elif folder in chosen.running:
            _give_up(folder, owned)
        elif folder != ROOT:
            foreign.add(folder)
    foreign.update(link for files in owned.values() for link in _links_to_projects(tree, files))
    _leave_to_others(tree, settings, found)
    projects = tuple(_with_code(tree, owned, found))
    warnings = (*remarks.remarks(tree, chosen, settings, projects), *_collisions(projects))
    return Workspace(tree.root, projects, tree.files, warnings, tuple(sorted(foreign)))


def find_again(tree: Tree, project: Project, before: Sequence[str], after: Sequence[str]) -> Project | None:
    """The project with the tests that its files ``after`` make, where nothing else differs from ``before``.

    ``None`` where its import names do, or whether there is anything to run.
    """
    manifest = manifests.read(tree, project.path, sorted(_requirements(project.path, after)))
    # where nothing is shared, and where everything is: of a namespace package only what is in it counts
    shared = frozenset[str]()
    for _ in range(2):
        old, new = (layout.find(tree, project.path, files, manifest, shared) for files in (before, after))
        if old != new:
            return None
        shared = frozenset(package.partition(".")[0] for package in (*project.packages, *new.packages))
    tests = _test_files(tree, project.path, after, project.settings)
    if not (tests and project.test_files):
        return None
    return replace(project, test_files=tests)


def _no_match(glob: str, key: str) -> str:
    problem = "matches no folder; correct or remove it"
    if glob.startswith("/") or ".." in glob.split("/"):
        problem = "leads out of the workspace; name a folder below its root"
    return f"pyproject.toml: [tool.pytest-monorepo] {key}: '{glob}' {problem}"


def _owned(tree: Tree, chosen: candidates.Choice) -> dict[str, list[str]]:
    """Every candidate with the files it is the deepest one above; foreign files belong to no one's tests."""
    owned: dict[str, list[str]] = {folder: [] for folder in chosen.folders}
    holder: dict[str, str | None] = {}
    for folder, names in tree.folders.items():
        owner = _holder(folder, owned, chosen, holder)
        if owner is not None:
            owned[owner] += (child(folder, name) for name in names)
    return owned


def _holder(
    folder: str, owned: Mapping[str, object], chosen: candidates.Choice, known: dict[str, str | None]
) -> str | None:
    if folder not in known:
        if folder in owned:
            known[folder] = folder
        elif folder == ROOT or folder in chosen.foreign:
            known[folder] = None
        else:
            known[folder] = _holder(posixpath.dirname(folder) or ROOT, owned, chosen, known)
    return known[folder]


def _give_up(folder: str, owned: dict[str, list[str]]) -> None:
    """A candidate that is no project after all leaves its files to the nearest one above."""
    files = owned.pop(folder)
    outer = next((path for path in parents(folder) if path in owned), None)
    if outer is not None:
        owned[outer] += files


def _words(settings: Settings, folder: str) -> tuple[str, ...]:
    """What the project's pytest hears beside its ``addopts``, as far as it decides which files hold tests."""
    own = settings.of(folder)
    # an open quote is a usage error of pytest's, which the run will show
    variable = own.env.get("PYTEST_ADDOPTS", "")
    return (*settings.collecting, *(variable.split() if variable else ()), *own.args)


def _leave_to_others(
    tree: Tree, settings: Settings, found: dict[str, tuple[Project, manifests.Manifest]]
) -> None:
    """A root without any manifest is no project for tests alone that others name as theirs and run whole."""
    root = found.get(ROOT)
    if root is None or not root[0].test_files or _is_marked(tree):
        return
    whole = (one for one, _ in found.values() if one.test_files and not _chooses(tree, settings, one))
    named = {path for one in whole for path in _tests_outside(tree, one.path, one.settings)}
    if named.issuperset(root[0].test_files):
        del found[ROOT]


def _chooses(tree: Tree, settings: Settings, project: Project) -> bool:
    """Whether a project may run only some of what the files hold that it collects."""
    words = (*project.settings.addopts, *_words(settings, project.path))
    inifile = project.settings.inifile
    text = " ".join((*words, (tree.read(inifile) if inifile is not None else None) or ""))
    return any(word.startswith(_CHOOSING) for word in words) or any(name in text for name in _WHAT_IS_A_TEST)


_CHOOSING = ("-k", "-m", "--deselect")
_WHAT_IS_A_TEST = ("python_functions", "python_classes", "collect_imported_tests")


def _is_marked(tree: Tree) -> bool:
    return not MARKERS.isdisjoint(tree.folders.get(ROOT, ()))


def _project(
    tree: Tree,
    settings: PytestSettings,
    folder: str,
    files: Sequence[str],
    manifest: manifests.Manifest,
    *,
    runs: bool,
) -> Project | None:
    tests = _test_files(tree, folder, files, settings) if runs else ()
    # a setup.py of another age in a folder without tests is nobody's concern
    error = manifest.error if runs and (tests or tree.has(child(folder, "pyproject.toml"))) else None
    if not (tests or error or manifest.distribution):
        return None
    own = tuple(child(folder, name) for name in manifests.MANIFESTS if tree.has(child(folder, name)))
    return Project(
        path=folder,
        name=manifest.distribution or (folder if folder != ROOT else tree.root.name or ROOT),
        distribution=manifest.distribution,
        manifests=own,
        dependencies=manifest.dependencies,
        settings=settings,
        test_files=tests,
        requires_python=manifest.requires_python,
        error=error,
        # the group of entry points by which pytest finds plugins (_pytest/config)
        pytest_plugin=any("pytest11" in (tree.read(path) or "") for path in own),
    )


def _with_code(
    tree: Tree,
    owned: Mapping[str, Sequence[str]],
    found: Mapping[str, tuple[Project, manifests.Manifest]],
) -> Iterable[Project]:
    """The projects, sorted, with what can be told only when all of them are known."""
    layouts = {path: layout.find(tree, path, owned[path], manifest) for path, (_, manifest) in found.items()}
    tops = Counter(top for told in layouts.values() for top in {n.partition(".")[0] for n in told.packages})
    shared = frozenset(top for top, count in tops.items() if count > 1)
    for path, (project, manifest) in sorted(found.items()):
        told = layouts[path]
        if not shared.isdisjoint(told.packages):
            told = layout.find(tree, path, owned[path], manifest, shared)
        yield replace(
            project,
            source_roots=told.roots,
            packages=told.packages,
            renamed=told.renamed,
            includes=_includes(tree, owned[path], manifest, found),
        )


def _includes(
    tree: Tree, files: Iterable[str], manifest: manifests.Manifest, projects: Mapping[str, object]
) -> tuple[str, ...]:
    """The files that manifests read, and the folders of no project they install from or that are linked."""
    folders = (d.path for d in manifest.dependencies if d.path is not None and d.path not in projects)
    return tuple(
        dict.fromkeys((*manifest.includes, *folders, *(target for _, target in _links(tree, files))))
    )


def _requirements(folder: str, files: Iterable[str]) -> Iterable[str]:
    """A project's requirements files; the root's are those at its top."""
    for path in files:
        if is_requirements_file(path):
            top = path.partition("/")[0]
            if folder != ROOT or "/" not in path or top in _ROOT_REQUIREMENTS:
                yield path


def _links(tree: Tree, files: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Links among the files and the folders they lead to; a name with a suffix is taken for a file's."""
    for path in files:
        if "." not in path.rpartition("/")[2]:
            target = tree.linked(path)
            if target is not None:
                yield path, target


def _links_to_projects(tree: Tree, files: Iterable[str]) -> Iterable[str]:
    """Links that are a second name of a project: its tests run under the first."""
    for link, target in _links(tree, files):
        if _holds_project(tree, target):
            yield link
        else:
            below = (folder for folder in tree.folders if folder.startswith(target + "/"))
            yield from (link + one[len(target) :] for one in below if _holds_project(tree, one))


def _holds_project(tree: Tree, folder: str) -> bool:
    return any(tree.has(child(folder, name)) for name in ("pyproject.toml", "setup.py"))


def _through_links(tree: Tree, files: Iterable[str]) -> Iterable[str]:
    """What pytest finds behind the links: a ``tests`` folder that several projects share, say."""
    for link, target in _links(tree, files):
        if _holds_project(tree, target):
            continue
        for path in tree.files[bisect_left(tree.files, target + "/") :]:
            if not inside(path, target):
                break
            above = (folder for folder in parents(path) if folder.startswith(target + "/"))
            if not any(_holds_project(tree, folder) for folder in above):
                yield link + path[len(target) :]


def _test_files(tree: Tree, folder: str, files: Sequence[str], settings: PytestSettings) -> tuple[str, ...]:
    if collect.may_find_texts(settings):
        tree.look_for_texts()
    files = [*files, *_through_links(tree, files)]
    collected = collect.collect(folder, files, settings, tree.root.as_posix(), tree.all_paths)
    doctests = (path for path in collected.doctests if ">>>" in (tree.read(path) or ""))
    found = tuple(sorted((*collected.tests, *doctests)))
    found = found or tuple(sorted(path for path in files if _collects(tree, path)))
    return found or _naming(tree, folder, files, settings)


def _naming(tree: Tree, folder: str, files: Sequence[str], settings: PytestSettings) -> tuple[str, ...]:
    """The file that makes a project of a folder whose tests no name tells, or all lie elsewhere.

    Those tests stay source, or the files of those who hold them, who may run them, too.
    """
    outside = (path for target in collect.outside(folder, settings) for path in tree.below(target))
    checked = checkers.checked((*files, *outside), settings.addopts, tree.read)
    is_checked = any(checked) and (folder != ROOT or _is_marked(tree))
    if not (is_checked or _tests_outside(tree, folder, settings)):
        return ()
    own = settings.inifile
    return (own,) if own is not None and own in files else tuple(sorted(files)[:1])


def _tests_outside(tree: Tree, folder: str, settings: PytestSettings) -> frozenset[str]:
    """The tests that the project's settings name elsewhere, as its own pytest would collect them."""
    targets = collect.outside(folder, settings)
    files = sorted({path for target in targets for path in tree.below(target)})
    if not files:
        return frozenset()
    collected = collect.collect(folder, files, settings, tree.root.as_posix(), tree.all_paths)
    doctests = (path for path in collected.doctests if ">>>" in (tree.read(path) or ""))
    return frozenset((*collected.tests, *doctests, *checkers.checked(files, settings.addopts, tree.read)))


def _collects(tree: Tree, path: str) -> bool:
    """Whether a conftest makes tests of files that no name pattern knows (YAML, say)."""
    name = path.rpartition("/")[2]
    return name == "conftest.py" and "pytest_collect_file" in (tree.read(path) or "")


def _collisions(projects: Iterable[Project]) -> Iterable[str]:
    by_name: dict[str, list[str]] = {}
    for project in projects:
        by_name.setdefault(project.name, []).append(project.path)
    for name, paths in sorted(by_name.items()):
        if len(paths) > 1:
            listed = ", ".join(f"'{path}'" for path in paths)
            yield f"{len(paths)} projects are named '{name}': {listed}; they are told apart by their paths"
