"""What tox's and nox's environments install, as lines of a requirements file: a row a way to say it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.workspace.files.tree import Tree
from pytest_monorepo.workspace.manifests.commands import installed_by
from pytest_monorepo.workspace.manifests.runners import nox_lines, tox_files, tox_lines

SELF = "{replace = 'ref', of = ['env', 'py', 'deps']}"
THE_NEXT = "{{replace = 'ref', env = 'e{}', key = 'x'}}"


def tree(name: str, text: str) -> Tree:
    return Tree(Path("/w"), (name,), lambda path: text.encode() if path == name else None)


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        ("pip install core", ["core"]),
        ("pip3 install core other", ["core", "other"]),
        ("python -m pip install core", ["core"]),
        ("{envbindir}/pip install core", ["core"]),
        ("uv pip install core", ["core"]),
        ("pip install 'core>=1'", ["core>=1"]),
        ("pip install -r base.txt", ["-r base.txt"]),
        ("pip install -rbase.txt", ["-rbase.txt"]),
        ("pip install --requirement=base.txt", ["--requirement=base.txt"]),
        ("pip install --requirement base.txt", ["--requirement base.txt"]),
        ("pip install -U -r base.txt -c pins.txt core", ["-r base.txt", "-c pins.txt", "core"]),
        ("pip install -e .[test] -e ../core", ["-e .[test]", "-e ../core"]),
        ("pip install -e../core", ["-e../core"]),
        # flags before an option with a value
        ("pip install -Ur base.txt", ["-r base.txt"]),
        ("pip install -qr base.txt core", ["-r base.txt", "core"]),
        ("pip install -qUrbase.txt", ["-rbase.txt"]),
        ("pip install -Ue ../core", ["-e ../core"]),
        ("pip install -qqc pins.txt core", ["-c pins.txt", "core"]),
        ("pip install -U core -q", ["core"]),
        ("pip install --upgrade --no-deps core", ["core"]),
        ("pip install -i https://example.org/simple core", ["core"]),
        ("pip install --index-url https://example.org/simple core", ["core"]),
        ("pip install core && pytest", ["core"]),
        ("true; pip install core || pip install other", ["core", "other"]),
        ("pip install -r", ["-r"]),
        ("pip install core  # why", ["core"]),
        ("pip install 'core", ["'core"]),
        # pip under its other names
        ("pip3.12 install core", ["core"]),
        ("/usr/bin/pip3 install core", ["core"]),
        ("venv\\\\Scripts\\\\pip.exe install core", ["core"]),
        ("pip-compile install core", []),
        ("pipx install core", []),
        ("install pip core", []),
        # commands that end without a blank
        ("true;pip install core;pytest", ["core"]),
        ("cd x&&pip install core&&pytest", ["core"]),
        ("pip install core & pytest", ["core"]),
        ("echo pip; install core", []),
        ("pip install 'core; python_version > \"3\"' other", ['core; python_version > "3"', "other"]),
        ("pip install 'core @ https://example.org/core?a&b'", ["core @ https://example.org/core?a&b"]),
        # what uv has beside the environment
        ("uv run --with-editable ../core pytest", ["-e ../core"]),
        ("uv run --with=../core,other -- pytest", ["../core", "other"]),
        ("uvx --with-requirements ../base.txt pytest", ["-r ../base.txt"]),
        ("uv pip sync ../base.txt --quiet", ["-r ../base.txt"]),
        ("uv run pytest --with", []),
        ("uv sync ../base.txt", []),
        ("pip uninstall core", []),
        ("pip list", []),
        ("pytest install", []),
        ("", []),
    ],
)
def test_what_a_command_installs(command: str, lines: list[str]) -> None:
    assert list(installed_by(command)) == lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("deps = core", ["core"]),
        ("deps =\n  core\n  -r base.txt", ["core", "-r base.txt"]),
        ("deps =\n  py38: core\n  py{39,310}-x: other", ["core", "other"]),
        ("deps =\n  !py38: core", ["core"]),
        ("deps = -r{toxinidir}/base.txt", ["-r./base.txt"]),
        ("deps = {tox_root}/../core", ["./../core"]),
        ("deps = {toxinidir}{/}..{/}core", [".//../core"]),
        ("deps = {env:CORE:../core}", ["../core"]),
        ("deps = {env:CORE:{toxinidir}/../core}", ["./../core"]),
        ("deps = {env:CORE}", [""]),
        ("deps = {[base]deps}\n[base]\ndeps = core", ["core", "core"]),
        ("deps = {[a]x}\n[a]\nx = {[b]y}\n[b]\ny =\n  core\n  other", ["core", "other"]),
        ("deps = {[testenv]deps}", []),  # to itself
        ("deps = {[a]x}\n[a]\nx = {[b]x}\n[b]\nx = {[a]x}", []),
        ("deps = {[none]x} core", ["core"]),
        ("constraints = ../pins.txt", ["../pins.txt"]),
        ("commands_pre = pip install -Ur ../base.txt", ["-r ../base.txt"]),
        ("commands =\n  pip install core\n  pytest {posargs}", ["core"]),
        ("commands =\n  pip install core \\\n    other", ["core", "other"]),
        ("install_command = python -m pip install -c ../pins.txt {opts} {packages}", ["-c ../pins.txt"]),
        # another folder is built and installed
        ("[tox]\npackage_root = ../core", ["-e ../core"]),
        ("[tox]\nsetupdir = {toxinidir}/../core", ["-e ./../core"]),
        ("[testenv:.pkg]\npackage_root = ../core", ["-e ../core"]),
    ],
)
def test_what_tox_installs(text: str, lines: list[str]) -> None:
    text = text if text.startswith("[") else f"[testenv]\n{text}"
    assert list(tox_lines(tree("tox.ini", text + "\n"), ".", None)) == lines


@pytest.mark.parametrize(
    ("table", "lines"),
    [
        ('env_run_base.deps = ["core"]', ["core"]),
        ('env.py.deps = ["core"]', ["core"]),
        ('env_base.x.deps = ["core"]', ["core"]),
        ('env_pkg_base.deps = ["core"]', ["core"]),
        ('env.py.commands = [["pip", "install", "-Ur", "base.txt"]]', ["-r base.txt"]),
        ('package_root = "../core"', ["-e ../core"]),
        ('requires = ["tox-uv"]', ["tox-uv"]),
        ('env.py.deps = [{replace = "ref", of = ["env_base", "deps"]}]', []),
        ('my.own = ["core"]\nenv.py.deps = [{replace = "ref", of = ["my", "own"], extend = true}]', ["core"]),
        (
            'env.py.deps = [{replace = "ref", env = "docs", key = "deps"}]\nenv.docs.deps = ["core"]',
            ["core"] * 2,
        ),
        (
            'my.own = [["pip", "install", "core"]]\nenv.py.commands = [{replace = "ref", of = ["my", "own"]}]',  # noqa: E501
            ["core"],
        ),
        (
            'my.own = ["core"]\nenv.py.commands = [["pip", "install", {replace = "ref", of = ["my", "own"]}]]',  # noqa: E501
            ["core"],
        ),
        ('env.py.commands = [["pip", "install", {replace = "posargs", default = ["core"]}]]', ["core"]),
        (
            'env.py.commands = [["pip", "install", {replace = "if", then = ["core"], else = ["x"]}]]',
            ["core", "x"],
        ),
        ('env.py.deps = [{replace = "ref", of = ["env", "py", "deps"]}]', []),
        # each more than once to itself, and to the whole file
        (f"env.py.deps = [{', '.join([SELF] * 3)}, 'core']", ["core"] * 4),
        ('env.py.deps = [{replace = "ref", of = []}, {replace = "ref", of = 1}, "core"]', ["core"]),
        (
            "env.py.deps = [{replace = 'ref'}, {replace = {}}, {replace = 'if', then = {x = 1}}, 'core']",
            ["core"],
        ),
        # lists of which each takes the next one twice
        (
            "\n".join(f"env.e{n}.x = [{', '.join([THE_NEXT.format(n + 1)] * 2)}, 'core']" for n in range(40))
            + "\nenv.py.deps = [{replace = 'ref', env = 'e0', key = 'x'}]",
            ["core"],
        ),
        # as deep as TOML goes
        (f"env.py.deps = {'[' * 390}{']' * 390}\nenv.b.deps = ['core']", ["core"]),
        ("env.py = 1\nenv_run_base = []", []),
    ],
)
def test_what_tox_installs_by_toml(table: str, lines: list[str]) -> None:
    assert list(tox_lines(tree("tox.toml", table), ".", None)) == lines


@pytest.mark.parametrize(
    ("reference", "lines"),
    [
        # from the top of the file, and of tox's own table (tox 4.64)
        ({"of": ["tool", "tox", "my", "own"]}, ["core"]),
        ({"of": ["project", "dependencies"]}, ["other"]),
        ({"of": ["my", "own"]}, []),
        ({"env": "docs", "key": "x"}, ["third"]),
    ],
)
def test_what_references_in_a_pyproject_lead_to(reference: dict[str, object], lines: list[str]) -> None:
    own = {"my": {"own": ["core"]}, "env": {"docs": {"x": ["third"]}}}
    deps = [{"replace": "ref", "extend": True, **reference}]
    table = {"project": {"dependencies": ["other"]}, "tool": {"tox": {**own, "env_run_base": {"deps": deps}}}}
    assert list(tox_lines(tree("pyproject.toml", ""), ".", table)) == lines


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("set_env = file|../vars.env", ["../vars.env"]),
        ("setenv =\n  A=1\n  file|{toxinidir}/vars.env", ["vars.env"]),
        ("pylock = ../pylock.toml", ["../pylock.toml"]),
        ("set_env = A=file|x", []),
    ],
)
def test_files_that_tox_reads(text: str, files: list[str]) -> None:
    assert list(tox_files(tree("tox.ini", f"[testenv]\n{text}\n"), ".", None)) == files


@pytest.mark.parametrize(
    ("call", "lines"),
    [
        ('session.install("core")', ["core"]),
        ('session.install("-e", "../core", "-r", "base.txt")', ["-e ../core", "-r base.txt"]),
        ('session.install(*["core", "other"])', ["core", "other"]),
        ('session.install("core" if session.python else "other")', ["core", "other"]),
        ('session.install("-r", BASE)', ["-r base.txt"]),
        ("session.install(*NEEDS)", ["core", "-e ../core"]),
        ('session.install("x", *NEEDS)', ["x", "core", "-e ../core"]),
        ("session.install(*TABLE[session.python])", ["core"]),
        ("session.install(*needs())", ["core"]),
        ('session.install("-e", str(CORE))', ["-e ../core"]),
        ('session.install(f"core=={VERSION}")', ["core=="]),
        ('session.install("-r", os.path.join("requirements", "base.txt"))', ["-r requirements/base.txt"]),
        ('session.run("pip", "install", "core")', ["core"]),
        ('session.run("python", "-m", "pip", "install", *NEEDS)', ["core", "-e ../core"]),
        ('session.run(*"pip install core".split())', ["core"]),
        ('session.run_install("uv", "pip", "install", BASE)', ["base.txt"]),
        ('session.conda_install("core")', ["core"]),
        ('session.run("pytest")', []),
        ("session.install()", []),
        ("session.install(1, None, *x)", []),
    ],
)
def test_what_nox_installs(call: str, lines: list[str]) -> None:
    text = f"""
