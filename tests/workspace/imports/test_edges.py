"""Which projects import which: on files in ``tmp_path`` and projects made by hand."""

from __future__ import annotations

import os

import pytest

from pytest_monorepo.workspace.graph import Edge
from pytest_monorepo.workspace.imports.edges import ImportEdges, import_edges
from pytest_monorepo.workspace.model import Project, Scope

from .repository import Repository, pairs, scopes


def test_an_import_is_an_edge_and_says_where(core_and_ml: Repository) -> None:
    core_and_ml.project(
        "api", ["app"], files={"app/__init__.py": "", "app/main.py": "import os\n\nfrom core import db\n"}
    )
    found = core_and_ml.imports()
    assert found.edges == (Edge("api", "libs/core", Scope.RUNTIME, "imports core in app/main.py:3"),)
    assert found.undeclared == ("api imports libs/core (app/main.py:3) without declaring it",)


def test_what_only_tests_import_is_a_test_edge(core_and_ml: Repository) -> None:
    core_and_ml.project(
        "api",
        ["app"],
        files={
            "app/__init__.py": "import ml\n",
            "tests/test_x.py": "import core\nimport ml\n",
            "tests/conftest.py": "pytest_plugins = ['core.fixtures']\n",
        },
    )
    assert scopes(core_and_ml.imports()) == {"libs/core": Scope.TEST, "libs/ml": Scope.RUNTIME}


@pytest.mark.parametrize(
    ("needed", "expected"),
    [(Scope.RUNTIME, {}), (Scope.EXTRA, {}), (Scope.TEST, {"libs/core": Scope.RUNTIME})],
)
def test_a_declared_edge_is_not_repeated_but_strengthened(
    core_and_ml: Repository, needed: Scope, expected: dict[str, Scope]
) -> None:
    core_and_ml.project("api", ["app"], {"core": needed}, files={"app/__init__.py": "import core\n"})
    found = core_and_ml.imports()
    assert scopes(found) == expected
    assert not found.undeclared


def test_an_edge_of_the_settings_counts_as_declared(core_and_ml: Repository) -> None:
    core_and_ml.project("api", ["app"], files={"app/__init__.py": "import core\n"})
    declared = (Edge("api", "libs/core", Scope.RUNTIME, "depends-on"),)
    assert not core_and_ml.imports(declared=declared).undeclared


@pytest.mark.parametrize(
    "text",
    [
        "# import core\n",
        '"""\nimport core\n"""\n',
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import core\n",
        "if True:\n    from . import core\n",
    ],
)
def test_what_does_not_run_draws_no_edge(core_and_ml: Repository, text: str) -> None:
    core_and_ml.project("api", ["app"], files={"app/__init__.py": text})
    assert not core_and_ml.imports().edges


def test_the_first_real_import_is_named_where_others_only_look_like_one(core_and_ml: Repository) -> None:
    core_and_ml.project(
        "api",
        ["app"],
        files={"app/__init__.py": "# import core\n", "app/b.py": "x = 'import core'; import core\n"},
    )
    assert [edge.how for edge in core_and_ml.imports().edges] == ["imports core in app/b.py:1"]


def test_names_that_all_have_are_the_own_ones(repo: Repository) -> None:
    for path in ("services/a", "services/b"):
        repo.project(
            path,
            ["app"],
            files={
                "app/__init__.py": "",
                "app/main.py": "import utils\n",
                "tests/__init__.py": "",
                "tests/helpers.py": "",
                "tests/test_x.py": "from app import main, gone\nfrom tests.helpers import x\nimport conftest",
                "tests/conftest.py": "",
                "scripts/run.py": "import helper\n",
                "scripts/helper.py": "",
                "utils.py": "",
            },
        )
    assert repo.imports() == ImportEdges(external={"services/a": frozenset(), "services/b": frozenset()})


def test_the_own_tests_without_a_package_are_the_own_ones(repo: Repository) -> None:
    for path in ("a", "b"):
        repo.project(
            path,
            [path],
            files={
                f"{path}/__init__.py": "",
                "tests/test_x.py": "import helpers\nfrom tests.helpers import y\n",
                "tests/helpers.py": "",
            },
        )
    assert not repo.imports().edges


