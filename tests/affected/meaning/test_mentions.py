"""Who names a file that lies elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.affected.meaning import mentions
from pytest_monorepo.affected.search import Search
from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.discovery.discover import discover
from tests.affected.test_decision import Repo

LOOKED_AT = (
    *("a.py", "deep/below/b.PYI", "c.toml", "d.cfg", "e.ini", "f.sh", "g.bash", "h.bat", "i.ps1", "j.mk"),
    *("k.yml", "l.YAML", "m.json", "n.txt", "o.in", "p.cmake", "with\nbreak.py", "[x]/é.py", ".hidden/q.py"),
    *(
        "Makefile",
        "GNU/Makefile.am",
        "makefile",
        "x/Dockerfile.dev",
        "Justfile",
        ".env",
        "x/.env.local",
        "a.envrc",
    ),
    *("g.ipynb", "h.zsh", "i.ksh", "j.fish", "k.bzl", "c.pyx", "BUILD.bazel", "log.conf", "a.properties"),
    *("t.j2", "t.html", "t.JINJA2", "t.mako", "a.xml", "a.xslt", "rows.csv", "a.tsv", "a.jsonl", "a.sql"),
    *("main.tf", "a.tfvars", "a.hcl"),
    *("Jenkinsfile", "GNUmakefile", "bin/check", "v1.2/run", "Makefile.d/e", "py", "[y]/é", "with\nbreak"),
)
NOT = ("a.md", "b.rst", "d.js", "e.tsx", "f.", ".gitignore")


def test_git_looks_into_all_that_is_read(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    for name in (*LOOKED_AT, *NOT):
        repo.write(f"libs/{name}", "see notes.md\n")
    repo.commit()
    found = Search(discover(repo.root, Settings()), None).tracked(["notes.md"])
    read = {path for path in found if mentions._READ.fullmatch(path)}
    assert read == {f"libs/{name}" for name in LOOKED_AT}
    assert not any(mentions._READ.fullmatch(f"libs/{name}") for name in NOT)


def test_a_script_without_ending_names_what_the_tests_read(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.write("libs/core/data/rows.json", "{}\n")
    repo.write("tool/tests/check", "#!/bin/sh\ncat ../libs/core/data/rows.json\n")
    repo.write("tool/tests/test_tool.py", "import subprocess; subprocess.run(['sh', 'tests/check'])\n")
    repo.commit()
    repo.write("libs/core/data/rows.json", "[]\n")
    assert "tool" in repo.selected()


LEADING_ON = {
    "templates/x.j2": "{% include 'core/data/rows.txt' %}",
    "templates/x.html": "{% include 'core/data/rows.txt' %}",
    "shop/rows.csv": "name,file\none,../core/data/rows.txt\n",
    "shop/rows.jsonl": '{"file": "core/data/rows.txt"}\n',
    "shop/doc.xml": '<xi:include href="../../core/data/rows.txt"/>',
    "shop/load.sql": "\\copy rows from '../core/data/rows.txt'",
    "infra/main.tf": 'x = templatefile("../../core/data/rows.txt", {})',
    "log.conf": "file = ../core/data/rows.txt",
    "tests/rows.feature": "Given the rows of '../libs/core/data/rows.txt'",
    "shop/shop.graphql": '#import "../../core/data/rows.txt"',
}


@pytest.mark.parametrize("holder", LEADING_ON)
def test_what_a_project_reads_leads_on_to_what_is_anothers(tmp_path: Path, holder: str) -> None:
    repo = Repo(tmp_path)
    repo.write("libs/core/data/rows.txt", "1\n")
    repo.write(f"tool/{holder}", LEADING_ON[holder])
    repo.write("tool/tests/test_tool.py", f"open({holder!r})\n")
    repo.commit()
    repo.write("libs/core/data/rows.txt", "2\n")
    assert "tool" in repo.selected()


def test_what_tests_name_first_and_the_source_as_well_concerns_dependents(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.write("libs/core/data/rows.txt", "1\n")
    repo.write("tool/check.sh", "cat ../libs/core/data/rows.txt\n")
    repo.write("tool/tool/rows.py", "ROWS = 'core/data/rows.txt'\n")
    repo.project("app", "app", 'tool = { path = "../tool" }')
    repo.commit()
    repo.write("libs/core/data/rows.txt", "2\n")
    assert {"tool", "app"} <= set(repo.selected())


ROOT = "from pathlib import Path\nimport os\nROOT = Path(__file__).parents[2]\n"
FROM_ELSEWHERE = {
    "in parts": 'X = ROOT / "libs" / "core" / "rows.json"\n',
    "in lines": 'X = (ROOT /\n     "libs" /\n     "core" /\n     "rows.json")\n',
    "joined in lines": (
        'X = os.path.join(\n    os.path.dirname(__file__),\n    "..",\n    "..",\n    "libs",\n    "core",\n'
        '    "rows.json",\n)\n'
    ),
    "by values": 'LIBS = ROOT / "libs"\nCORE = LIBS / "core"\nX = (CORE / "rows.json").read_text()\n',
    "by a list": 'for name in ("core", "other"):\n    X = Path("..") / "libs" / name / "rows.json"\n',
    "by a name": 'name = "core"\nX = f"../libs/{name}/rows.json"\n',
    "by a pattern": 'X = list(ROOT.glob("libs/*/rows.json"))\n',
    "by an ending": 'X = [p for p in ROOT.rglob("*.json")]\n',
    "by name and ending": 'X = (ROOT / "libs" / "core" / "rows").with_suffix(".json")\n',
    "by a name in a list": (
        'for name in ("rows", "other"):\n    X = ROOT / "libs" / "core" / f"{name}.json"\n'
    ),
    "by a form": 'X = "{}/libs/{}/{}.json".format(ROOT, "core", "rows")\n',
    "by a sum": 'X = str(ROOT) + "/libs/" + "core" + "/rows" + ".json"\n',
    "with another ending": 'X = (ROOT / "libs" / "core" / "rows").with_suffix(".csv")\n',
    "by a walk": "X = [n for n in os.walk(ROOT)]\n",
    "with its folder": 'import shutil\nshutil.copytree(ROOT / "libs" / "core", "x")\n',
    "as a folder by values": 'LIBS = ROOT / "libs"\nX = os.listdir(LIBS / "core")\n',
    "as a folder": 'run(["cat", "rows.json"], cwd=Path(__file__).parent.parent.parent / "libs" / "core")\n',
    "another name": 'X = ROOT / "libs" / "core" / "rows.csv"\nY = ROOT / "libs" / "cores" / "rows.json"\n',
    "of another": 'X = ROOT / "libs" / "other" / "rows.json"\nROOT / "libs" / "api" / "core.json"\n',
    "by another pattern": 'X = list(ROOT.glob("libs/*/*.toml"))\n',
}
NOT_MEANT = ("of another", "by another pattern", "with another ending")


@pytest.mark.parametrize("how", list(FROM_ELSEWHERE))
def test_data_of_another_project_is_found_however_its_path_is_made(tmp_path: Path, how: str) -> None:
    repo = Repo(tmp_path)
    repo.write("libs/core/rows.json", "{}\n")
    head = ROOT if "ROOT" in FROM_ELSEWHERE[how] else ROOT.replace("ROOT = Path(__file__).parents[2]\n", "")
    repo.write("tool/tests/test_x.py", head + FROM_ELSEWHERE[how])
    repo.commit()
    repo.write("libs/core/rows.json", "[]\n")
    assert ("tool" in repo.selected()) is (how not in NOT_MEANT)


HEAD = "import pytest\nfrom pathlib import Path\n"
UP = HEAD + "HERE = Path(__file__)\nTOP = HERE.parents[{}]\nLIBS = TOP / 'libs'\nLOW = 'libs'\n"
FIXTURE = HEAD + "\n@pytest.fixture\ndef top():\n    return Path(__file__).parents[{}]\n"
HANDED = {
    "of a conftest": (
        {"tests/conftest.py": UP},
        'from conftest import TOP\nX = TOP.glob("libs/*/rows.json")\n',
    ),
    "of a module": (
        {"tool/paths.py": UP},
        'from tool.paths import LIBS\nX = LIBS / "core"\nX / "rows.json"\n',
    ),
    "of a package": ({"tool/__init__.py": UP}, "import tool\nX = os.walk(tool.TOP)\n"),
    "of a class": (
        {"tool/paths.py": "class P:\n    top = __file__ + '/../../..'\n"},
        "from tool.paths import P\nos.walk(P.top)\n",
    ),
    "a fixture": ({"tests/conftest.py": FIXTURE}, 'def test_x(top):\n    list(top.rglob("*.json"))\n'),
    "a plugin's": ({"tool/plugin.py": FIXTURE}, 'def test_x(top):\n    list(top.rglob("*.json"))\n'),
    "the root's": ({"../conftest.py": FIXTURE}, 'def test_x(top):\n    list(top.rglob("*.json"))\n'),
    "made of one": (
        {
            "tool/paths.py": UP,
            "tests/conftest.py": "from tool.paths import TOP\n\ndef rows():\n    return TOP\n",
        },
        "from conftest import rows\nX = os.walk(rows())\n",
    ),
    "by way of one": (
        {"tool/paths.py": UP, "tool/__init__.py": "from .paths import TOP\n"},
        "import tool\nX = os.walk(tool.TOP)\n",
    ),
    "no way up": ({"tool/paths.py": UP}, 'from tool.paths import LOW\nX = Path(LOW).rglob("*.json")\n'),
    "in words": (
        {"../conftest.py": "# __file__\n", "tests/conftest.py": '    # ".."'},
        'X = Path("x").rglob("*.json")\n',
    ),
    "of nobody": ({"tool/paths.py": UP}, 'TOP = Path("x")\nX = TOP.rglob("*.json")\n'),
}


@pytest.mark.parametrize("how", list(HANDED))
def test_the_way_up_is_another_files(tmp_path: Path, how: str) -> None:
    repo = Repo(tmp_path)
    repo.write("libs/core/rows.json", "{}\n")
    files, test = HANDED[how]
    for file, text in files.items():
        repo.write(f"tool/{file}", text.format(0 if ".." in file else 2))
    repo.write("tool/tests/test_x.py", test)
    repo.commit()
    repo.write("libs/core/rows.json", "[]\n")
    assert ("tool" in repo.selected()) is (how not in ("no way up", "in words", "of nobody"))


CODE_ELSEWHERE = {
    "a file": 'run(ROOT / "libs" / "core" / "core" / "gen.py")\n',
    "a file by values": 'CORE = ROOT / "libs" / "core"\nrun(CORE / "core" / "gen.py")\n',
    "in lines": 'run(ROOT /\n    "libs" /\n    "core" /\n    "core/gen.py")\n',
    "a folder": 'sys.path.insert(0, str(Path(__file__).parents[2] / "libs" / "core"))\n',
    "a folder in steps": 'run(HERE.resolve().parent.parent.joinpath("libs").joinpath("core"))\n',
    "joined": 'run(os.path.join(HERE, "..", "..", "libs", "core"))\n',
    "of the root": 'run(os.path.join(os.path.dirname(HERE), "libs", "core"))\n',
    "too low": 'run(Path(__file__).parents[1] / "core")\n',
    "another": 'run(ROOT / "libs" / "cores" / "gen.py")\nrun(ROOT / "core" / "gen.py")\n',
}


@pytest.mark.parametrize("how", list(CODE_ELSEWHERE))
def test_code_of_another_project_is_found_by_a_path_in_parts(tmp_path: Path, how: str) -> None:
    repo = Repo(tmp_path)
    repo.write("libs/core/core/gen.py", "x = 1\n")
    repo.write("tool/tests/test_x.py", ROOT + CODE_ELSEWHERE[how])
    repo.commit()
    repo.write("libs/core/core/gen.py", "x = 2\n")
    assert ("tool" in repo.selected()) is (how not in ("too low", "another"))


MANIFEST_ELSEWHERE = {
    "pyproject.toml": 'read(ROOT / "libs" / "core" / "pyproject.toml")\n',
    "setup.cfg": 'CORE = ROOT / "libs" / "core"\nread(CORE / "setup.cfg")\n',
    "tox.ini": 'read(os.path.join(HERE, "../../libs/core/tox.ini"))\n',
    "of its own": 'read(Path(__file__).parents[1] / "pyproject.toml")\n',
    "of another": 'read(ROOT / "libs" / "cores" / "pyproject.toml")\n',
    "of nobody": 'read(tmp / "core" / "pyproject.toml")\n',
}


@pytest.mark.parametrize("how", list(MANIFEST_ELSEWHERE))
def test_the_manifest_of_another_project_is_named_with_its_folder(tmp_path: Path, how: str) -> None:
    repo = Repo(tmp_path)
    file = f"libs/core/{how if '.' in how else 'pyproject.toml'}"
    top = "" if how == "of nobody" else ROOT
    repo.write("tool/tests/test_x.py", top + MANIFEST_ELSEWHERE[how])
    before = (tmp_path / file).read_text() if (tmp_path / file).exists() else "[metadata]\n"
    repo.write(file, before)
    repo.commit()
    repo.write(file, before.replace('version = "1"', 'version = "2"') + '[more]\nx = "2"\n')
    assert ("tool" in repo.selected()) is (not how.startswith("of "))


BELOW = {
    "in parts": 'X = Path(__file__).parents[1] / "libs" / "core" / "rows.json"\n',
    "by values": 'CORE = TOP / "libs" / "core"\nX = CORE / "rows.json"\n',
    "from where it starts": 'open("libs/core/rows.json")\n',
    "its name in each": 'TOP.glob("libs/*/rows.json")\n',
    "its ending": 'Path(__file__).parent.parent.rglob("*.json")\n',
    "its ending in a folder": 'glob.glob("libs/**/*.json")\n',
    "a walk": 'os.walk(os.path.join(os.path.dirname(__file__), ".."))\n',
    "one of its own": 'open(Path(__file__).parent / "rows.json")\n',
    "some of its own": 'Path(__file__).parent.rglob("*.json")\n',
    "a walk of its own": "os.walk(os.path.dirname(__file__))\n",
    "one of another": 'open("libs/other/rows.json")\n',
}


@pytest.mark.parametrize("how", list(BELOW))
def test_a_test_of_the_root_reads_what_projects_have(tmp_path: Path, how: str) -> None:
    repo = Repo(tmp_path)
    repo.write("pyproject.toml", '[project]\nname = "top"\nversion = "1"\n')
    repo.write("libs/core/rows.json", "{}\n")
    repo.write("tests/test_top.py", BELOW[how])
    repo.write("tests/rows.json", "{}\n")
    repo.commit()
    repo.write("libs/core/rows.json", "[]\n")
    assert ("." in repo.selected()) is (how not in ("one of another",) and "its own" not in how)


@pytest.mark.parametrize("address", [True, False])
def test_an_address_in_a_manifest_names_no_file(tmp_path: Path, address: bool) -> None:
    repo = Repo(tmp_path)
    repo.write("libs/core/CHANGES.md", "1\n")
    where = "https://example.org/libs/tool/CHANGES.md" if address else "../libs/core/CHANGES.md"
    repo.project("tool", "tool", tables=f"[tool.x]\nchanges = '{where}'\nfiles = ['**/*.py', '../..']\n")
    repo.commit()
    repo.write("libs/core/CHANGES.md", "2\n")
    assert ("tool" in repo.selected()) is not address
