"""Files of a project that no import leads to: all of its own tests, and elsewhere those that use its code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workspace.trees import named

from .test_files import TEST, Repo, running, uses

FILES = {
    "pyproject.toml": "[tool.pytest-monorepo]\n",
    "libs/low/pyproject.toml": named("low"),
    "libs/low/low/__init__.py": "",
    "libs/low/low/settings.toml": "x = 1\n",
    "libs/low/noxfile.py": "",
    "libs/low/requirements.txt": "attrs\n",
    "libs/low/pytest.ini": "[pytest]\n",
    "libs/low/environment.yml": "",
    "libs/low/tests/helper.py": "",
    "libs/low/tests/golden/one": "",
    "libs/low/tests/test_low.py": uses("import low"),
    "libs/low/tests/test_other.py": TEST,
    "high/pyproject.toml": named("high", "dependencies = ['low']\n"),
    "high/high/__init__.py": "",
    "high/high/deep.py": "import low\n",
    "high/tests/test_uses.py": uses("from high import deep"),
    "high/tests/test_plain.py": uses("import high"),
    "high/tests/test_file.py": uses("NAME = 'noxfile.py'"),
    "high/tests/test_folder.py": uses("FOLDER = '../libs/low'"),
    "high/tests/test_lists.py": uses("import os", "FOUND = os.listdir"),
}
# by its code, imported or named, by a folder's name, and by what nobody can follow
NEAR = {"test_uses.py", "test_file.py", "test_folder.py", "test_lists.py"}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    root = tmp_path / "repo"
    root.mkdir()
    return Repo(root)


@pytest.mark.parametrize(
    ("path", "high"),
    [
        ("libs/low/noxfile.py", NEAR),
        ("libs/low/Makefile", NEAR),
        # what a module may be built of, and what somebody may find by a name that stands in no code
        ("libs/low/low/settings.toml", "libs/low/low/settings.toml changed, which no import leads to"),
        ("libs/low/src/low.c", "libs/low/src/low.c changed, which no import leads to"),
        ("libs/low/src/lib.rs", "libs/low/src/lib.rs changed, which no import leads to"),
        ("libs/low/low/low.proto", "libs/low/low/low.proto changed, which no import leads to"),
        ("libs/low/golden/one", "libs/low/golden/one changed, which no import leads to"),
        # what says what is installed, and who must run whole
        ("libs/low/environment.yml", "libs/low/environment.yml changed, which no import leads to"),
        ("libs/low/pyproject.toml", "libs/low/pyproject.toml changed, which"),
    ],
)
def test_others_run_what_uses_the_project(repo: Repo, path: str, high: set[str] | str) -> None:
    repo.commit(FILES)
    found = running(repo.after({path: f"{FILES.get(path, '')}\n[other]\nx = 2\n"}))
    assert isinstance(found["libs/low"], str)
    if isinstance(high, str):
        assert str(found["high"]).startswith(high)
    else:
        assert found["high"] == high


def test_what_several_read_by_name_is_for_all_of_each(repo: Repo) -> None:
    manifest = (
        FILES["high/pyproject.toml"] + "[tool.pytest.ini_options]\ntestpaths = ['tests', '../libs/low/low']\n"
    )
    repo.commit({**FILES, "high/pyproject.toml": manifest})
    found = running(repo.after({"libs/low/low/settings.toml": "x = 2\n"}))
    assert found["high"] == "its settings name libs/low/low outside of it for tests"


def test_what_a_text_elsewhere_names_is_for_all(repo: Repo) -> None:
    repo.commit({**FILES, "high/tests/cases.json": '["../libs/low/Makefile"]'})
    found = running(repo.after({"libs/low/Makefile": "all:\n"}))
    assert found["high"] == "libs/low/Makefile changed, which no import leads to"


def test_a_file_of_the_root_is_for_all(repo: Repo) -> None:
    repo.commit({**FILES, "tests/test_root.py": TEST, "settings.toml": ""})
    found = running(repo.after({"settings.toml": "x = 2\n"}))
    assert {type(files) for files in found.values()} == {str}


def test_so_is_it_where_all_of_the_project_is_gone(repo: Repo) -> None:
    """Of its manifest all run who needed it; by what else was there, those that used it."""
    installs = ("environment.yml", "requirements.txt", "pytest.ini")
    files = {path: text for path, text in FILES.items() if not path.endswith(installs)}
    repo.commit({**files, "high/pyproject.toml": named("high")})
    found = running(repo.after({path: None for path in files if path.startswith("libs/low/")}))["high"]
    assert isinstance(found, str)


def test_the_way_leads_over_the_code(repo: Repo) -> None:
    repo.commit(FILES)
    decision = repo.after({"libs/low/noxfile.py": "x = 1\n"})
    assert decision.files is not None
    assert decision.files["high"].files["high/tests/test_uses.py"].chain == (
        "libs/low/noxfile.py",
        "libs/low/low/__init__.py",
        "high/high/deep.py",
        "high/tests/test_uses.py",
    )