def test_a_declared_project_outranks_strangers(repo: Repository) -> None:
    for path in ("libs/one", "libs/two", "libs/three"):
        repo.project(path, ["common"], files={"common/__init__.py": ""})
    repo.project("api", ["app"], {"two": Scope.TEST}, files={"app/__init__.py": "import common\n"})
    found = repo.imports()
    assert pairs(found) == {("api", "libs/two")}
    assert not found.undeclared


def test_a_dependency_of_a_dependency_outranks_strangers(repo: Repository) -> None:
    for path in ("libs/one", "libs/two"):
        repo.project(path, ["common"], files={"common/__init__.py": ""})
    repo.project("libs/between", ["between"], {"two": Scope.RUNTIME}, files={"between/__init__.py": ""})
    repo.project("api", ["app"], {"between": Scope.RUNTIME}, files={"app/__init__.py": "import common\n"})
    found = repo.imports()
    assert pairs(found) == {("api", "libs/two")}
    assert found.undeclared == ("api imports libs/two (app/__init__.py:1) without declaring it",)


def test_several_strangers_are_all_meant_and_the_user_is_told(repo: Repository) -> None:
    for path in ("libs/one", "libs/two"):
        repo.project(path, ["common"], files={"common/__init__.py": ""})
    repo.project("api", ["app"], files={"app/__init__.py": "import common\n"})
    found = repo.imports()
    assert pairs(found) == {("api", "libs/one"), ("api", "libs/two")}
    assert found.undeclared[-1] == (
        "api imports 'common' and declares none of the 2 projects that provide it (libs/one, libs/two):"
        " declare the one it means"
    )


def test_of_strangers_only_those_that_have_the_module_are_meant(repo: Repository) -> None:
    repo.project("libs/one", ["common"], files={"common/__init__.py": ""})
    repo.project("libs/two", ["common"], files={"common/__init__.py": "", "common/deep.py": ""})
    repo.project("api", ["app"], files={"app/__init__.py": "from common.deep import x\n"})
    assert pairs(repo.imports()) == {("api", "libs/two")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import acme.core\n", {"core"}),
        ("from acme import core\n", {"core"}),
        ("from acme import core, web, own\n", {"core", "web"}),
        ("from acme.web.views import x\n", {"web"}),
        ("import acme.web_extra\n", set()),
        ("from acme.cloud import storage\n", set()),
        ("import acme.own.x\n", set()),
        ("from . import core\n", set()),
    ],
)
def test_namespace_packages_are_told_apart_by_the_longest_path(
    repo: Repository, text: str, expected: set[str]
) -> None:
    repo.project("core", ["acme.core"], files={"acme/core/__init__.py": ""})
    repo.project("web", ["acme.web"], files={"acme/web/__init__.py": "", "acme/web/views.py": ""})
    repo.project("own", ["acme.own"], src=True, files={"src/acme/own/__init__.py": text})
    assert {dependency for _, dependency in pairs(repo.imports())} == expected


def test_an_old_style_namespace_package_hides_nothing(repo: Repository) -> None:
    init = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"
    repo.project("core", ["acme.core"], files={"acme/__init__.py": init, "acme/core/__init__.py": ""})
    repo.project(
        "own", ["acme.own"], files={"acme/__init__.py": init, "acme/own/__init__.py": "import acme.core\n"}
    )
    assert pairs(repo.imports()) == {("own", "core")}


def test_the_standard_library_is_nobodys(repo: Repository) -> None:
    repo.project("libs/platform", ["platform"], files={"platform/__init__.py": ""})
    repo.project("api", ["app"], files={"app/__init__.py": "import platform, libs_x\n"})
    assert not repo.imports().edges


