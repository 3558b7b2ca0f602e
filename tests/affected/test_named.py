"""Files of no project, or of the root alone: environments, doctests elsewhere, and who names what."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_decision import Repo

PROJECTS = ("libs/a", "libs/b", "services/c")
ENVIRONMENTS = [
    "environment.yml",
    "environment-dev.yaml",
    "conda.yml",
    "conda-lock.yml",
    "linux.conda-lock.yml",
    "pixi.toml",
    "pixi.lock",
    "mojoproject.toml",
    "hatch.toml",
    "Pipfile",
    "requirements-dev.lock",
    "pants.toml",
    "Cargo.lock",
    "Cargo.toml",
    "rust-toolchain.toml",
    "conanfile.txt",
    "vcpkg.json",
    "CMakeLists.txt",
    "flake.nix",
    "flake.lock",
    "devbox.json",
    "mise.lock",
    "apt.txt",
    "docker/Dockerfile",
    "docker/compose.test.yml",
    "ci/environment.yml",
    "sitecustomize.py",
    ".env",
    ".envrc",
]


class Space(Repo):
    """Three projects that need nothing of each other, with a root that has tests of its own or none."""

    def __init__(self, root: Path, *, root_has_tests: bool) -> None:
        self.root = root
        self.git("init", "-q", "-b", "main")
        self.write("pyproject.toml", '[project]\nname = "root"\nversion = "1"\n')
        if root_has_tests:
            self.write("tests/test_root.py", "def test_it():\n    pass\n")
        for path in PROJECTS:
            self.add(path)
        self.commit()

    def add(self, path: str, more: str = "") -> None:
        name = path.rpartition("/")[2]
        self.write(f"{path}/pyproject.toml", f'[project]\nname = "{name}-lib"\nversion = "1"\n{more}')
        self.write(f"{path}/tests/test_it.py", "def test_it():\n    pass\n")

    def edited(self, path: str, text: str = "# 2\n") -> list[str]:
        """What a change of a file that was committed before selects, the root apart."""
        if not (self.root / path).exists():
            self.write(path, "# 1\n")
        self.commit()
        self.write(path, text)
        return [path for path in self.selected() if path != "."]


@pytest.mark.sampled("path", one_in=4)
@pytest.mark.parametrize("root_has_tests", [False, True])
@pytest.mark.parametrize("path", ENVIRONMENTS)
def test_an_environment_file_means_the_same_whether_or_not_the_root_is_a_project(
    tmp_path: Path, path: str, root_has_tests: bool
) -> None:
    space = Space(tmp_path, root_has_tests=root_has_tests)
    text = '[packages]\nrequests = "*"\n' if path == "Pipfile" else "# 2\n"
    assert space.edited(path, text) == list(PROJECTS)


def test_an_environment_file_of_a_project_reaches_the_projects_below_it(tmp_path: Path) -> None:
    space = Space(tmp_path, root_has_tests=True)
    space.add("services")
    assert space.edited("services/environment.yml") == ["services", "services/c"]


def test_an_environment_of_the_documentation_is_none_of_the_tests(tmp_path: Path) -> None:
    assert Space(tmp_path, root_has_tests=True).edited("docs/environment.yml") == []


def test_an_environment_file_may_be_ignored(tmp_path: Path) -> None:
    space = Space(tmp_path, root_has_tests=False)
    space.write("pyproject.toml", '[tool.pytest-monorepo]\nignore-changes = ["Cargo.lock"]\n')
    assert space.edited("Cargo.lock") == []


INI = "[tool.pytest.ini_options]\n"
DOCTESTS = [
    (
        INI + 'testpaths = ["tests", "../../docs/guide.md"]\naddopts = "--doctest-glob=*.md"\n',
        "docs/guide.md",
    ),
    (INI + 'addopts = "--doctest-glob=*.md ../../docs/guide.md tests"\n', "docs/guide.md"),
    (INI + 'addopts = ["--doctest-glob=*.md", "../../docs", "tests"]\n', "docs/api/deep.md"),
    (INI + 'testpaths = ["tests", "../../docs/*.md"]\n', "docs/guide.md"),
    (INI + 'testpaths = ["../../README.md"]\n', "README.md"),
    (INI + 'testpaths = ["../../LICENSE.txt"]\n', "LICENSE.txt"),
    (INI + 'testpaths = ["../../examples"]\npython_files = ["*.py"]\n', "examples/one.py"),
    (INI + 'addopts = "../../examples/one.py::test_it"\n', "examples/one.py"),
]


@pytest.mark.parametrize("root_has_tests", [False, True])
@pytest.mark.parametrize(("settings", "path"), DOCTESTS)
def test_a_test_elsewhere_is_the_projects_that_names_it(
    tmp_path: Path, settings: str, path: str, root_has_tests: bool
) -> None:
    space = Space(tmp_path, root_has_tests=root_has_tests)
    space.add("libs/a", settings)
    assert space.edited(path) == ["libs/a"]


def test_a_test_that_our_own_settings_name(tmp_path: Path) -> None:
    space = Space(tmp_path, root_has_tests=False)
    table = '[tool.pytest-monorepo.projects."libs/b"]\nargs = ["tests", "../../docs/guide.md"]\n'
    space.write("pyproject.toml", table)
    assert space.edited("docs/guide.md") == ["libs/b"]


def test_a_doctest_counts_though_prose_is_ignored(tmp_path: Path) -> None:
    space = Space(tmp_path, root_has_tests=False)
    space.write("pyproject.toml", '[tool.pytest-monorepo]\nignore-changes = ["**/*.md"]\n')
    space.add("libs/a", INI + 'addopts = "--doctest-glob=*.md"\n')
    space.write("libs/a/README.md", ">>> 1\n1\n")
    space.write("libs/b/README.md", ">>> 1\n1\n")
    assert space.edited("libs/b/README.md", ">>> 1\n2\n") == []
    space.git("checkout", "-q", ".")
    assert space.edited("libs/a/README.md", ">>> 1\n2\n") == ["libs/a"]


@pytest.mark.parametrize("key", ["testpaths", "addopts"])
def test_a_text_that_its_project_names_is_a_test(tmp_path: Path, key: str) -> None:
    space = Space(tmp_path, root_has_tests=False)
    space.write("pyproject.toml", '[tool.pytest-monorepo]\nignore-changes = ["**/*.rst"]\n')
    space.add("libs/a", INI + f'{key} = ["docs/guide.rst"]\n')
    (tmp_path / "libs/a/tests/test_it.py").unlink()
    for path in ("libs/a", "libs/b"):
        space.write(f"{path}/docs/guide.rst", ">>> 1\n1\n")
    assert space.edited("libs/b/docs/guide.rst", ">>> 1\n2\n") == []
    space.git("checkout", "-q", ".")
    assert space.edited("libs/a/docs/guide.rst", ">>> 1\n2\n") == ["libs/a"]


NAMED = [
    ("requirements.txt", "-c ../../constraints/common.txt\n"),
    ("tox.ini", "[testenv]\ndeps = -c{toxinidir}/../../constraints/common.txt\n"),
    ("tox.ini", "[testenv]\ncommands = ./install {toxinidir}/../../constraints/common.txt\n"),
    ("noxfile.py", 'def tests(session): session.install("-c", "../../constraints/common.txt", "x")\n'),
    (
        "noxfile.py",
        'PLACE = "../../constraints"\ndef t(session): session.install("-c", f"{PLACE}/common.txt")\n',
    ),
    ("environment.yml", "dependencies:\n  - pip:\n    - -c ../../constraints/common.txt\n"),
    ("Makefile", "install:\n\tpip install -c ../../constraints/common.txt -e .\n"),
    ("scripts/install.sh", "cd ../../constraints && pip install -r common.txt\n"),
    ("tests/test_pins.py", 'from pathlib import Path\nPINS = Path("../../constraints", "common.txt")\n'),
    (
        "conftest.py",
        'import pathlib\nROOT = pathlib.Path(__file__).parents[2]\nX = ROOT / "constraints" / "common.txt"\n',
    ),
    (
        "setup.py",
        'from setuptools import setup\nsetup(version=open("../../constraints/common.txt").read())\n',
    ),
    (
        "pyproject.toml",
        '[project]\nname = "b"\n[tool.hatch.version]\npath = "../../constraints/common.txt"\n',
    ),
    ("Dockerfile", "COPY constraints/common.txt /tmp/\n"),
]


@pytest.mark.sampled("name", "text", one_in=4)
@pytest.mark.parametrize("root_has_tests", [False, True])
@pytest.mark.parametrize(("name", "text"), NAMED)
def test_a_file_that_two_projects_name_reaches_both(
    tmp_path: Path, name: str, text: str, root_has_tests: bool
) -> None:
    space = Space(tmp_path, root_has_tests=root_has_tests)
    space.write("constraints/common.txt", "foo==1\n")
    space.write("libs/a/requirements.txt", "-c ../../constraints/common.txt\n")
    space.write(f"libs/b/{name}", text)
    assert space.edited("constraints/common.txt", "foo==2\n") == ["libs/a", "libs/b"]


def test_a_file_of_a_project_that_another_one_names(tmp_path: Path) -> None:
    space = Space(tmp_path, root_has_tests=False)
    space.write("libs/a/data/rows.json", "[]\n")
    space.write("libs/b/tests/test_rows.py", 'ROWS = open("../a/data/rows.json")\n')
    space.write("services/c/data/rows.json", "[]\n")
    space.write("services/c/tests/test_rows.py", 'ROWS = open("data/other/rows.json")\n')
    assert space.edited("libs/a/data/rows.json", "[1]\n") == ["libs/a", "libs/b"]


def test_a_readme_that_a_manifest_names_is_part_of_no_dependent(tmp_path: Path) -> None:
    space = Space(tmp_path, root_has_tests=False)
    space.add("libs/a", '[tool.hatch.build.targets.sdist.force-include]\n"../../README.md" = "README.md"\n')
    space.add("libs/b", 'dependencies = ["a-lib"]\n')
    assert space.edited("README.md") == ["libs/a"]


@pytest.mark.parametrize(
    ("lock", "table"),
    [
        ("pdm.lock", '[tool.pdm.workspace]\nmembers = ["libs/*"]\n'),
        ("pylock.toml", '[tool.pdm.workspace]\nmembers = ["libs/*"]\n'),
        ("uv.lock", '[tool.uv.workspace]\nmembers = ["libs/*"]\n'),
    ],
)
def test_a_lock_left_over_in_a_member_hides_nothing(tmp_path: Path, lock: str, table: str) -> None:
    space = Space(tmp_path, root_has_tests=False)
    space.write("pyproject.toml", '[project]\nname = "root"\nversion = "1"\n' + table)
    space.add("libs/b", 'dependencies = ["packaging"]\n')
    space.write(f"libs/b/{lock}", _lock(lock, "25.0"))
    space.write(lock, _lock(lock, "25.0"))
    assert "libs/b" in space.edited(lock, _lock(lock, "24.2"))


def _lock(name: str, version: str) -> str:
    package = f'name = "packaging"\nversion = "{version}"\n'
    if name == "pylock.toml":
        return f'lock-version = "1.0"\ncreated-by = "pdm"\n[[packages]]\n{package}'
    if name == "uv.lock":
        source = 'source = { registry = "https://example.org/simple" }\n'
        return f'version = 1\nrequires-python = ">=3.10"\n[[package]]\n{package}{source}'
    return f'[metadata]\nlock_version = "4.5.1"\n[[package]]\n{package}'
