"""What files of tasks name of another project: beside the rows of ``docs/reference/local-projects.md``."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from pytest_monorepo.workspace import graph
from pytest_monorepo.workspace.files.globs import matches
from pytest_monorepo.workspace.files.tree import Tree
from pytest_monorepo.workspace.manifests import conda, leads
from tests.workspace.trees import TEST, look, named


@pytest.mark.parametrize("manifest", ["setup.cfg", "pytest.ini", "setup.py", "pyproject.toml"])
@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("Makefile", "gen:\n\tpython ../core/gen.py\n"),
        ("setup.py", "from pathlib import Path\nX = Path(__file__).parent / '..' / 'core' / 'gen.py'\n"),
        ("run.sh", "python $ROOT/libs/core/gen.py\n"),
        ("src/fast.c", '#include "../../core/gen.py"\n'),
    ],
)
def test_whatever_makes_a_folder_a_project(tmp_path: Path, manifest: str, file: str, text: str) -> None:
    content = {"setup.cfg": "[metadata]\nname = x\n", "pytest.ini": "[pytest]\n"}.get(manifest, "")
    files = {f"libs/core/{manifest}": content, "libs/core/gen.py": "", "libs/core/test_core.py": TEST}
    files |= {"libs/a/pyproject.toml": named("a"), "libs/a/test_a.py": TEST, f"libs/a/{file}": text}
    workspace = look(tmp_path, files)
    (a,) = (project for project in workspace.projects if project.path == "libs/a")
    edges = {edge.dependency for edge in graph.build(workspace.projects).needs("libs/a")}
    assert edges == {"libs/core"} or "libs/core/gen.py" in a.includes


@pytest.mark.parametrize(
    ("file", "text", "found"),
    [
        ("run.sh", "pip install -e ../*\n", ["libs/core", "libs/other"]),
        ("run.sh", "pip install ../*/\n", ["libs/core", "libs/other"]),
        ("Makefile", "test:\n\tpip install -e ../c*\n", ["libs/core"]),
        ("Makefile", "test:\n\tfor d in core; do pip install -e ../$$d; done\n", ["libs/core", "libs/other"]),
        ("run.sh", "for d in core other; do pip install ../${d}[test]; done\n", ["libs/core", "libs/other"]),
        ("run.sh", 'for d in ../*/; do (cd "$d" && pip install -e .); done\n', ["libs/core", "libs/other"]),
        ("run.sh", "cat ../*/src/x.py\n", ["libs/core", "libs/other"]),
        ("run.sh", "pip install -e ../{core,x}\n", ["libs/core", "libs/other"]),
        ("run.bat", "for /d %%d in (..\\*) do pip install ../%%d\n", ["libs/core", "libs/other"]),
        ("run.sh", "pip install ../../libs/*\n", ["libs/core", "libs/other"]),
        ("tox.ini", "[testenv]\ncommands_pre = pip install -e ../*\n", ["libs/core", "libs/other"]),
        ("tox.toml", '[env_run_base]\ncommands = [["pip", "install", "../c*"]]\n', ["libs/core"]),
        ("noxfile.py", 'def tests(session):\n    session.run("sh", "-c", "pip install -e ../*")\n', None),
        (".github/workflows/ci.yml", "run: pip install -e ../*\n", []),
        ("run.sh", "cat ../*.txt\n", []),
        ("run.sh", "rm -rf ../*.egg-info ../$X.log\n", []),
        ("run.sh", "cat a/../*\n", []),
    ],
)
def test_all_projects_beside_it(tmp_path: Path, file: str, text: str, found: list[str] | None) -> None:
    files = {f"libs/{name}/pyproject.toml": named(name) for name in ("a", "core", "other")}
    files |= {f"libs/{name}/test_it.py": TEST for name in ("a", "core", "other")}
    workspace = look(tmp_path, {**files, f"libs/a/{file}": text})
    edges = {edge.dependency for edge in graph.build(workspace.projects).needs("libs/a")}
    assert edges == ({"libs/core", "libs/other"} if found is None else {*found})


@pytest.mark.parametrize(
    ("file", "text", "found"),
    [
        ("run.sh", "cd ../..\npip install -e libs/*\n", True),
        ("run.sh", 'cd "$(dirname "$0")/.."\npip install libs/*/\n', True),
        ("run.sh", "for d in $ROOT/libs/*; do pip install -e $d; done\n", True),
        ("run.sh", "for d in ${ROOT}/libs/*/; do pip install -e $d; done\n", True),
        ("Makefile", "test:\n\tcd ../.. && pip install -e libs/*\n", True),
        ("run.sh", "cd ../..\npip install -e ./libs/*\n", True),
        ("run.sh", 'pip install "$ROOT"/libs/*\n', True),
        ("run.sh", 'pip install "$ROOT"/libs/core\n', True),
        ("run.sh", 'for d in "$(pwd)"/../../libs/*; do pip install $d; done\n', True),
        ("run.sh", "cd ../..\npip install -e libs/c*\n", True),
        ("run.sh", "cd ../..\nfor d in libs/?*; do pip install $d; done\n", True),
        ("run.sh", "cd ../..\nfor d in libs/{core,other}; do pip install $d; done\n", True),
        ("run.sh", "cd ../..\nfor d in core; do pip install libs/$d; done\n", True),
        ("run.bat", "cd ..\\..\nfor /d %%d in (libs\\*) do pip install %%d\n", True),
        ("Makefile", "test:\n\tcat libs/*.txt src/*\n", False),
        ("run.sh", "cat libs/c*.txt other/libs/$d\n", False),
        ("run.sh", "cat own/*\n", False),
    ],
)
def test_all_projects_of_a_folder(tmp_path: Path, file: str, text: str, found: bool) -> None:
    files = {"libs/core/pyproject.toml": named("core"), "libs/core/test_core.py": TEST}
    files |= {"own/core/pyproject.toml": named("c"), "apps/a/own/x.txt": ""}
    files |= {"apps/a/pyproject.toml": named("a"), "apps/a/test_a.py": TEST, f"apps/a/{file}": text}
    edges = graph.build(look(tmp_path, files).projects).needs("apps/a")
    assert [edge.dependency for edge in edges] == (["libs/core"] if found else [])


@pytest.mark.parametrize(
    ("file", "text"),
    [
        # a shell's comment goes on over no line
        ("run.sh", "# the next one: \\\npip install core\n"),
        ("Dockerfile", "RUN pip install \\\n  # the library\n  core\n"),
        ("Dockerfile", "RUN pip install \\\r\n  core\r\n"),
    ],
)
def test_comments_beside_commands_that_go_on(tmp_path: Path, file: str, text: str) -> None:
    files = {"core/pyproject.toml": named("core"), "core/test_core.py": TEST}
    workspace = look(
        tmp_path, {**files, "a/pyproject.toml": named("a"), "a/test_a.py": TEST, f"a/{file}": text}
    )
    assert [edge.dependency for edge in graph.build(workspace.projects).needs("a")] == ["core"]


def test_a_path_with_unknown_parts_is_held_against_projects_alone_and_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # of a thousand packages with a noxfile.py alike each looked through every folder: a minute
    seen: list[str] = []

    def noted(place: str, pattern: str) -> bool:
        seen.append(place)
        return fnmatchcase(place, pattern)

    monkeypatch.setattr("pytest_monorepo.workspace.manifests.leads.fnmatchcase", noted)
    places = [f"libs/core-{n}" for n in range(3)]
    files = [f"{place}/{name}" for place in places for name in ("pyproject.toml", "src/core-x/x.py")]
    tree = Tree(Path("/w"), tuple(sorted(files)), lambda path: b"")
    text = "session.install(f'{ROOT}/core-{VERSION}')"
    found = [sorted(leads.from_expressions(tree, place, text)) for place in places]
    assert found == [[other for other in places if other != place] for place in places]
    assert sorted(seen) == [f"/{place}" for place in places]


def test_a_pattern_of_projects_beside_is_held_against_them_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # of 150 packages with 50 lines each that took 3.5 of 3.8 seconds
    seen: list[str] = []

    def noted(place: str, patterns: tuple[str, ...]) -> bool:
        seen.append(place)
        return matches(place, patterns)

    monkeypatch.setattr("pytest_monorepo.workspace.manifests.leads.matches", noted)
    places = [f"libs/core-{n}" for n in range(3)]
    tree = Tree(Path("/w"), tuple(f"{place}/pyproject.toml" for place in places), lambda path: b"")
    found = [sorted(leads.leading_out(tree, place, "cat ../*\n" * 9)) for place in places]
    assert found == [[other for other in places if other != place] for place in places]
    assert sorted(seen) == places


@pytest.mark.parametrize("text", ["a/" * 200_000, "../" * 200_000, "libs/core/" * 100_000])
def test_a_word_of_many_steps_is_followed_as_far_as_folders_go(text: str) -> None:
    tree = Tree(Path("/w"), ("libs/core/pyproject.toml", "x/a.py"), lambda path: b"")
    found = list(leads.from_top(tree, "x", text))
    assert found == (["libs/core"] if text.startswith("libs") else [])


def test_a_recipe_of_signs_that_open_and_never_close_is_read() -> None:
    text = "requirements:\n  run:\n    - core\n" + "{%" * 50_000
    assert (False, "core") in list(conda.recipe_lines(text))