def test_an_own_folder_that_lacks_the_module_does_not_hide_a_package(core_and_ml: Repository) -> None:
    core_and_ml.project(
        "api", ["api"], src=True, files={"src/api/__init__.py": "import core.db\n", "core/settings.py": ""}
    )
    assert pairs(core_and_ml.imports()) == {("api", "libs/core")}


def test_under_importlib_mode_a_test_folder_hides_no_package(core_and_ml: Repository) -> None:
    files = {
        "api/__init__.py": "",
        "tests/core/__init__.py": "",
        "tests/core/test_db.py": "from core.db import x\n",
    }
    core_and_ml.project("one", ["one"], addopts=("--import-mode=importlib",), files=files)
    core_and_ml.project("two", ["two"], files=files)
    assert pairs(core_and_ml.imports()) == {("one", "libs/core")}


def test_test_files_of_another_project_are_named(core_and_ml: Repository) -> None:
    core_and_ml.project(
        "api",
        ["app"],
        files={"app/__init__.py": "", "tests/test_x.py": "\nfrom libs.core.tests.helpers import x\n"},
    )
    found = core_and_ml.imports()
    assert [(e.importer, e.imported, e.imported_path, e.place, e.scope) for e in found.file_edges] == [
        ("api", "libs/core", "libs/core/tests/helpers.py", "tests/test_x.py:2", Scope.TEST)
    ]
    assert found.borrowed == (
        Edge("api", "libs/core", Scope.TEST, "imports libs/core/tests/helpers.py in tests/test_x.py:2"),
    )
    assert scopes(found) == {"libs/core": Scope.TEST}


def test_test_files_of_a_declared_project_are_named_too(core_and_ml: Repository) -> None:
    core_and_ml.project(
        "api", ["app"], {"core": Scope.RUNTIME}, files={"app/__init__.py": "from tests.helpers import x\n"}
    )
    assert [edge.imported_path for edge in core_and_ml.imports().file_edges] == ["libs/core/tests/helpers.py"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import helpers\n", set()),
        ("import sys\nsys.path.insert(0, '../libs/core/tests')\nimport helpers\n", {"libs/core"}),
    ],
)
def test_loose_helpers_of_others_count_where_the_path_is_changed(
    core_and_ml: Repository, text: str, expected: set[str]
) -> None:
    core_and_ml.project("api", ["app"], files={"app/__init__.py": "", "tests/conftest.py": text})
    assert {edge.imported for edge in core_and_ml.imports().file_edges} == expected


def test_test_files_that_the_source_imports_are_source(core_and_ml: Repository) -> None:
    core_and_ml.project(
        "api",
        ["app"],
        files={
            "app/__init__.py": "from app.testing import x\n",
            "app/testing.py": "from .test import client\n",
            "app/test/__init__.py": "",
            "app/test/client.py": "from . import deeper\n",
            "app/test/deeper.py": "import core\n",
            "app/test/other.py": "import ml\n",
        },
    )
    found = core_and_ml.imports()
    assert found.promoted == {"api/app/test/client.py", "api/app/test/deeper.py"}
    assert scopes(found) == {"libs/core": Scope.RUNTIME, "libs/ml": Scope.TEST}


def test_test_files_of_any_name_are_promoted(repo: Repository) -> None:
    repo.project("api", ["app"], files={"app/__init__.py": "from app import checks\n", "app/checks.py": ""})
    api = repo.projects.pop()
    repo.projects.append(Project(**{**vars(api), "test_files": ("api/app/checks.py",)}))
    assert repo.imports().promoted == {"api/app/checks.py"}


def test_files_of_no_project_lead_on(core_and_ml: Repository) -> None:
    core_and_ml.write(
        {
            "shared/__init__.py": "",
            "shared/tools.py": "from .more import x\nimport ml\n",
            "shared/more.py": "import core\n",
            "shared/unused.py": "",
        }
    )
    core_and_ml.project(
        "api", ["app"], files={"app/__init__.py": "", "tests/test_x.py": "from shared import tools\n"}
    )
    found = core_and_ml.imports()
    assert found.loose == {"shared/tools.py": ("api",), "shared/more.py": ("api",)}
    assert scopes(found) == {"libs/core": Scope.TEST, "libs/ml": Scope.TEST}
    assert {edge.how for edge in found.edges} == {
        "imports core in shared/more.py:1",
        "imports ml in shared/tools.py:2",
    }


