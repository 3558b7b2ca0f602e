"""What was measured in one checkout, for another one: how paths are spelled, what ties it to its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.results.entries import elsewhere
from pytest_monorepo.results.entries.shares import Share
from pytest_monorepo.results.values.places import Places
from pytest_monorepo.results.values.section import Section

ROOT = "/home/ada/repo"
PLACES = Places((("env", f"{ROOT}/.venv"), ("root", ROOT)))
OTHER = Places((("env", "/envs/one"), ("root", "/ci/7/checkout")))


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (f"{ROOT}/a/m.py", "/ci/7/checkout/a/m.py"),
        (f"{ROOT}/.venv/lib/x.py", "/envs/one/lib/x.py"),
        (f"{ROOT}-2/a/m.py", f"{ROOT}-2/a/m.py"),
        ("src/m.py", "src/m.py"),
        (f"*{ROOT}/m.py", f"*{ROOT}/m.py"),
        ([{f"{ROOT}/m.py": [1, None, ROOT]}], [{"/ci/7/checkout/m.py": [1, None, "/ci/7/checkout"]}]),
    ],
)
def test_a_path_in_the_checkout_is_one_in_the_other_checkout(here: Any, there: Any) -> None:
    assert elsewhere.here(elsewhere.portable(here, PLACES), OTHER) == there


def told(folder: Path, files: dict[str, str], spec: dict[str, Any], **environ: str) -> list[Any]:
    for name, text in files.items():
        (folder / "a" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "a" / name).write_text(text)
    whole = {"root": str(folder), "addopts": {}, "args": [f"{folder}/a"], **spec}
    places = Places((("root", str(folder)),))
    return elsewhere.told(whole, str(folder / "a"), places, environ)


TOML = "[tool.coverage.run]\n{0}\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", TOML.format("omit = ['*/first/*']")),
        ("pyproject.toml", TOML.format("omit = ['*/first/x/*.py', 'b']")),
        ("pyproject.toml", TOML.format("omit = ['*irs*']")),
        ("pyproject.toml", TOML.format("omit = ['**/first/*']")),
        ("pyproject.toml", TOML.format("omit = ['*/*/*/m.py']")),
        ("pyproject.toml", TOML.format("omit = ['*?/m.py']")),
        ("pyproject.toml", TOML.format("omit = ['?/m.py']")),
        ("pyproject.toml", TOML.format("omit = ['*/[f]irst/*']")),
        ("pyproject.toml", TOML.format("source = ['/elsewhere']")),
        ("pyproject.toml", TOML.format("source = ['${PWD}/src']")),
        ("pyproject.toml", TOML.format("source = ['~/src']")),
        ("pyproject.toml", '[tool."c\\u006fverage".run]\nomit = ["*/first/*"]\n'),
        ("pyproject.toml", "[tool.coverage.paths]\nsource = ['src', '*/first/src']\n"),
        ("pyproject.toml", "[tool.coverage.run]\nomit = ['*/first/*'\n"),  # no TOML: whatever that comes to
        ("setup.cfg", "[coverage:run]\nomit =\n    b\n    */first/*\n"),
        ("tox.ini", "[coverage:run]\nomit = b,*/first/*\n"),
        (".coveragerc", "[run]\nomit = */first/*\n"),
        (".coveragerc.toml", "[run]\nomit = ['*/first/*']\n"),
        ("own.cfg", "[run]\nomit = */first/*\n"),
        ("named.cfg", "[run]\nomit = */first/*\n"),
    ],
)
def test_settings_that_may_ask_for_the_folder_keep_it(tmp_path: Path, name: str, text: str) -> None:
    folder = tmp_path / "first"
    spec = {"addopts": {"config": "own.cfg"}}
    assert told(folder, {name: text}, spec, COVERAGE_RCFILE="named.cfg")[0] == str(folder)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", TOML.format("omit = ['*/other_place/*', '*', 'tests/*', 'src']\nbranch = true")),
        ("pyproject.toml", "[tool.black]\nexclude = '/first/*'\n"),
        ("pyproject.toml", TOML.format("branch = true") + "[tool.black]\nexclude = '/first/*'\n"),
        ("setup.cfg", "[metadata]\nurl = /first\n"),
        (
            ".coveragerc",
            "# of /first\n[run]\nomit = */other_place/*\n[report]\nexclude_lines =\n    pragma\n",
        ),
    ],
)
def test_settings_that_name_what_lies_below_do_not(tmp_path: Path, name: str, text: str) -> None:
    first, second = (told(tmp_path / one, {name: text}, {}) for one in ("first", "second"))
    assert first == second


def test_a_workspace_known_by_a_link_keeps_its_folder(tmp_path: Path) -> None:
    assert told(tmp_path / "first", {}, {"root": "/real"})[0] == str(tmp_path / "first")


def test_an_environment_in_the_workspace_is_none_beside_it() -> None:
    inside, beside = (
        elsewhere.told({"root": ROOT, "addopts": {}}, ROOT, Places((("env", env), ("root", ROOT))), {})
        for env in (f"{ROOT}/.venv", "/envs/one")
    )
    assert inside != beside


M, N = "<root>/a/m.py", "<root>/a/never.py"


@pytest.mark.parametrize(
    ("files", "tied"),
    [
        ({M: {"": [1]}, N: {}, "<env>/x.py": {}}, False),
        ({M: {"": [1]}, N: {"": []}}, False),
        ({N: {"": [1]}}, True),  # nobody has loaded it by this name
        ({M: {"": [1]}, "/elsewhere/x.py": {}}, True),
        ({M: {f"test_a.py::test[{ROOT}]|run": [1]}}, True),
    ],
)
def test_what_a_file_covered_elsewhere_ties_it(files: dict[str, Any], tied: bool) -> None:
    section = Section({"file": {M: "a", "<env>/x.py": "b"}})
    assert elsewhere.is_tied(Share(False, files), [section], ROOT) is tied


@pytest.mark.parametrize(
    ("configuration", "warnings", "tied"),
    [
        ({"omit": ["<root>/a/x/*", "*/x/*"], "source": ["src"]}, [], False),
        ({"source": ["linked"]}, [], True),
        ({"measured": {"folders": ["/elsewhere"]}}, [], True),
        ({}, [f"Already imported a file that will be measured: {ROOT}/a/m.py"], True),
    ],
)
def test_what_workers_say_of_another_place_ties_their_project(
    tmp_path: Path, configuration: dict[str, Any], warnings: list[str], tied: bool
) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "src")
    infos = [{"configuration": configuration, "warnings": warnings}]
    assert elsewhere.are_tied(infos, str(tmp_path), ROOT) is tied
