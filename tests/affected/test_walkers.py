"""A test that goes through the code or the manifests of others, and names none of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo import settings
from pytest_monorepo.affected.decision import decide
from pytest_monorepo.workspace.discovery.discover import discover

from .test_named import Space

_HEAD = "import glob, os, subprocess, sys\nfrom pathlib import Path\n"
_UP = _HEAD + "ROOT = Path(__file__).resolve().parents[3]\n"
_OF_ROOT = "ROOT = Path(__file__).resolve().parents[3]\n"
# a test of libs/a, and the file of libs/b that it meets
_MEETS = {
    'def test_it():\n    assert list(ROOT.rglob("*.py"))\n': "libs/b/src/b.py",
    'def test_it():\n    for one in (ROOT / "libs").glob("*/pyproject.toml"):\n        one.read_text()\n': (
        "libs/b/pyproject.toml"
    ),
    "def test_it():\n    for folder, _, names in os.walk(ROOT):\n        pass\n": "libs/b/src/b.py",
    'def test_it():\n    subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT)\n': "libs/b/src/b.py",
    'def test_it():\n    glob.glob("../*/tests/*.py")\n': "libs/b/tests/test_it.py",
}


@pytest.mark.parametrize("root_has_tests", [False, True])
@pytest.mark.parametrize("text", _MEETS)
def test_a_change_of_what_it_meets_runs_it(tmp_path: Path, text: str, root_has_tests: bool) -> None:
    space = Space(tmp_path, root_has_tests=root_has_tests)
    space.write("libs/b/src/b.py", "X = 1\n")
    space.write("libs/a/tests/test_all.py", _UP + text)
    assert space.edited(_MEETS[text], _changed(_MEETS[text])) == ["libs/a", "libs/b"]


@pytest.mark.parametrize("path", ["libs/b/src/b.pyi", "libs/b/ruff.toml", "libs/b/mypy.ini"])
@pytest.mark.parametrize("text", ["os.walk(ROOT)", 'subprocess.run(["ruff", "check", "."], cwd=ROOT)'])
def test_types_and_settings_of_tools_are_met_too(tmp_path: Path, text: str, path: str) -> None:
    space = Space(tmp_path, root_has_tests=False)
    space.write("libs/a/tests/test_all.py", f"{_UP}def test_it():\n    {text}\n")
    assert "libs/a" in space.edited(path, "# 3\n")


@pytest.mark.parametrize("walk", ['"*"', '"*.lock"', '".gitmodules"'])
@pytest.mark.parametrize("name", ["uv.lock", ".gitmodules"])
def test_what_is_read_for_what_it_says_is_met_too(tmp_path: Path, walk: str, name: str) -> None:
    texts = {
        "uv.lock": 'version = 1\n[[package]]\nname = "six"\nversion = "1.{}"\n'
        'source = { registry = "https://x.example" }\n',
        ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = {}\n',
    }
    space = Space(tmp_path, root_has_tests=False)
    space.write(f"libs/b/{name}", texts[name].replace("{}", "1"))
    space.write("libs/a/tests/test_all.py", f"{_UP}def test_it():\n    list(ROOT.rglob({walk}))\n")
    selected = space.edited(f"libs/b/{name}", texts[name].replace("{}", "2"))
    assert ("libs/a" in selected) is (walk == '"*"' or name.endswith(walk.strip('"*')))


def _changed(path: str) -> str:
    return (
        '[project]\nname = "b-lib"\nversion = "2"\n' if path.endswith(".toml") else "def test_it():\n    1\n"
    )


@pytest.mark.parametrize(
    "path", ["services/c/tests/test_it.py", "services/c/pyproject.toml", "services/c/more.py"]
)
def test_what_lies_elsewhere_or_has_another_name_does_not(tmp_path: Path, path: str) -> None:
    space = Space(tmp_path, root_has_tests=False)
    walk = 'def test_it():\n    assert list((ROOT / "libs").rglob("*.py"))\n'
    space.write("libs/a/tests/test_all.py", _UP + walk)
    text = '[project]\nname = "c-lib"\nversion = "2"\n' if path.endswith(".toml") else "X = 2\n"
    assert space.edited(path, text) == ["services/c"]


@pytest.mark.parametrize(
    ("giver", "text", "taken", "root"),
    [
        ("tests/paths.py", _OF_ROOT, "from paths import ROOT", "ROOT"),
        ("tests/paths.py", _OF_ROOT, "from paths import ROOT as TOP", "TOP"),
        ("tests/paths.py", _OF_ROOT, "from paths import *", "ROOT"),
        ("tests/paths.py", _OF_ROOT, "import paths", "paths.ROOT"),
        (
            "tests/paths.py",
            f"def root():\n    {_OF_ROOT}    return ROOT\n",
            "from paths import root",
            "root()",
        ),
        ("tests/paths.py", f"class Paths:\n    {_OF_ROOT}", "from paths import Paths", "Paths.ROOT"),
        ("tests/conftest.py", f"@pytest.fixture\ndef ROOT():\n    {_OF_ROOT}    return ROOT\n", "", "ROOT"),
    ],
)
def test_a_folder_may_be_given_by_another_file(
    tmp_path: Path, giver: str, text: str, taken: str, root: str
) -> None:
    space = Space(tmp_path, root_has_tests=False)
    argument = "" if taken else "ROOT"
    space.write(f"libs/a/{giver}", "import pytest\nfrom pathlib import Path\n" + text)
    space.write(
        "libs/a/tests/test_all.py", f'{taken}\ndef test_it({argument}):\n    list({root}.rglob("*.py"))\n'
    )
    space.write("libs/b/src/b.py", "X = 1\n")
    assert space.edited("libs/b/src/b.py", "X = 2\n") == ["libs/a", "libs/b"]


def test_a_name_that_nothing_leads_up_to_is_none(tmp_path: Path) -> None:
    space = Space(tmp_path, root_has_tests=False)
    space.write("libs/a/tests/paths.py", "ROOT = 1\n")
    space.write(
        "libs/a/tests/test_all.py", 'from paths import ROOT\ndef test_it():\n    list(ROOT.rglob("*.py"))\n'
    )
    space.write("libs/b/src/b.py", "X = 1\n")
    assert space.edited("libs/b/src/b.py", "X = 2\n") == ["libs/b"]


@pytest.mark.parametrize("text", ['list(Path("libs").rglob("*.py"))', 'list(ROOT.rglob("*.py"))'])
def test_the_roots_own_tests_meet_what_lies_below(tmp_path: Path, text: str) -> None:
    space = Space(tmp_path, root_has_tests=True)
    head = _HEAD + "ROOT = Path(__file__).resolve().parents[1]\n"
    space.write("tests/test_all.py", f"{head}def test_it():\n    {text}\n")
    space.write("libs/b/src/b.py", "X = 1\n")
    space.commit()
    space.write("libs/b/src/b.py", "X = 2\n")
    assert space.selected() == [".", "libs/b"]


@pytest.mark.parametrize("named", [False, True])
def test_a_tool_of_the_root_counts_where_a_test_has_it(tmp_path: Path, named: bool) -> None:
    space = Space(tmp_path, root_has_tests=True)
    space.write("tools/check_all.py", _HEAD + 'list(Path("libs").rglob("*.py"))\n')
    if named:
        space.write("tests/test_all.py", "from tools import check_all\ndef test_it():\n    pass\n")
    space.write("libs/b/src/b.py", "X = 1\n")
    space.commit()
    space.write("libs/b/src/b.py", "X = 2\n")
    assert space.selected() == ([".", "libs/b"] if named else ["libs/b"])


@pytest.mark.parametrize(
    "text",
    [
        'list(Path(__file__).parents[1].rglob("*.py"))\n',
        'list(Path(sys.argv[1]).rglob("*.py"))\n',
        'for _, _, names in os.walk("."):\n    [name for name in names if name.endswith(".py")]\n',
    ],
)
def test_a_script_of_no_project_counts_for_whoever_names_it(tmp_path: Path, text: str) -> None:
    space = Space(tmp_path, root_has_tests=False)
    space.write("tools/check_all.py", _HEAD + text)
    space.write(
        "libs/a/tests/test_all.py",
        "import subprocess, sys\ndef test_it():\n"
        '    subprocess.run([sys.executable, "../../tools/check_all.py"])\n',
    )
    space.write("libs/b/src/b.py", "X = 1\n")
    assert space.edited("libs/b/src/b.py", "X = 2\n") == ["libs/a", "libs/b"]


def test_what_was_kept_of_the_run_before_is_as_what_is_read_anew(tmp_path: Path) -> None:
    space = Space(tmp_path, root_has_tests=False)
    space.write("libs/a/tests/test_all.py", _UP + 'def test_it():\n    list(ROOT.rglob("*.py"))\n')
    space.write("libs/b/src/b.py", "X = 1\n")
    space.commit()
    for text in ("X = 2\n", "X = 3\n"):
        space.write("libs/b/src/b.py", text)
        assert space.selected() == ["libs/a", "libs/b"]


def test_a_manifest_in_which_no_test_can_see_the_change_is_met_all_the_same(tmp_path: Path) -> None:
    space = Space(tmp_path, root_has_tests=False)
    walk = 'def test_it():\n    for one in ROOT.rglob("pyproject.toml"):\n        one.read_text()\n'
    space.write("libs/a/tests/test_all.py", _UP + walk)
    space.commit()
    space.write(
        "libs/b/pyproject.toml", '[project]\nname = "b-lib"\nversion = "1"\n[tool.ruff]\nfix = true\n'
    )
    assert space.selected() == ["libs/a", "libs/b"]


@pytest.mark.parametrize("text", [text for text, path in _MEETS.items() if path.endswith("b.py")])
def test_of_its_project_the_test_file_runs_that_meets_the_change(tmp_path: Path, text: str) -> None:
    space = Space(tmp_path, root_has_tests=False)
    space.add("libs/b", '[tool.pytest.ini_options]\npythonpath = ["src"]\n')
    space.write("libs/b/src/b.py", "X = 1\n")
    space.write("libs/b/tests/test_b.py", "import b\ndef test_it():\n    pass\n")
    space.write("libs/a/tests/test_all.py", _UP + text)
    space.commit()
    space.write("libs/b/src/b.py", "X = 2\n")
    found = settings.load(tmp_path)
    decision = decide(tmp_path, discover(tmp_path, found), found, "HEAD", by_file=True)
    files = {path: sorted(one.files) for path, one in (decision.files or {}).items() if one.whole is None}
    assert files == {"libs/a": ["libs/a/tests/test_all.py"], "libs/b": ["libs/b/tests/test_b.py"]}


def test_source_that_goes_through_what_it_is_given_is_not_after_all_code(tmp_path: Path) -> None:
    space = Space(tmp_path, root_has_tests=False)
    space.write(
        "libs/a/a.py",
        _HEAD + "def find(root, name='*'):\n    return list(Path(root or '.').rglob(name))\n",
    )
    space.write(
        "libs/a/tests/test_a.py", "from a import find\ndef test(tmp_path):\n    assert not find(tmp_path)\n"
    )
    space.write("libs/b/src/b.py", "X = 1\n")
    space.commit()
    space.write("libs/b/src/b.py", "X = 2\n")
    assert space.selected() == ["libs/b"]


_RUNS = "import subprocess\ndef test_it():\n    subprocess.run(['sh', '{}'])\n"


@pytest.mark.parametrize(
    ("script", "text", "reached"),
    [
        ("libs/a/tests/check.sh", "cd ../..\ngit ls-files '*.py' | xargs cat\n", True),
        ("libs/a/tests/check.sh", "find \"$(git rev-parse --show-toplevel)\" -name '*.py'\n", True),
        ("libs/a/tests/check.sh", "cd ../..\nfor f in */*/src/*.py; do cat $f; done\n", True),
        ("libs/a/tests/check.sh", "grep -rl X \\\n  ../..\n", True),
        ("libs/a/tests/check.sh", "ruff check ../..\n", True),
        ("libs/a/tests/check.sh", "FIND=find; cd ../..\n$FIND . -name '*.py'\n", True),
        ("libs/a/tests/check.sh", "readonly LOOK='find -L'\n${LOOK} ../.. -name '*.py'\n", True),
        ("libs/a/tests/check.sh", 'LOOK=(/usr/bin/grep -r)\n"${LOOK[@]}" x ../..\n', True),
        ("libs/a/tests/check.sh", 'cd ../..\nRUFF=.venv/bin/ruff\n"$RUFF" check .\n', True),
        ("libs/a/tests/check.sh", "SAY=echo; cd ../..\n$SAY . -name '*.py'\n", False),
        ("tools/check.sh", "find . -name '*.py'\n", True),
        ("libs/a/tests/check.sh", "cd ../..\nfor d in *; do cat $d/src/b.py; done\n", True),
        ("libs/a/tests/check.sh", "cd ../..\npython - <<E\nPath('.').rglob('*.py')\nE\n", True),
        ("libs/a/tests/check.sh", "perl -MFile::Find -e 'find(sub { open F, $_ }, \"../..\")'\n", True),
        ("libs/a/tests/check.bats", "cat ../../*/src/*.py\n", True),
        ("libs/a/tests/check", "#!/usr/bin/env bash\ncat ../../*/src/*.py\n", True),
        ("libs/c/tools/check.sh", "cd ../..\nfind . -name '*.py'\n", True),
        # nothing of it, another kind of files, below its own folder, or a comment
        ("libs/a/tests/check.sh", "echo ../..\n", False),
        ("libs/a/tests/check.sh", "find ../.. -name '*.json'\n", False),
        ("libs/a/tests/check.sh", "find . -name '*.py'\n", False),
        ("libs/a/tests/check.sh", "# find ../.. -name '*.py'\n", False),
        ("libs/a/tests/check.sh", "for d in one two; do echo $d..; done\n", False),
        ("libs/a/tests/check", "#!/usr/bin/env python3\n# cat ../../*/src/*.py\n", False),
    ],
)
@pytest.mark.parametrize("named", [True, False])
def test_a_shells_script_that_a_test_names(
    tmp_path: Path, script: str, text: str, reached: bool, named: bool
) -> None:
    space = Space(tmp_path, root_has_tests=False)
    space.write(script, text)
    space.write("libs/a/tests/test_all.py", _RUNS.format(script if named else "other.sh"))
    space.write("libs/b/src/b.py", "X = 1\n")
    assert ("libs/a" in space.edited("libs/b/src/b.py", "X = 2\n")) is (reached and named)


def test_settings_that_somebody_goes_through_still_reach_all_their_own_tests(tmp_path: Path) -> None:
    space = Space(tmp_path, root_has_tests=False)
    space.write("libs/b/pytest.ini", "[pytest]\nmarkers = one: x\n")
    space.write("libs/a/tests/test_all.py", _UP + 'def test_it():\n    list(ROOT.rglob("*"))\n')
    space.commit()
    space.write("libs/b/pytest.ini", "[pytest]\nmarkers = two: x\n")
    found = settings.load(tmp_path)
    decision = decide(tmp_path, discover(tmp_path, found), found, "HEAD", by_file=True)
    files = {path: None if one.whole else sorted(one.files) for path, one in (decision.files or {}).items()}
    # the other one may be told of them by what is above it as well
    assert files == {"libs/a": None, "libs/b": None}


_GOES = _HEAD + "def find(root):\n    return list(Path(root).rglob('*'))\ndef make(x):\n    return x\n"
_TAKES = "from pathlib import Path\nfrom a import find, make\n"


@pytest.mark.parametrize(
    ("path", "meets"),
    [
        ("../etc/passwd", False),
        ("../../../etc", False),
        ("../b/x", True),
        ("../../../{checkout}/libs/b", True),
        ("..", True),
    ],
)
@pytest.mark.parametrize("said", ["find(make(Path({!r})))", "find({!r})"])
def test_a_path_to_nothing_there_is_goes_nowhere(tmp_path: Path, path: str, meets: bool, said: str) -> None:
    space = Space(tmp_path, root_has_tests=False)
    space.write("libs/a/a.py", _GOES)
    text = said.format(path.replace("{checkout}", tmp_path.name))
    space.write("libs/a/tests/test_a.py", f"{_TAKES}def test_it():\n    {text}\n")
    selected = space.edited("libs/b/x/b.py", "2\n")
    assert ("libs/a" in selected) is meets


@pytest.mark.parametrize("path", ["../../.git", "../../ignored/x"])
def test_what_git_does_not_list_is_there(tmp_path: Path, path: str) -> None:
    space = Space(tmp_path, root_has_tests=False)
    space.write(".gitignore", "ignored/\n")
    space.write("ignored/x", "1\n")
    space.write("libs/a/a.py", _GOES)
    space.write("libs/a/tests/test_a.py", f"{_TAKES}def test_it():\n    find(make(Path({path!r})))\n")
    assert "libs/a" in space.edited("libs/b/x/b.py", "2\n")


@pytest.mark.parametrize("came", ["libs/etc/passwd", "libs/b/ETC/x.txt", "libs/b/etc"])
def test_what_comes_or_goes_under_that_name_is_met(tmp_path: Path, came: str) -> None:
    space = Space(tmp_path, root_has_tests=False)
    space.write("libs/a/a.py", _GOES)
    space.write("libs/a/tests/test_a.py", f"{_TAKES}def test_it():\n    find(make(Path('../etc/x')))\n")
    space.commit()
    assert space.selected() == []
    space.write(came, "1\n")
    assert "libs/a" in space.selected()
    space.commit()
    (tmp_path / came).unlink()
    assert "libs/a" in space.selected()


@pytest.mark.parametrize(
    ("function", "is_text"),
    [
        ("def build(x):\n    return TEXT.format(base64.b64encode(x.encode()))\nTEXT = 'a {}'\n", True),
        (
            "def build(x):\n    return f'find {shlex.quote(x)}' + other(x)\ndef other(y):\n    return y\n",
            True,
        ),
        ("def build(x):\n    KEPT.append(x)\nKEPT = []\n", False),
        ("def build(x):\n    global kept\n    kept = x\n", False),
        ("def build(x):\n    return go(x)\ndef go(x):\n    return list(Path(x).rglob('*'))\n", False),
        ("from .goes import find\ndef build(x):\n    return str(sorted([x], key=find))\n", False),
        (
            "import json\nfrom .goes import find\ndef build(x):\n    return json.dumps(x, default=find)\n",
            False,
        ),
        ("def build(x):\n    return str(sorted([x], key=str, reverse=True))\n", True),
        ("@wraps\ndef build(x):\n    return str(x)\n", False),
        ("def build(x):\n    return str(x)\nbuild = other(build)\n", False),
        ("def build(x, to=None):\n    to.format(x)\n", False),
        ("from go import *\ndef build(x):\n    return str(x)\n", False),
    ],
)
def test_a_function_that_makes_text_of_a_path_goes_nowhere(
    tmp_path: Path, function: str, is_text: bool
) -> None:
    space = Space(tmp_path, root_has_tests=False)
    space.write("libs/a/pkg/__init__.py", "")
    space.write("libs/a/pkg/goes.py", _GOES)
    space.write("libs/a/pkg/made.py", f"import base64, shlex\nfrom pathlib import Path\n{function}")
    space.write(
        "libs/a/tests/test_a.py",
        "from pkg.made import build\nimport pkg.goes\nROOT = build('..')\ndef test_it():\n    pass\n",
    )
    assert ("libs/a" in space.edited("libs/b/src/b.py", "X = 2\n")) is not is_text