def test_a_conftest_above_is_read_by_those_whose_configuration_lies_there(core_and_ml: Repository) -> None:
    core_and_ml.write({"conftest.py": "import core\n", "pytest.ini": "[pytest]\n"})
    core_and_ml.project("own", ["own"], files={"own/__init__.py": ""})
    core_and_ml.project("below", ["below"], inifile="pytest.ini", files={"below/__init__.py": ""})
    found = core_and_ml.imports()
    assert pairs(found) == {("below", "libs/core")}
    assert scopes(found) == {"libs/core": Scope.TEST}


def test_a_relative_import_can_leave_a_project_that_holds_another(repo: Repository) -> None:
    repo.project("outer", ["outer"], files={"outer/__init__.py": "from .plugin import x\n"})
    repo.project("outer/outer/plugin", [], files={"__init__.py": ""})
    assert pairs(repo.imports()) == {("outer", "outer/outer/plugin")}


@pytest.mark.parametrize(
    ("pair", "ignored"),
    [("api -> libs/core", True), ("api->libs/*", True), ("* -> libs/core", True), ("api -> libs/ml", False)],
)
def test_ignored_imports_draw_no_edge(core_and_ml: Repository, pair: str, ignored: bool) -> None:
    core_and_ml.project("api", ["app"], files={"app/__init__.py": "import core\n"})
    found = core_and_ml.imports(ignore=(pair,))
    assert (not found.edges and not found.undeclared) is ignored


@pytest.mark.parametrize(("addopts", "expected"), [((), 0), (("--doctest-modules",), 1)])
def test_doctests_count_where_they_run(
    core_and_ml: Repository, addopts: tuple[str, ...], expected: int
) -> None:
    core_and_ml.project(
        "api", ["app"], addopts=addopts, files={"app/__init__.py": '"""\n>>> import core\n"""\n'}
    )
    assert len(core_and_ml.imports().edges) == expected


def test_a_text_with_doctests_is_a_test_that_imports(core_and_ml: Repository) -> None:
    core_and_ml.project(
        "api", ["app"], files={"app/__init__.py": "", "test_guide.rst": "Use::\n\n>>> import core\n"}
    )
    assert scopes(core_and_ml.imports()) == {"libs/core": Scope.TEST}


def test_external_names_are_those_nobody_here_provides(core_and_ml: Repository) -> None:
    text = "import os, numpy.linalg, core, helper\nfrom yaml import x\nfrom .near import y\n"
    core_and_ml.project("api", ["app"], files={"app/__init__.py": text, "helper.py": ""})
    assert core_and_ml.imports().external["api"] == {"numpy", "yaml"}


def test_files_with_syntax_errors_are_searched(core_and_ml: Repository) -> None:
    core_and_ml.project("api", ["app"], files={"app/__init__.py": "print 'x'\nimport core\n"})
    assert [edge.how for edge in core_and_ml.imports().edges] == ["imports core in app/__init__.py:2"]


def test_only_the_files_asked_for_are_looked_at(core_and_ml: Repository) -> None:
    core_and_ml.project("api", ["app"], files={"app/__init__.py": "import core\n", "app/b.py": "import ml\n"})
    found = import_edges(core_and_ml.workspace, only={"api/app/b.py"})
    assert pairs(found) == {("api", "libs/ml")}


def test_another_reader_is_asked_instead_of_the_disk(core_and_ml: Repository) -> None:
    core_and_ml.project("api", ["app"], files={"app/__init__.py": "import core\n"})
    then = {"api/app/__init__.py": b"import ml\n"}
    assert pairs(import_edges(core_and_ml.workspace, read=then.get)) == {("api", "libs/ml")}


