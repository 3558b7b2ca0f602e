from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.workspace import graph
from pytest_monorepo.workspace.files.listing import list_files
from pytest_monorepo.workspace.files.tree import Tree, disk_reader
from pytest_monorepo.workspace.manifests import pyproject as manifests
from pytest_monorepo.workspace.manifests.requirements import (
    Requirement,
    is_requirements_file,
    parse,
    scope_of,
)
from pytest_monorepo.workspace.model import Dependency, Scope
from tests.workspace.trees import TEST, look, named, project, write

R, X, T = Scope.RUNTIME, Scope.EXTRA, Scope.TEST
CORE = {"libs/core/pyproject.toml": named("core"), "libs/core/core.py": ""}


def read(root: Path, files: dict[str, str], requirements: tuple[str, ...] = ()) -> manifests.Manifest:
    write(root, {**CORE, **files})
    tree = Tree(root, list_files(root).files, disk_reader(root))
    return manifests.read(tree, "a", requirements)


def core(root: Path, files: dict[str, str], requirements: tuple[str, ...] = ()) -> list[Dependency]:
    """What the project ``a`` says of ``core``, by name or by path."""
    found = read(root, files, requirements).dependencies
    return [d for d in found if d.name == "core" or d.path == "libs/core"]


PYPROJECT = [
    # PEP 621, PEP 735 and the build
    ("dependencies = [\"core[x]>=1; python_version > '3'\"]", None, R, "dependency"),
    ('dependencies = ["Core"]', None, R, "dependency"),
    ('dependencies = ["core @ file:../libs/core"]', "libs/core", R, "path dependency"),
    ('dependencies = ["core @ ../libs/core"]', "libs/core", R, "path dependency"),
    (
        "dependencies = [\"core @ file:../libs/core ; python_version > '3'\"]",
        "libs/core",
        R,
        "path dependency",
    ),
    ('dependencies = ["core @ {root:uri}/../libs/core"]', "libs/core", R, "path dependency"),
    ('dependencies = ["core @ {root:parent:uri}/libs/core"]', "libs/core", R, "path dependency"),
    (
        'dependencies = ["core @ file:///${PROJECT_ROOT}/../libs/core"]',
        "libs/core",
        R,
        "path dependency",
    ),
    ('dependencies = ["core @ https://example.org/core-1.whl"]', None, R, "path dependency"),
    ('optional-dependencies.ml = ["core"]', None, X, "extra 'ml'"),
    ('optional-dependencies.test = ["core"]', None, T, "extra 'test'"),
    (
        '[dependency-groups]\ntest = ["core"]\nall = [{include-group = "test"}]',
        None,
        T,
        "dependency group 'test'",
    ),
    ('[build-system]\nrequires = ["core"]', None, R, "build dependency"),
    # uv
    (
        'dependencies = ["core"]\n[tool.uv.sources]\ncore = {path = "../libs/core", editable = true}',
        "libs/core",
        R,
        "uv path dependency",
    ),
    (
        'dependencies = ["core"]\n[tool.uv.sources]\ncore = {workspace = true}',
        None,
        R,
        "uv workspace dependency",
    ),
    (
        "[dependency-groups]\ndev = [\"core\"]\n[tool.uv.sources]\ncore = [{workspace = true, marker = 'x'}]",
        None,
        T,
        "uv workspace dependency (dependency group 'dev')",
    ),
    ('[tool.uv]\ndev-dependencies = ["core"]', None, T, "dev dependency"),
    # Poetry
    ('[tool.poetry.dependencies]\ncore = "^1"', None, R, "poetry dependency"),
    (
        '[tool.poetry.dependencies]\ncore = {path = "../libs/core", develop = true}',
        "libs/core",
        R,
        "poetry path dependency",
    ),
    (
        '[tool.poetry.dependencies]\ncore = {path = "../libs/core", optional = true}',
        "libs/core",
        X,
        "poetry path dependency",
    ),
    (
        '[[tool.poetry.dependencies.core]]\npath = "../libs/core"\npython = ">=3"',
        "libs/core",
        R,
        "poetry path dependency",
    ),
    (
        '[tool.poetry.group.test.dependencies]\ncore = {path = "../libs/core"}',
        "libs/core",
        T,
        "poetry path dependency (group 'test')",
    ),
    ('[tool.poetry.group.main.dependencies]\ncore = "*"', None, R, "poetry dependency (group 'main')"),
    ('[tool.poetry.dev-dependencies]\ncore = "*"', None, T, "poetry dependency (dev)"),
    # Rye, PDM and Hatch
    ('[tool.rye]\ndev-dependencies = ["core>=1"]', None, T, "rye dev dependency"),
    (
        '[tool.rye]\ndev-dependencies = ["core @ file:///${PROJECT_ROOT}/../libs/core"]',
        "libs/core",
        T,
        "path dependency (rye dev dependency)",
    ),
    (
        '[tool.pdm.dev-dependencies]\ndev = ["-e file:///${PROJECT_ROOT}/../libs/core#egg=core"]',
        "libs/core",
        T,
        "path dependency (pdm dev group 'dev')",
    ),
    (
        '[tool.hatch.envs.default]\ndependencies = ["core @ {root:uri}/../libs/core"]',
        "libs/core",
        T,
        "path dependency (hatch environment 'default')",
    ),
    ('[tool.hatch.envs.x]\nextra-dependencies = ["core"]', None, T, "hatch environment 'x'"),
]


