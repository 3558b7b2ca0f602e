"""Two versions of a manifest → who can see the difference."""

from __future__ import annotations

import pytest

from pytest_monorepo.affected.meaning.manifests import ManifestChange, visible_change

PYPROJECT = """\
[build-system]
requires = ["hatchling"]

[project]
name = "core"
version = "1.0"
description = "Core"
classifiers = ["Typing :: Typed"]
dependencies = ["requests>=2"]

[project.urls]
home = "https://example.org"

[project.scripts]
core = "core:main"

[project.optional-dependencies]
test = ["pytest"]
fast = ["orjson"]

[dependency-groups]
dev = ["rich"]

[tool.ruff]
line-length = 100

[tool.mypy]
strict = true

[tool.coverage.run]
branch = true

[tool.pytest.ini_options]
addopts = "-q"

[tool.uv.sources]
core = { workspace = true }
"""

SETUP_CFG = """\
[metadata]
name = core
version = 1.0
description = Core

[options]
install_requires =
    requests

[options.extras_require]
test = pytest
fast = orjson

[tool:pytest]
addopts = -q

[flake8]
max-line-length = 100
"""


def seen(filename: str, text: str, old: str, new: str) -> ManifestChange:
    """The change where ``old`` is replaced by ``new``; the same both ways."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the fixture"
    before, after = text.encode(), text.replace(old, new).encode()
    found = visible_change(filename, before, after)
    back = visible_change(filename, after, before)
    assert (back.scope, back.settings) == (found.scope, found.settings)
    return found


@pytest.mark.parametrize(
    ("old", "new", "how"),
    [
        ("line-length = 100", "line-length = 110", "tool.ruff.line-length changed"),
        ("strict = true", "strict = 1", "tool.mypy.strict changed"),
        ("[tool.ruff]", "[tool.towncrier]\n[tool.ruff]", "tool.towncrier changed"),
        ('"Core"', '"The core"', "project.description changed"),
        ('["Typing :: Typed"]', "[]", "project.classifiers changed"),
        ("https://example.org", "https://example.org/x", "project.urls.home changed"),
        ('[project.urls]\nhome = "https://example.org"\n', "", "project.urls.home changed"),
        ('name = "core"', "# its name\nname = 'core'", "only comments and layout changed"),
    ],
)
def test_what_no_test_sees_does_not_spread(old: str, new: str, how: str) -> None:
    assert seen("pyproject.toml", PYPROJECT, old, new) == ManifestChange("none", how, settings=False)


@pytest.mark.parametrize(
    ("old", "new", "how", "settings"),
    [
        ('"-q"', '"-v"', "tool.pytest.ini_options changed", True),
        ('addopts = "-q"', "", "tool.pytest.ini_options changed", True),
        ('[tool.pytest.ini_options]\naddopts = "-q"\n', "", "tool.pytest.ini_options changed", True),
        ("branch = true", "branch = false", "tool.coverage.run changed", True),
        ('["pytest"]', '["pytest>=8"]', "project.optional-dependencies.test changed", False),
        ('["rich"]', '["rich", "x"]', "dependency-groups.dev changed", False),
        (
            "[tool.ruff]",
            "[tool.uv]\ndev-dependencies = []\n[tool.ruff]",
            "tool.uv.dev-dependencies changed",
            False,
        ),
        (
            "[tool.ruff]",
            "[tool.poetry.group.x]\noptional = true\n[tool.ruff]",
            "tool.poetry.group changed",
            False,
        ),
        (
            "[tool.ruff]",
            "[tool.hatch.envs.test]\nfeatures = []\n[tool.ruff]",
            "tool.hatch.envs changed",
            False,
        ),
    ],
)
def test_what_only_its_own_tests_see(old: str, new: str, how: str, settings: bool) -> None:
    assert seen("pyproject.toml", PYPROJECT, old, new) == ManifestChange("tests", how, settings)


@pytest.mark.parametrize(
    ("old", "new", "how"),
    [
        ('"1.0"', '"1.1"', "project.version changed"),
        ('["requests>=2"]', '["requests>=3"]', "project.dependencies changed"),
        ('"core:main"', '"core:other"', "project.scripts.core changed"),
        ('["orjson"]', "[]", "project.optional-dependencies.fast changed"),
        ('["hatchling"]', '["hatchling>=1"]', "build-system.requires changed"),
        ("workspace = true", "workspace = false", "tool.uv.sources changed"),
        ("workspace = true", 'path = "../core"', "tool.uv.sources changed"),
        ("[tool.ruff]", "[tool.novelty]\nx = 1\n[tool.ruff]", "tool.novelty.x changed"),
        ("[tool.ruff]", "[tool.poetry.group.main]\nx = 1\n[tool.ruff]", "tool.poetry.group changed"),
        ("[tool.ruff]", "[tool.hatch.envs.hatch-build]\nx = 1\n[tool.ruff]", "tool.hatch.envs changed"),
        (
            "[tool.ruff]",
            "[tool.pytest-monorepo]\nworkers = 2\n[tool.ruff]",
            "tool.pytest-monorepo.workers changed",
        ),
    ],
)
def test_anything_else_is_source(old: str, new: str, how: str) -> None:
    assert seen("pyproject.toml", PYPROJECT, old, new) == ManifestChange("source", how, settings=False)


def test_the_widest_reader_counts() -> None:
    after = PYPROJECT.replace("100", "110").replace('"-q"', '"-v"')
    assert visible_change("pyproject.toml", PYPROJECT.encode(), after.encode()) == ManifestChange(
        "tests", "tool.pytest.ini_options changed", settings=True
    )
    after = after.replace('"1.0"', '"1.1"')
    assert visible_change("pyproject.toml", PYPROJECT.encode(), after.encode()) == ManifestChange(
        "source", "project.version changed", settings=True
    )


def test_an_empty_pytest_table_is_a_setting() -> None:
    bare = '[project]\nname = "a"\n'

    found = visible_change("pyproject.toml", bare.encode(), f"{bare}[tool.pytest.ini_options]\n".encode())

    assert found == ManifestChange("tests", "tool.pytest.ini_options changed", settings=True)


@pytest.mark.parametrize("asked", ["test", "Test"])
def test_an_extra_that_others_ask_for_is_source(asked: str) -> None:
    after = PYPROJECT.replace('["pytest"]', '["pytest>=8"]')

    assert visible_change("pyproject.toml", PYPROJECT.encode(), after.encode(), [asked]).scope == "source"
    in_cfg = SETUP_CFG.replace("test = pytest", "test = nose")
    assert visible_change("setup.cfg", SETUP_CFG.encode(), in_cfg.encode(), [asked]).scope == "source"


def test_many_keys_are_summed_up() -> None:
    after = "".join(f"[tool.t{number}]\nx = 1\n" for number in range(6))

    found = visible_change("pyproject.toml", b"", after.encode())

    assert found.how == "tool.t0.x, tool.t1.x, tool.t2.x, tool.t3.x and 2 more changed"


@pytest.mark.parametrize(
    ("old", "new", "scope", "settings"),
    [
        ("max-line-length = 100", "max-line-length = 110", "none", False),
        ("description = Core", "description = The core", "none", False),
        ("addopts = -q", "# quiet\naddopts = -q", "none", False),
        ("addopts = -q", "addopts = -v", "tests", True),
        ("[tool:pytest]\naddopts = -q\n", "", "tests", True),
        ("test = pytest", "test = pytest>8", "tests", False),
        ("fast = orjson", "fast = ujson", "source", False),
        ("version = 1.0", "version = 1.1", "source", False),
        ("    requests", "    requests>=2", "source", False),
        ("[options]", "[options]\nzip_safe = no", "source", False),
        ("[flake8]", "[novelty]", "source", False),
    ],
)
def test_a_setup_cfg_is_judged_by_section(old: str, new: str, scope: str, settings: bool) -> None:
    found = seen("libs/core/setup.cfg", SETUP_CFG, old, new)

    assert (found.scope, found.settings) == (scope, settings)


@pytest.mark.parametrize(
    ("filename", "text", "old", "new", "scope"),
    [
        ("tox.ini", "[pytest]\naddopts = -q\n", "-q", "-v", "tests"),
        ("tox.ini", "[tox]\nenvlist = a\n[testenv:a]\nx = 1\n", "x = 1", "x = 2", "tests"),
        ("tox.ini", "[flake8]\nx = 1\n", "x = 1", "x = 2", "none"),
        ("pytest.ini", "[pytest]\naddopts = -q\n", "-q", "-v", "tests"),
        ("pytest.ini", "[pytest]\naddopts = -q\n", "addopts", "# why\naddopts", "none"),
        ("pytest.ini", "[pytest]\naddopts = -q\n", "[pytest]", "", "tests"),
        ("pytest.toml", "[pytest]\naddopts = []\n", "[]", '["-v"]', "tests"),
        (".coveragerc", "[run]\nbranch = 1\n", "1", "0", "tests"),
        ("Pipfile", "[packages]\na = '*'\n[dev-packages]\nb = '*'\n", "b = '*'", "b = '1'", "tests"),
        ("Pipfile", "[packages]\na = '*'\n[dev-packages]\nb = '*'\n", "a = '*'", "a = '1'", "source"),
        ("Cargo.toml", "[package]\n", "[package]", "", "source"),
    ],
)
def test_other_files_have_their_rules(filename: str, text: str, old: str, new: str, scope: str) -> None:
    assert seen(filename, text, old, new).scope == scope


@pytest.mark.parametrize(
    ("before", "after", "scope"),
    [
        ("setup(name='a')", "# why\nsetup(\n    name='a',\n)", "none"),
        ('"""Old."""\nsetup()', '"""New."""\nsetup()', "none"),
        ('def f():\n    "Old."\n    return 1', 'def f():\n    "New."\n    return 1', "none"),
        (
            '"""Old."""\nsetup(long_description=__doc__)',
            '"""New."""\nsetup(long_description=__doc__)',
            "source",
        ),
        ("setup(version='1')", "setup(version='2')", "source"),
        ("setup(x=1)", "setup(x=True)", "source"),
        ("setup(x='\\d')", "setup(x='\\\\d')", "none"),
        ("print 'python 2'", "print('python 3')", "source"),
        ("setup()", "setup(", "source"),
    ],
)
def test_a_setup_py_is_compared_as_a_program(before: str, after: str, scope: str) -> None:
    assert visible_change("setup.py", before.encode(), after.encode()).scope == scope


@pytest.mark.parametrize("filename", ["pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "Pipfile"])
@pytest.mark.parametrize("data", [b"\xff\xfe", b"[a\nb = = 1\n", b"\x00", b"(" * 4000, b"<<<<<<< HEAD\n"])
def test_what_cannot_be_parsed_is_source(filename: str, data: bytes) -> None:
    for before, after in ((data, b""), (b"", data)):
        found = visible_change(filename, before, after)
        assert found.scope == "source"
        assert found.settings
        assert "cannot be compared" in found.how


def test_a_file_that_comes_or_goes_is_source() -> None:
    assert visible_change("a/setup.cfg", None, b"") == ManifestChange(
        "source", "setup.cfg is new", settings=True
    )
    assert visible_change("setup.cfg", b"", None).how == "setup.cfg was deleted"
    assert visible_change("pytest.ini", None, b"").scope == "tests"
    assert visible_change("setup.cfg", b"", b"") == ManifestChange("none", "nothing changed", settings=False)


@pytest.mark.parametrize(
    ("filename", "text", "scope"),
    [
        ("pyproject.toml", '[tool.poetry]\ndescription = "x"\n', "none"),
        ("pyproject.toml", "[tool.poetry.extras]\ntest = []\n", "tests"),
        ("pyproject.toml", "[tool.poetry.extras]\nfast = []\n", "source"),
        ("setup.cfg", "[metadata]\nHome-Page = x\n", "none"),
        ("setup.cfg", "[options]\ntests_require = x\n", "tests"),
    ],
)
def test_older_spellings_are_judged_alike(filename: str, text: str, scope: str) -> None:
    assert visible_change(filename, b"", text.encode()).scope == scope