def test_a_file_that_is_gone_imports_nothing(core_and_ml: Repository) -> None:
    core_and_ml.project("api", ["app"], files={"app/__init__.py": "import core\n"})
    workspace = core_and_ml.workspace
    (core_and_ml.root / "api/app/__init__.py").unlink()
    assert not import_edges(workspace).edges


def test_names_that_are_not_utf8_are_kept(
    core_and_ml: Repository, tmp_path_factory: pytest.TempPathFactory
) -> None:
    odd = os.fsdecode(b"api/app/\xff.py")
    core_and_ml.project("api", ["app"], files={"app/__init__.py": ""})
    try:
        core_and_ml.write({odd: "import core\n"})
    except OSError:
        pytest.skip("the file system takes UTF-8 names only")
    cache = tmp_path_factory.mktemp("cache") / "imports"
    for _ in range(2):
        found = import_edges(core_and_ml.workspace, cache=cache)
        assert [edge.how for edge in found.edges] == [f"imports core in {odd[4:]}:1"]


@pytest.mark.parametrize(
    ("text", "how"),
    [
        (
            'import subprocess\nsubprocess.run(["python", "../b/gen.py"])\n',
            "names ../b/gen.py in test_c.py:2",
        ),
        ('import os\nos.system("python3")\nX = "libs/b/gen.py"\n', "names libs/b/gen.py in test_c.py:3"),
        ("X = r'..\\b\\gen.py'\n", "names ../b/gen.py in test_c.py:1"),
        ("def broken(:\nX = '../b/gen.py'\n", "names ../b/gen.py in test_c.py:2"),
        ('import os\nos.system("pip install -e ../b")\n', "names ../b in test_c.py:2"),
        ("X = ['uv', 'run', '--project', '../b', 'x']\n", "names ../b in test_c.py:1"),
        ("X = dict(cwd=f'{ROOT}/../b')\n", None),
        ('X = "../b/b/none.json"\n', None),
        ('X = "../"\n', None),
        ('X = "../c"\n', None),
        ("# /// script\n# [tool.uv.sources]\n# b = {path = '../b'}\n# ///\n", "names ../b in test_c.py:3"),
        ('# like "../b/gen.py"\n', None),
        ('X = "../b/none.py"\n', None),
        ('X = "gen.py"\n', None),
    ],
)
def test_code_of_another_project_that_is_named_by_its_path_is_needed(
    repo: Repository, text: str, how: str | None
) -> None:
    repo.project("libs/b", ["b"], files={"gen.py": "", "b/__init__.py": ""})
    repo.project("libs/c", ["c"], files={"test_c.py": text})
    assert [edge.how for edge in repo.imports().edges] == ([how] if how else [])


def test_a_script_run_by_its_path_and_a_package_read_for_its_data_are_needed(repo: Repository) -> None:
    repo.project("libs/b", ["b"], files={"run.py": "", "b/__init__.py": "", "b/data.json": ""})
    repo.project("libs/c", ["c"], files={"test_c.py": 'import runpy\nrunpy.run_path("../b/run.py")\n'})
    repo.project("libs/d", ["d"], files={"d/__init__.py": 'import runpy\nrunpy.run_path("tools/go.py")\n'})
    repo.project(
        "libs/e", ["e"], files={"e/__init__.py": 'from importlib import resources\nresources.files("b")\n'}
    )
    repo.project(
        "libs/f", ["f"], files={"run.py": "", "f/__init__.py": 'import runpy\nrunpy.run_path("run.py")\n'}
    )
    repo.write({"tools/go.py": "import b\n"})
    found = repo.imports()
    assert {(e.dependent, e.dependency, e.scope, e.how) for e in found.edges} == {
        ("libs/c", "libs/b", Scope.TEST, "imports ../b/run.py in test_c.py:2"),
        ("libs/d", "libs/b", Scope.RUNTIME, "imports b in tools/go.py:1"),
        ("libs/e", "libs/b", Scope.RUNTIME, "imports b in e/__init__.py:2"),
    }
    assert found.loose == {"tools/go.py": ("libs/d",)}
    assert not any("path:" in name for names in found.external.values() for name in names)