@pytest.mark.parametrize(("text", "path", "scope", "how"), PYPROJECT)
def test_pyproject(tmp_path: Path, text: str, path: str | None, scope: Scope, how: str) -> None:
    found = core(tmp_path, {"a/pyproject.toml": named("a") + text + "\n"})
    assert found == [Dependency("core", path, scope, how)]


def test_the_root_s_uv_sources_are_inherited_and_can_be_overridden(tmp_path: Path) -> None:
    root = {"pyproject.toml": '[tool.uv.sources]\ncore = {path = "libs/core"}\nother = {workspace = true}\n'}
    a = 'dependencies = ["core", "other"]\n[tool.uv.sources]\nother = {path = "../o"}\n'
    found = read(tmp_path, {**root, "a/pyproject.toml": named("a") + a}).dependencies
    assert found == (
        Dependency("core", "libs/core", R, "uv path dependency"),
        Dependency("other", "o", R, "uv path dependency"),
    )


def test_a_path_out_of_the_workspace_is_none(tmp_path: Path) -> None:
    text = '[tool.poetry.dependencies]\ncore = {path = "../../elsewhere"}\n'
    assert core(tmp_path, {"a/pyproject.toml": text}) == [Dependency("core", None, R, "poetry dependency")]


def test_an_absolute_file_url_of_the_workspace(tmp_path: Path) -> None:
    text = named("a", f'dependencies = ["core @ {(tmp_path / "libs/core").as_uri()}"]\n')
    assert core(tmp_path, {"a/pyproject.toml": text}) == [
        Dependency("core", "libs/core", R, "path dependency")
    ]


@pytest.mark.parametrize(
    "nonsense",
    [
        *("dependencies = 3", "dependencies = [1]", "[project.optional-dependencies]\nx = 1"),
        *("[dependency-groups]\nx = {}", "[tool.uv]\nsources = 1", "[tool.poetry]\ndependencies = []"),
        *("[tool.hatch]\nenvs.x = 1", "[tool]\npdm = 1"),
    ],
)
def test_nonsense_in_a_table_is_no_crash(tmp_path: Path, nonsense: str) -> None:
    assert core(tmp_path, {"a/pyproject.toml": named("a") + nonsense + "\n"}) == []


def test_pipfile(tmp_path: Path) -> None:
    text = '[packages]\ncore = {path = "../libs/core", editable = true}\n[dev-packages]\ncore = "*"\n'
    assert core(tmp_path, {"a/Pipfile": text}) == [
        Dependency("core", "libs/core", R, "pipenv path dependency"),
        Dependency("core", None, T, "pipenv dependency (dev)"),
    ]


SETUP_CFG = """
[metadata]
name = My.Lib
[options]
python_requires = >=3.9
install_requires =
    core>=1
    # core-comment
    other; python_version < "3"
tests_require = core
[options.extras_require]
ml = core
test = core
"""


def test_setup_cfg(tmp_path: Path) -> None:
    files = {"a/setup.cfg": SETUP_CFG}
    assert core(tmp_path, files) == [
        Dependency("core", None, R, "dependency"),
        Dependency("core", None, T, "tests_require"),
        Dependency("core", None, X, "extra 'ml'"),
        Dependency("core", None, T, "extra 'test'"),
    ]
    manifest = read(tmp_path, files)
    assert (manifest.name, manifest.distribution, manifest.requires_python) == ("My.Lib", "my-lib", ">=3.9")
    assert [d.name for d in manifest.dependencies][:2] == ["core", "other"]


