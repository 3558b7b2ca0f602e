"""Who goes through folders for code or manifests, and from which folder: rows of one file each."""

from __future__ import annotations

import pytest

from pytest_monorepo.workspace.imports.one_file.sieve import sieve
from pytest_monorepo.workspace.imports.one_file.walks import WALKS

_UP = "ROOT = Path(__file__).resolve().parents[2]\n"
_FOUND = {
    # by steps up
    'Path(__file__).resolve().parents[3].rglob("*.py")': "file|4||*.py",
    'HERE = Path(__file__).parent\nROOT = HERE.parent.parent\n(ROOT / "libs").glob("*/pyproject.toml")': (
        "file|3|libs|pyproject.toml"
    ),
    "TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))\nos.walk(TOP)": "file|2||*",
    'os.walk(os.path.join(os.path.dirname(__file__), "..", ".."))': "file|3||*",
    'glob.glob(str(ROOT / "**" / "*.py"), recursive=True)\n' + _UP: "file|3||*.py",
    _UP + 'glob.glob(f"{ROOT}/libs/**/*.py")': "file|3|libs|*.py",
    _UP + 'for one in (ROOT / "libs").iterdir():\n    (one / "pyproject.toml").read_text()': "file|3|libs|*",
    _UP + "for name in os.listdir(str(ROOT)):\n    pass": "file|3||*",
    _UP + 'shutil.copytree(ROOT, tmp_path / "x")': "file|3||*",
    _UP + 'ROOT.glob("*/setup.cfg")': "file|3||setup.cfg",
    # where a test runs
    'glob.glob("../*/pyproject.toml")': "cwd|1||pyproject.toml",
    'Path.cwd().parent.rglob("*.py")': "cwd|1||*.py",
    'Path("libs").rglob("*.py")': "cwd|0|libs|*.py",
    # commands
    _UP + 'subprocess.check_output(["git", "ls-files", "*.py"], cwd=ROOT)': "file|3||*.py",
    _UP + 'subprocess.check_output(["git", "-C", str(ROOT), "ls-files", "*.py"])': "file|3||*.py",
    _UP + 'LIST = ["git", "ls-files"]\nsubprocess.check_output(LIST, cwd=ROOT)': "file|3||*",
    'subprocess.run("git ls-files | sort", shell=True, cwd="../..")': "cwd|2||*",
    _UP + 'subprocess.run(["find", str(ROOT), "-name", "*.py"])': "file|3||*.py",
    _UP + 'subprocess.run(["ruff", "check", str(ROOT)])': "file|3||*",
    _UP + 'subprocess.run([sys.executable, "-m", "mypy", "."], cwd=ROOT)': "file|3||*",
    # up to wherever it is
    'ROOT = Path(run(["git", "rev-parse", "--show-toplevel"]).strip())\nROOT.rglob("*.py")': "top|0||*.py",
    "def root():\n    p = Path(__file__)\n"
    "    while not (p / '.git').exists():\n        p = p.parent\n    return p\n"
    'root().rglob("*.py")': "?|0||*.py",
    'ROOT = next(p for p in Path(__file__).parents if (p / ".git").exists())\n'
    'ROOT.rglob("*.py")': "?|0||*.py",
    'ROOT = find_root(Path(__file__))\nROOT.rglob("*.py")': "?|0||*.py",
    'def test_it(request):\n    request.config.rootpath.rglob("*.py")': "top|0||*.py",
    'Path(os.environ["GITHUB_WORKSPACE"]).rglob("*.py")': "top|0||*.py",
    'repo = git.Repo(".", search_parent_directories=True)\nrepo.git.ls_files("*.py")': "top|0||*",
    # handed on within the file
    "@pytest.fixture\ndef root():\n    return Path(__file__).parents[2]\n"
    'def test_it(root):\n    root.rglob("*.py")': "file|3||*.py",
    "def check(root):\n    return list(root.rglob('*.py'))\ncheck(Path(__file__).parents[2])": "file|3||*.py",
    "class TestAll:\n    root = Path(__file__).parents[2]\n"
    "    def test_it(self):\n        self.root.rglob('*.py')": ("file|3||*.py"),
    _UP + '@pytest.mark.parametrize("at", [ROOT / "a"])\ndef test_it(at):\n    at.rglob("*.py")': (
        "file|3|a|*.py"
    ),
    # given from elsewhere
    'from .paths import ROOT\nROOT.rglob("*.py")': "=ROOT|0||*.py",
    'from . import paths\npaths.ROOT.rglob("*.py")': "=ROOT|0||*.py",
    'def test_it(repo_root):\n    list(repo_root.rglob("*.py"))': "=repo_root|0||*.py",
    # of its own package, and up beyond it
    'import pkg\nPath(pkg.__file__).parents[3].rglob("*.py")': "?|0||*.py",
    # what this Python cannot parse
    'type = = 1\nPath(__file__).parents[3].rglob("*.py")': "file|4||*",
}
_NOT_FOUND = (
    'def test_it(tmp_path):\n    list(tmp_path.rglob("*.py"))\n'
    "    os.walk(tmp_path)\n    os.listdir(str(tmp_path))",
    _UP + 'ROOT.rglob("*.json")',
    'import pkg\nPath(pkg.__file__).parent.rglob("*.py")',
    'def test_it(tmp_path):\n    subprocess.run(["ruff", "check"], cwd=tmp_path)',
    "rows = json.loads((Path(__file__).parent / 'a.json').read_text())\nrows.walk()",
    'def test_it(tmp_path):\n    shutil.copytree(tmp_path / "a", tmp_path / "b")',
    'WORDS = ["find", "fd", "other"]',
)


def _walks(text: str) -> list[str]:
    return [name.removeprefix(WALKS) for name in sieve(text.encode()) if name.startswith(WALKS)]


@pytest.mark.parametrize("text", _FOUND)
def test_a_walk_that_may_meet_code_is_found_with_where_it_begins(text: str) -> None:
    assert _FOUND[text] in _walks(text)


@pytest.mark.parametrize("text", _NOT_FOUND)
def test_a_walk_through_a_tests_own_folders_is_none(text: str) -> None:
    assert _walks(text) == []


def test_a_name_that_is_given_itself_again_and_again_comes_to_an_end() -> None:
    lines = [f"a{number} = a{number + 1} / 'x' / a{(number * 7) % 60}" for number in range(60)]
    text = "\n".join((*lines, "a60 = Path(__file__).parent", "a0 = a0.parent / 'y'", "a0.rglob('*.py')"))
    assert any(found.endswith("|*.py") for found in _walks(text))
