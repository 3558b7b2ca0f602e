"""Arguments are found on disk and routed to the projects that hold them."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.run.plan.targets import Target, locate, locate_module, route
from pytest_monorepo.workspace.model import Project, PytestSettings, Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    paths = ["libs/a/tests/test_a.py", "libs/a/nested/test_n.py", "libs/b/test_b.py", "tests/test_root.py"]
    for path in [*paths, "libs/empty/x.py", "other/file.txt"]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    return Workspace(
        tmp_path,
        (
            Project(".", "root", test_files=("tests/test_root.py",)),
            Project("libs/a", "a", test_files=("libs/a/tests/test_a.py",)),
            Project("libs/a/nested", "n", test_files=("libs/a/nested/test_n.py",)),
            Project("libs/b", "b", test_files=("libs/b/test_b.py",)),
            Project("libs/empty", "empty"),
        ),
    )


@pytest.mark.parametrize(
    ("typed", "cwd", "routed"),
    [
        ("libs/a", ".", {"libs/a": (), "libs/a/nested": ()}),
        ("libs/a/", ".", {"libs/a": (), "libs/a/nested": ()}),
        (".", "libs/a", {"libs/a": (), "libs/a/nested": ()}),
        ("libs", ".", {"libs/a": (), "libs/a/nested": (), "libs/b": ()}),
        (".", ".", {".": (), "libs/a": (), "libs/a/nested": (), "libs/b": ()}),
        ("tests", ".", {".": ("tests",)}),
        ("libs/a/tests/test_a.py::T::t[p-1]", ".", {"libs/a": ("tests/test_a.py::T::t[p-1]",)}),
        ("tests/test_a.py::t[a::b/c d]", "libs/a", {"libs/a": ("tests/test_a.py::t[a::b/c d]",)}),
        ("../b/test_b.py", "libs/a", {"libs/b": ("test_b.py",)}),
        ("libs/a/nested/test_n.py", ".", {"libs/a/nested": ("test_n.py",)}),
        ("other/file.txt", ".", {".": ("other/file.txt",)}),
    ],
)
def test_route(workspace: Workspace, typed: str, cwd: str, routed: dict[str, tuple[str, ...]]) -> None:
    target = locate(typed, workspace.root / cwd, workspace)
    assert route([target], workspace) == routed


def test_the_whole_of_a_project_swallows_its_parts(workspace: Workspace) -> None:
    typed = ["libs/b/test_b.py::t", "libs/b"]
    assert route([locate(t, workspace.root, workspace) for t in typed], workspace) == {"libs/b": ()}


def test_a_missing_file(workspace: Workspace) -> None:
    with pytest.raises(MonorepoError, match=r"file or directory not found: libs/nope\.py"):
        locate("libs/nope.py::test_x", workspace.root, workspace)


def test_a_path_outside(workspace: Workspace) -> None:
    with pytest.raises(MonorepoError, match="outside the workspace"):
        locate("..", workspace.root, workspace)


def test_a_file_of_no_project(workspace: Workspace) -> None:
    without_root = Workspace(workspace.root, workspace.projects[1:])
    with pytest.raises(MonorepoError, match=r"tests/test_root.py: belongs to no project"):
        route([Target("tests/test_root.py", "tests/test_root.py", "")], without_root)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize("root", [(), (Project(".", "root", test_files=("test_root.py",)),)])
def test_a_path_through_a_link_means_the_project_behind_it(tmp_path: Path, root: tuple[Project, ...]) -> None:
    tests = tmp_path / "real" / "p" / "tests"
    tests.mkdir(parents=True)
    (tests / "test_p.py").write_text("")
    (tmp_path / "linked").symlink_to("real/p")
    project = Project("real/p", "p", test_files=("real/p/tests/test_p.py",))
    workspace = Workspace(tmp_path, (*root, project), foreign=("linked",) if root else ())
    found = [locate(typed, tmp_path, workspace) for typed in ("linked/tests/test_p.py::test_it", "linked")]
    assert route(found[:1], workspace) == {"real/p": ("tests/test_p.py::test_it",)}
    assert route(found[1:], workspace) == {"real/p": ()}


# -- --pyargs


@pytest.fixture
def modules(tmp_path: Path) -> Workspace:
    """``a`` has a source root, ``b`` its code beside the tests; both have a package ``tests``."""
    files = [
        "libs/a/src/shop/__init__.py",
        "libs/a/src/shop/tests/__init__.py",
        "libs/a/src/shop/tests/test_cart.py",
        "libs/a/tests/__init__.py",
        "libs/b/till/__init__.py",
        "libs/b/till/test_till.py",
        "libs/b/tests/__init__.py",
        "libs/b/namespace/test_in.py",
    ]
    for path in files:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    a = Project("libs/a", "a", source_roots=("libs/a/src",), test_files=(files[2],))
    b = Project("libs/b", "b", source_roots=("libs/b",), test_files=(files[5],))
    return Workspace(tmp_path, (a, b))


@pytest.mark.parametrize(
    ("typed", "cwd", "path"),
    [
        ("shop", ".", "libs/a/src/shop"),
        ("shop.tests.test_cart::test_x[a.b]", "libs/b", "libs/a/src/shop/tests/test_cart.py"),
        ("till.test_till", ".", "libs/b/till/test_till.py"),
        ("tests", "libs/b/till", "libs/b/tests"),
        ("namespace", ".", None),
        ("namespace.test_in", ".", "libs/b/namespace/test_in.py"),
        ("json.tool", ".", None),
        ("libs/a", ".", None),
        ("shop.py", ".", None),
    ],
)
def test_a_module_is_found_in_a_project(modules: Workspace, typed: str, cwd: str, path: str | None) -> None:
    found = locate_module(typed, modules.root / cwd, modules)
    assert (found and found.path) == path
    assert found is None or found.rest == typed[len(typed.partition("::")[0]) :]


def test_a_module_of_several_projects_is_an_error_elsewhere(modules: Workspace) -> None:
    with pytest.raises(MonorepoError, match="--pyargs tests: libs/a, libs/b have such a module"):
        locate_module("tests", modules.root, modules)


@pytest.mark.parametrize("typed", ["libs/old", "libs/old/tests/test_o.py::test_it"])
def test_what_is_left_out_cannot_be_asked_for(typed: str) -> None:
    kept, old = Project("libs/a", "a", test_files=("libs/a/test_a.py",)), Project("libs/old", "old")
    workspace = Workspace(Path("/w"), (kept, old), foreign=("libs/old",))
    path, _, rest = typed.partition("::")
    with pytest.raises(
        MonorepoError, match=r"^libs/old.* lies in libs/old, which exclude or a workspace table"
    ):
        route([Target(typed, path, f"::{rest}" if rest else "")], workspace)


# -- tests that only another project's settings name


@pytest.fixture
def apart(tmp_path: Path) -> Workspace:
    """``app`` and ``web`` have their tests in ``tests``; ``hub`` names those of ``libs/a``."""
    for path in ["tests/app/test_x.py", "tests/app/help.py", "tests/test_web.py", "libs/a/test_a.py"]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    for folder in ("svc/app", "svc/web", "hub"):
        (tmp_path / folder).mkdir(parents=True)

    def naming(path: str, *testpaths: str, **more: tuple[str, ...]) -> Project:
        settings = PytestSettings(f"{path}/pytest.ini", path, testpaths, **more)
        return Project(path, path, settings=settings, test_files=(f"{path}/pytest.ini",))

    app, web = naming("svc/app", "../../tests/app"), naming("svc/web", addopts=("../../tests/test_web.py",))
    a = Project("libs/a", "a", test_files=("libs/a/test_a.py",))
    return Workspace(tmp_path, (naming("hub", "../libs/*"), a, app, web))


_APP, _WEB = "../../tests/app", "../../tests/test_web.py"


@pytest.mark.parametrize(
    ("typed", "routed"),
    [
        ("tests/app/test_x.py::test_a[p/q]", {"svc/app": (f"{_APP}/test_x.py::test_a[p/q]",)}),
        ("tests/app/help.py", {"svc/app": (f"{_APP}/help.py",)}),
        ("tests/app", {"svc/app": (_APP,)}),
        ("tests/test_web.py::T", {"svc/web": (f"{_WEB}::T",)}),
        ("tests", {"svc/app": ("../../tests",), "svc/web": ("../../tests",)}),
        # as pytest prints them: relative to what the settings name
        ("svc/app/test_x.py::test_a", {"svc/app": (f"{_APP}/test_x.py::test_a",)}),
        ("svc/web::test_w", {"svc/web": (f"{_WEB}::test_w",)}),
        # whoever holds a test runs it, and nobody else because of it
        ("libs/a/test_a.py::t", {"libs/a": ("test_a.py::t",)}),
        ("libs", {"libs/a": ()}),
        ("svc", {"svc/app": (), "svc/web": ()}),
    ],
)
def test_a_test_that_another_project_names(
    apart: Workspace, typed: str, routed: dict[str, tuple[str, ...]]
) -> None:
    assert route([locate(typed, apart.root, apart)], apart) == routed


def test_a_root_that_holds_them_and_does_not_collect_them(apart: Workspace) -> None:
    root = Project(".", "root", test_files=("unit/test_r.py",))
    workspace = replace(apart, projects=(root, *apart.projects))
    assert route([Target("", "tests/app", "")], workspace) == {"svc/app": (_APP,)}
    collecting = replace(
        apart, projects=(replace(root, test_files=("tests/app/test_x.py",)), *apart.projects)
    )
    assert route([Target("", "tests/app", "")], collecting) == {".": ("tests/app",)}


def test_an_id_as_it_is_printed_means_the_project_that_printed_it(apart: Workspace) -> None:
    root = Project(".", "root", test_files=("tests/app/test_x.py",))
    workspace = replace(apart, projects=(root, *apart.projects))
    target = locate("svc/app/test_x.py::test_a", workspace.root, workspace)
    assert route([target], workspace) == {"svc/app": (f"{_APP}/test_x.py::test_a",)}


def test_an_id_of_which_several_files_have_the_name(apart: Workspace) -> None:
    more = apart.root / "tests/more/test_x.py"
    more.parent.mkdir()
    more.touch()
    app = apart.by_path["svc/app"]
    both = replace(app, settings=replace(app.settings, testpaths=("../../tests/app", "../../tests/more")))
    workspace = replace(apart, projects=tuple(both if p is app else p for p in apart.projects))
    with pytest.raises(MonorepoError, match=r"app/test_x\.py and .*/more/test_x\.py are printed"):
        locate("svc/app/test_x.py::test_a", workspace.root, workspace)


def test_a_folder_whose_tests_only_in_part_are_another_project_s(apart: Workspace) -> None:
    """``tests/app/lib`` is a project: what lies beside it is run by whoever names it."""
    lib = Project("tests/app/lib", "lib", test_files=("tests/app/lib/test_l.py",))
    files = ("tests/app/lib/test_l.py", "tests/app/test_x.py")
    workspace = replace(apart, projects=(*apart.projects, lib), files=files)
    assert route([Target("", "tests/app", "")], workspace) == {"svc/app": (_APP,), "tests/app/lib": ()}
    assert route([Target("", "tests/app/lib", "")], workspace) == {"tests/app/lib": ()}


def test_a_project_whose_tests_only_another_one_names(apart: Workspace) -> None:
    workspace = replace(apart, projects=(*apart.projects, Project("tests/app", "tests")))
    assert route([Target("", "tests/app", "")], workspace) == {"svc/app": (_APP,)}