@pytest.mark.parametrize(
    "body",
    [
        "setup(install_requires=['core'])",
        "setup(install_requires=('core>=1', 'x'))",
        "setuptools.setup(install_requires=['x'] + ['core'])",
        "REQUIRED = ['core']\nsetup(install_requires=REQUIRED)",
        "REQUIRED: list = ['x']\nREQUIRED += ['core']\nsetup(install_requires=REQUIRED)",
        "R = []\nR.append('core')\nsetup(install_requires=R)",
        "version = '1'\nsetup(install_requires=[f'core=={version}'])",
        "setup(install_requires=['core==%s' % version])",
        "setup(install_requires=['core=={}'.format(version)])",
        "setup(install_requires=['core==' + version])",
        "setup(install_requires='''\n  x\n  core\n''')",
        "ARGS = dict()\nARGS = {'install_requires': ['core']}\nsetup(**ARGS)",
        "def needs():\n    return ['core']\nsetup(install_requires=needs())",
        "setup(install_requires=list(set(['core'])))",
        "if __name__ == '__main__':\n    setup(install_requires=['core'])",
        "PKGS = {'a': 'core'}\nsetup(install_requires=[PKGS['a']])",
        "setup(install_requires=[f'core @ file://{here}/../libs/core'])",
    ],
)
def test_setup_py_is_read_not_run(tmp_path: Path, body: str) -> None:
    text = f"import setuptools\nfrom setuptools import setup\nraise SystemExit\n{body}\n"
    found = core(tmp_path, {"a/setup.py": text})
    # one that says where core lies may be seen once more, by that path alone
    assert [(d.name, d.scope) for d in found if d.name] == [("core", R)]


def test_the_rest_of_setup_py(tmp_path: Path) -> None:
    text = """
        NAME = "My_Lib"
        EXTRAS = {"ml": ["core"], "dev": ["core"]}
        EXTRAS["all"] = ["core"]
        setup(name=NAME, python_requires=">=3.8", tests_require=["core"], extras_require=EXTRAS)
    """
    manifest = read(tmp_path, {"a/setup.py": text})
    assert (manifest.distribution, manifest.requires_python) == ("my-lib", ">=3.8")
    assert manifest.dependencies == (
        Dependency("core", None, T, "tests_require"),
        Dependency("core", None, X, "extra 'ml'"),
        Dependency("core", None, T, "extra 'dev'"),
        Dependency("core", None, X, "extra 'all'"),
    )


def test_names_that_refer_to_each_other_in_circles_end(tmp_path: Path) -> None:
    text = "a = b + a\nb = a + ['core'] + b\nd = e = d\nsetup(install_requires=b, extras_require=d)\n"
    assert {d.name for d in core(tmp_path, {"a/setup.py": text})} == {"core"}


@pytest.mark.parametrize(
    "files",
    [
        {"a/setup.py": "setup(install_requires=open('needs.txt').read().splitlines())"},
        {"a/setup.py": "def lines(p):\n  return open(p)\nR = lines('needs.txt')\nsetup(install_requires=R)"},
        {"a/setup.cfg": "[options]\ninstall_requires = file: needs.txt\n"},
        {"a/pyproject.toml": '[tool.setuptools.dynamic]\ndependencies = {file = ["needs.txt"]}\n'},
        {"a/pyproject.toml": '[tool.hatch.metadata.hooks.requirements_txt]\nfiles = ["needs.txt"]\n'},
    ],
)
def test_requirements_that_a_manifest_reads(tmp_path: Path, files: dict[str, str]) -> None:
    files = {**files, "a/needs.txt": "core\n"}
    assert core(tmp_path, files) == [Dependency("core", None, R, "needs.txt")]
    assert read(tmp_path, files).includes == ("a/needs.txt",)


@pytest.mark.parametrize(
    ("table", "scope"),
    [
        ('[tool.setuptools.dynamic.optional-dependencies]\nml = {file = ["x.txt"]}\n', X),
        ('[tool.setuptools.dynamic.optional-dependencies]\ntest = {file = "x.txt"}\n', T),
        ('[tool.hatch.metadata.hooks.requirements_txt.optional-dependencies]\nml = ["x.txt"]\n', X),
    ],
)
def test_extras_that_a_manifest_reads(tmp_path: Path, table: str, scope: Scope) -> None:
    files = {"a/pyproject.toml": named("a") + table, "a/x.txt": "core\n"}
    assert core(tmp_path, files) == [Dependency("core", None, scope, "x.txt")]