import nox
BASE = "base.txt"
CORE = "../core"
NEEDS = ["core", "-e", CORE]
TABLE = {{"3.12": ["core"]}}
def needs():
    return ["core"]
@nox.session
def tests(session):
    {call}
"""
    assert list(nox_lines(tree("noxfile.py", text), ".")) == lines


@pytest.mark.parametrize("text", ["def", "\0", "(" * 300, "session.install(" + "-" * 9000 + "1)"])
def test_a_noxfile_that_is_no_python_installs_nothing(text: str) -> None:
    assert list(nox_lines(tree("noxfile.py", text), ".")) == []


def test_values_that_grow_without_end_are_read_to_their_end() -> None:
    sections = "\n".join(f"[s{n}]\nx = {f'{{[s{n + 1}]x}}' * 9}" for n in range(50))
    text = f"[testenv]\ndeps = {{[s0]x}}\n{sections}\n[s50]\nx = core\n"
    assert list(tox_lines(tree("tox.ini", text), ".", None)) == []


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        ("bash -c 'pip install core'", ["core"]),
        ("sh -ec 'cd x && python -m pip install -e ../core'", ["-e ../core"]),
        ("/bin/bash -lc \"bash -c 'pip install core'\"", ["core"]),
        ("bash setup.sh", []),
        ("uv add --dev --group test core", ["core"]),
        ("poetry add ../core", ["../core"]),
        ("poetry add -G test core", ["core"]),
        ("pdm add -e ../core", ["-e ../core"]),
        ("pipenv install -r base.txt", ["-r base.txt"]),
        ("git add core", []),
        ("uv pip install core", ["core"]),
    ],
)
def test_what_other_words_than_pip_install(command: str, lines: list[str]) -> None:
    assert list(installed_by(command)) == lines


def test_a_long_chain_of_references_is_left_as_it_is_written() -> None:
    sections = "".join(f"[s{n}]\ndeps = {{[s{n + 1}]deps}}\n" for n in range(3000))
    rest = "[s3000]\ndeps = core\n[base]\ndeps = x\n[testenv:b]\ndeps = {[base]deps}\n"
    text = f"[testenv]\ndeps = {{[s0]deps}}\n{sections}{rest}"
    assert "x" in list(tox_lines(tree("tox.ini", text), ".", None))
