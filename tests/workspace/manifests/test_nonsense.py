"""Whatever a manifest holds, reading it ends, and in words where it cannot be understood."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from pytest_monorepo.workspace.files.tree import Tree, UnreadableError
from pytest_monorepo.workspace.manifests import pyproject
from pytest_monorepo.workspace.manifests.commands import installed_by
from pytest_monorepo.workspace.manifests.conda import environment_lines
from pytest_monorepo.workspace.manifests.legacy import read_setup_cfg, read_setup_py
from pytest_monorepo.workspace.manifests.requirements import local_path, logical_lines, parse
from pytest_monorepo.workspace.manifests.runners import nox_lines, tox_lines
from pytest_monorepo.workspace.model import Dependency

REQUIREMENTS = """\
core[a,b]>=1.0,<2 ; python_version < "4"  # why
other==1 \\
    --hash=sha256:00
-e ../core[x]#egg=core&subdirectory=y
-r base.txt
--find-links=../wheels
core @ file:///${PROJECT_ROOT}/../core
git+https://example.org/x@main#egg=x
"""
TOML = """\
[project]
name = "a"
dependencies = ["core", "other @ ../other"]
optional-dependencies.test = ["core"]
[dependency-groups]
dev = ["core", {include-group = "x"}]
[tool.uv.sources]
core = {path = "../core"}
[tool.poetry.dependencies]
python = "^3.9"
core = {path = "../core", develop = true}
[[tool.poetry.packages]]
include = "x"
"""
CFG = """\
[metadata]
name = a
[options]
install_requires =
    core; python_version < "4"
    other
package_dir =
    = src
[options.extras_require]
test = core; other
[testenv:py]
deps = -r{toxinidir}/base.txt
    py: core
commands = pip install -Ue ../core
"""
SETUP = """\
from setuptools import setup, find_packages
N = ["core"] + [f"other=={1}"]
E = {"test": N, **dict(dev=["core"])}
E["all"] = sum(E.values(), [])
def needs(): return open("base.txt").read().split()
setup(name="a", install_requires=N + needs(), extras_require=E, packages=find_packages(where="src"))
session.install("-r", "base.txt", *N)
"""
CONDA = """\
name: a
dependencies:
  - python=3.12
  - conda-forge::core
  - pip:
    - -e ../core
    - "other>=1"  # why
"""
PIECES = (
    *("\n", "\\\n", "\t", "  ", "#", "'", '"', "\\", "[", "]", "(", ")", "{", "}", "=", "==", ";", ",", "@"),
    *(
        "-e ",
        "-r ",
        "..",
        "../",
        "://",
        "file:",
        "${",
        "*",
        "**",
        "%",
        "\0",
        "é",
        "\udce9",
        "\ufeff",
        "\u2028",
    ),
    *("lambda: ", "def f(): ", "E[", ".split(", "+ N", " if 1 else ", ":", "- ", "[[", "]]", "1", "\r"),
)


def changed(chance: random.Random, text: str) -> str:
    """The text with a few pieces put in, cut out or said twice."""
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(text) + 1)
        end = min(len(text), at + chance.randrange(1, 20))
        text = chance.choice(
            (
                text[:at] + chance.choice(PIECES) + text[at:],
                text[:at] + text[end:],
                text[:end] + text[at:end] + text[end:],
            )
        )
    return text


def tree(name: str, text: str) -> Tree:
    data = text.encode("utf-8", "surrogateescape")
    return Tree(Path("/w"), (name, "base.txt"), lambda path: data if path == name else None)


def _whole(name: str) -> Callable[[str], Iterable[object]]:
    def read(text: str) -> Iterable[object]:
        found = pyproject.read(tree(name, text), ".")
        assert all(isinstance(one, Dependency) for one in found.dependencies)
        assert found.error is None or (found.error.startswith(name) and "\n" not in found.error)
        return found.dependencies

    return read


def _lines(text: str) -> Iterable[object]:
    places = tree("x", "")
    for option, value in logical_lines(text):
        assert option in ("", "-r", "-c", "-e", "-f")
        requirement = parse(value)
        if requirement is not None and requirement.location is not None:
            place = local_path(requirement.location, "a", places)
            assert place is None or not place.startswith("../")
        yield requirement


READERS: dict[str, tuple[str, Callable[[str], Iterable[object]]]] = {
    "requirements": (REQUIREMENTS, _lines),
    "pyproject.toml": (TOML, _whole("pyproject.toml")),
    "setup.cfg": (CFG, _whole("setup.cfg")),
    "setup.py": (SETUP, _whole("setup.py")),
    "tox.ini": (CFG, lambda text: tox_lines(tree("tox.ini", text), ".", None)),
    "noxfile.py": (SETUP, lambda text: nox_lines(tree("noxfile.py", text), ".")),
    "environment.yml": (CONDA, environment_lines),
    "a command": ("pip install -Ue ../core 'other>=1' && uv pip install -r base.txt", installed_by),
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("seed", range(3))
def test_any_text_is_read_to_its_end(name: str, seed: int) -> None:
    text, read = READERS[name]
    assert list(read(text)), "as it stands it says something"
    chance = random.Random(f"{name} {seed}")
    for _ in range(150):
        nonsense = changed(chance, text)
        try:
            list(read(nonsense))
        except Exception as error:
            pytest.fail(f"{error!r} for {nonsense!r}")


@pytest.mark.parametrize("text", ["[options\n", "[a]\n=", "x = 1\n[options]"])
def test_a_setup_cfg_that_cannot_be_read_is_named_in_one_line(text: str) -> None:
    with pytest.raises(UnreadableError, match=r"\Asetup\.cfg is not a valid ini file: [^\n]+\Z"):
        read_setup_cfg(tree("setup.cfg", text), "setup.cfg")


@pytest.mark.parametrize("text", ["setup(", "\0", "def", "x = " + "(" * 5000 + ")" * 5000])
def test_a_setup_py_that_cannot_be_read_is_named_in_one_line(text: str) -> None:
    with pytest.raises(UnreadableError, match=r"\Asetup\.py is not valid Python: [^\n]+\Z"):
        read_setup_py(tree("setup.py", text), "setup.py")


@pytest.mark.parametrize("host", ["[x", "x]", "[", "]", "[::1", "[x]y"])
def test_a_host_that_is_none_leads_nowhere(host: str) -> None:
    for start in ("https://", "git+https://", "file://", "ssh://git@"):
        assert local_path(f"{start}{host}/core", "a", tree("x", "")) is None