def test_a_requirements_file_that_is_missing_is_no_include(tmp_path: Path) -> None:
    text = '[tool.setuptools.dynamic]\ndependencies = {file = ["gone.txt"]}\n'
    assert read(tmp_path, {"a/pyproject.toml": text}).includes == ()


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("core", None),
        ("core==1 --hash=sha256:abc", None),
        ("-e ../libs/core", "libs/core"),
        ("-e ../libs/core[extra]", "libs/core"),
        ("--editable=../libs/core", "libs/core"),
        ("-e libs/core", "libs/core"),
        ("../libs/core", "libs/core"),
        ("./../libs/core  # why", "libs/core"),
        ("-e file:../libs/core#egg=core", "libs/core"),
        ("core @ file:../libs/core", "libs/core"),
    ],
)
def test_requirements_lines(tmp_path: Path, line: str, path: str | None) -> None:
    found = core(tmp_path, {"a/requirements.txt": line + "\n"}, ("a/requirements.txt",))
    assert [(d.path, d.scope, d.how) for d in found] == [(path, R, "requirements.txt")]


@pytest.mark.parametrize(
    ("line", "paths"),
    [
        ("-e ${LIBS}/core", {"libs/core", "old/core"}),
        ("${LIBS}/core[x]", {"libs/core", "old/core"}),
        ("core @ file://${HERE}/libs/core#egg=core", {"libs/core"}),
        ("-e file:///${HERE}/../libs/core", {"libs/core"}),
        ("core @ ${CORE}", None),
        ("-e ${LIBS}/gone", None),
        ("-e ${LIBS}/ore", None),
    ],
)
def test_behind_a_variable_each_project_of_such_a_path_counts(
    tmp_path: Path, line: str, paths: set[str] | None
) -> None:
    files = {f"{path}/pyproject.toml": "" for path in ("libs/core", "old/core", "old/core2")}
    found = read(tmp_path, {**files, "a/requirements.txt": line + "\n"}, ("a/requirements.txt",))
    known = {each.path for each in found.dependencies if each.path in ("libs/core", "old/core", "old/core2")}
    assert known == (paths or set())


@pytest.mark.parametrize(
    "line",
    [
        "-e .",
        "-e.",
        ".",
        "./",
        ".[dev]",
        "-e .[test]",
        "--editable=.",
        "--editable .",
        "file:.",
        "-e '.[a,b]'",
        "-e . ; python_version > '3'",
        "core @ file:.",
    ],
)
@pytest.mark.parametrize("file", ["a/requirements.txt", "a/requirements/dev.txt"])
def test_here_is_the_project_and_not_the_root(tmp_path: Path, line: str, file: str) -> None:
    files = {"pyproject.toml": "", "a/setup.py": "", file: line + "\n"}
    assert read(tmp_path, files, (file,)).dependencies == ()


def test_here_is_the_nearest_folder_that_can_be_installed(tmp_path: Path) -> None:
    files = {"pyproject.toml": "", "a/pytest.ini": "[pytest]\n", "a/requirements.txt": "-e .\n"}
    assert "." in [d.path for d in read(tmp_path, files, ("a/requirements.txt",)).dependencies]
    files = {"a/pyproject.toml": "", "a/app/setup.py": "", "a/app/requirements.txt": ".\n"}
    found = read(tmp_path, files, ("a/app/requirements.txt",)).dependencies
    assert [dependency.path for dependency in found] == ["a/app"]


def test_includes_are_followed_wherever_they_lie(tmp_path: Path) -> None:
    files = {
        "a/requirements-dev.txt": "-r requirements/base.txt\n-c ../constraints.txt\n-r missing.txt\n",
        "a/requirements/base.txt": "-r ../requirements-dev.txt\ncore\n",
        "constraints.txt": "core==1\nother==2\n-e libs/core\n",
    }
    found = read(tmp_path, files, ("a/requirements-dev.txt",))
    assert found.dependencies == (
        Dependency("core", None, T, "a/requirements/base.txt"),
        Dependency("", "libs/core", T, "constraints.txt"),
    )
    assert found.includes == ("a/requirements-dev.txt", "a/requirements/base.txt", "constraints.txt")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a/requirements.txt": "-c c.txt\n", "a/c.txt": "-r base.txt\n"}, ["core"]),
        ({"a/requirements.txt": "-c c.txt\n", "a/c.txt": "-c base.txt\n"}, []),
        ({"a/requirements.txt": "-r c.txt\n", "a/c.txt": "-c base.txt\n"}, []),
        ({"a/requirements.txt": "-c c.txt\n", "a/c.txt": "-c d.txt\n", "a/d.txt": "-rbase.txt\n"}, ["core"]),
        # one file, first as constraints
        ({"a/requirements.txt": "-c base.txt\n-r base.txt\n"}, ["core"]),
        ({"a/requirements.txt": "-r base.txt\n-c base.txt\n"}, ["core"]),
        ({"a/requirements.txt": "-c c.txt\n", "a/c.txt": "-r c.txt\ncore\n"}, ["core"]),
    ],
)
def test_what_is_required_below_constraints(
    tmp_path: Path, files: dict[str, str], expected: list[str]
) -> None:
    found = read(tmp_path, {"a/base.txt": "core\n", **files}, ("a/requirements.txt",))
    assert [dependency.name for dependency in found.dependencies] == expected


def test_a_path_that_may_be_meant_from_two_places_counts_for_both(tmp_path: Path) -> None:
    files = {"a/reqs/dev-requirements.txt": "-e ./core\n", "a/core/x.py": "", "core/x.py": ""}
    found = read(tmp_path, files, ("a/reqs/dev-requirements.txt",))
    assert [d.path for d in found.dependencies] == ["a/core", "core"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("requirements.txt", True),
        ("test-requirements.txt", True),
        ("requirements/base.in", True),
        ("a/requirements_dev.txt", True),
        ("README.txt", False),
        ("requirements.md", False),
    ],
)
def test_requirements_files_by_name(path: str, expected: bool) -> None:
    assert is_requirements_file(path) is expected


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("requirements.txt", R),
        ("requirements/prod.txt", R),
        ("requirements-device.txt", R),
        ("requirements-dev.txt", T),
        ("test-requirements.txt", T),
        ("requirements/tests.txt", T),
        ("docs/requirements.txt", T),
        ("requirements_lint.in", T),
    ],
)
def test_scope_by_name(path: str, scope: Scope) -> None:
    assert scope_of(path) is scope


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", None),
        ("# core", None),
        ("===", None),
        ("My_Lib", Requirement("my-lib")),
        ("a.b[c, d] (>=1)", Requirement("a-b")),
        ("core==", Requirement("core")),
        ("core @", Requirement("core")),
        (
            "git+https://example.org/x.git#egg=Core",
            Requirement("core", "git+https://example.org/x.git#egg=Core"),
        ),
    ],
)
def test_parse(line: str, expected: Requirement | None) -> None:
    assert parse(line) == expected


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("^3.10", ">=3.10,<4"),
        ("^0.3.1", ">=0.3.1,<0.4"),
        ("^0.0", ">=0.0,<0.1"),
        ("~3.10", ">=3.10,<3.11"),
        ("~3", ">=3,<4"),
        (">=3.9,<4.0", ">=3.9,<4.0"),
        (">=3.9 <4.0", ">=3.9,<4.0"),
        ("3.11.*", "==3.11.*"),
        ("3.11", "==3.11"),
        ("*", None),
        ("^3.8 || ^3.10", ">=3.8,<4||>=3.10,<4"),
        ("~2.7 | >=3.8,<3.10||3.12.*", ">=2.7,<2.8||>=3.8,<3.10||==3.12.*"),
        ("^3.8 || *", None),
        ("^3.8 || dev", None),
        ("latest", None),
    ],
)
def test_poetry_constraints(constraint: str, expected: str | None) -> None:
    assert manifests.poetry_specifier(constraint) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[project]\nrequires-python = ">=3.10"', ">=3.10"),
        ('[tool.poetry.dependencies]\npython = "^3.10"', ">=3.10,<4"),
        ("", None),
    ],
)
def test_requires_python(tmp_path: Path, text: str, expected: str | None) -> None:
    assert read(tmp_path, {"a/pyproject.toml": text}).requires_python == expected


def test_edges_of_a_whole_workspace(tmp_path: Path) -> None:
    """Declared by path and by name, runtime and test, one project whose metadata is in setup.py."""
    files = {
        **CORE,
        "libs/core/test_c.py": TEST,
        "libs/old/pyproject.toml": "[build-system]\nrequires = ['setuptools']\n",
        "libs/old/setup.py": "setup(name='Old_Lib', install_requires=[f'core>={v}'])",
        "services/api/pyproject.toml": named("api", 'dependencies = ["old.lib"]\n'),
        "services/api/requirements-dev.txt": "-e ../../libs/core\n",
        "services/api/tests/test_a.py": TEST,
    }
    workspace = look(tmp_path, files)
    edges = [(e.dependent, e.dependency, e.scope) for e in graph.build(workspace.projects).edges]
    assert edges == [
        ("libs/old", "libs/core", R),
        ("services/api", "libs/core", T),
        ("services/api", "libs/old", R),
    ]
    assert not project(workspace, "libs/old").runs
    assert project(workspace, "services/api").includes == ("services/api/requirements-dev.txt",)
