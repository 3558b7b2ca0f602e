"""Which test files a changed data file or manifest reaches: by the texts that can give its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.affected.files.data import is_plain, may_name_it, names_it
from pytest_monorepo.affected.files.needs import changed_needs, editable_otherwise
from tests.workspace.trees import named

from .test_files import MEMBERS, TEST, Repo, running, uses

ROWS = "shop/data/rows.csv"
FILES = frozenset((ROWS, "shop/data/s.csv", "other/data/rows.csv"))


@pytest.mark.parametrize(
    "text",
    [
        "open('shop/data/rows.csv')",
        "open('../data/rows.csv')",
        "open(r'data\\rows.csv')",
        "DATA / 'rows.csv'",
        "DATA / 'ROWS.CSV'",
        "'/srv/repo/shop/data/rows.csv'",
        "open('fixtures/rows.csv')",
        "f'{name}.csv'",
        "f'{folder}/rows.csv'",
        "'%s.csv' % name",
        "'%(name)s.csv' % row",
        "'%03d.csv' % 3",
        "'ro' + 'ws.csv'",
        "'$name.csv'",
        "glob('*.csv')",
        "path.with_suffix('.csv')",
        "name + '.' + 'csv'",
        "for kind in ('json', 'csv'):",
        "load('shop/data')",
        'load("data/")',
        "files('shop.data')",
        "f'data/{name}'",
        "f'data/{name}.csv'",
        "'shop/data/r%s.csv' % name",
        "f'{here}/data/{name}.csv'",
        "f'../data/{name}.csv'",
        "f'fixtures/{name}.csv'",
        "f'{base}other/data/{name}.csv'",
        "'SHOP/DATA/{}.csv'.format(name)",
        "load(ROOT / 'fixtures/data')",
        "load(f'{base}other/data')",
        "load('../data')",
        "load('other/data', 'data')",
    ],
)
def test_these_texts_may_name_it(text: str) -> None:
    assert may_name_it(text, ROWS, ("shop/data",), FILES)


@pytest.mark.parametrize(
    "text",
    [
        "import csv",
        "csv.reader(open('other.txt'))",
        "open('other/data/rows.csv')",
        "open('columns.csv')",
        "open('rows.csv_old')",
        "data = 3",
        "load('metadata')",
        "database/x",
        "f'other/data/{name}.csv'",
        "'../other/data/r%s.csv' % name",
        "'other/data/r{}.csv'.format(name)",
        "load('other/data')",
        "(ROOT / 'other/data').glob('r?ws.*')",
        "ROOT / r'other\\data'",
    ],
)
def test_these_do_not(text: str) -> None:
    assert not may_name_it(text, ROWS, ("shop/data",), FILES)
    assert not names_it(text, ROWS, FILES)


@pytest.mark.parametrize(
    ("path", "plain"),
    [
        ("shop/data/rows.csv", True),
        ("shop/templates/page.html", True),
        ("shop/.env", False),
        ("shop/data/.rows.csv", False),
        ("shop/settings.yaml", False),
        ("shop/logging.json", False),
        ("shop/tests/test_it/rows.yml", False),
        ("shop/tests/cassettes/a.yaml", False),
        ("shop/tests/__snapshots__/a.txt", False),
        ("shop/requirements-dev.txt", False),
        ("shop/locale/de.txt", False),
        ("shop/docker-compose.yml", False),
        ("shop/logging.ini", False),
        ("shop/rows", False),
        ("shop/lib.so", False),
    ],
)
def test_what_something_may_read_by_convention(path: str, plain: bool) -> None:
    assert is_plain(path, "shop") is plain


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    root = tmp_path / "repo"
    root.mkdir()
    return Repo(root)


SHOP = {
    "pyproject.toml": "[tool.pytest-monorepo]\n",
    "shop/pyproject.toml": named("shop"),
    "shop/shop/__init__.py": "",
    "shop/shop/load.py": "from pathlib import Path\nROWS = Path(__file__).parents[1] / 'data' / 'rows.csv'\n",
    "shop/shop/pages.py": "PAGE = 'page.html'\n",
    "shop/data/rows.csv": "1\n",
    "shop/data/alone.csv": "1\n",
    "shop/pages/page.html": "{% include 'part.html' %}",
    "shop/pages/part.html": "",
    "shop/data/.hidden.csv": "",
    "shop/tests/test_load.py": uses("import shop.load"),
    "shop/tests/test_pages.py": uses("import shop.pages"),
    "shop/tests/test_plain.py": TEST,
    "shop/tests/test_programs.py": uses("import subprocess"),
}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"shop/data/rows.csv": "2\n"}, {"test_load.py"}),
        ({"shop/data/rows.csv": None}, {"test_load.py"}),
        ({"shop/pages/page.html": "x"}, {"test_pages.py"}),
        ({"shop/pages/part.html": "x"}, {"test_pages.py"}),
        # the code that names the folder may find it there
        ({"shop/data/alone.csv": "2\n"}, {"test_load.py"}),
        ({"shop/other/alone.csv": "2\n"}, "which no code names"),
        ({"shop/data/.hidden.csv": "2\n"}, "which no import leads to"),
        ({"shop/data/rows.csv": None, "shop/shop/load.py": "ROWS = 3\n"}, {"test_load.py"}),
    ],
)
def test_a_data_file_reaches_those_who_may_name_it(
    repo: Repo, changed: dict[str, str | None], expected: set[str] | str
) -> None:
    repo.commit(SHOP)
    found = running(repo.after(changed))["shop"]
    if isinstance(expected, str):
        assert isinstance(found, str)
        assert expected in found
    else:
        assert found == expected | {"test_programs.py"}


@pytest.mark.parametrize(
    ("reads", "expected"),
    [
        ("R = 'schemas/v1.json'\n", {"test_main.py"}),
        ("R = bytes.fromhex('00').decode()\n", "schemas/v1.json changed: inputs 'schemas/*.json'"),
    ],
)
def test_inputs_of_another_project(repo: Repo, reads: str, expected: set[str] | str) -> None:
    settings = "[tool.pytest-monorepo.projects.api]\ninputs = ['schemas/*.json']\n"
    files = {"pyproject.toml": settings, "schemas/v1.json": "1", "api/app/main.py": reads}
    # somebody else names the file, too
    repo.commit({**MEMBERS, **files, "web/app/main.py": "R = 'schemas/v1.json'\n"})
    assert running(repo.after({"schemas/v1.json": "2"}))["api"] == expected


NEEDS = "[project]\nname = 'x'\nversion = '1'\ndependencies = ['core', 'requests>=2']\n"


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (NEEDS.replace("'1'", "'2'"), set()),
        (NEEDS + "[tool.ruff]\nline-length = 90\n", set()),
        (NEEDS.replace("'core', ", ""), {"core"}),
        (NEEDS.replace("core", "core>2"), {"core"}),
        (NEEDS + "[dependency-groups]\ntest = ['tools']\ndev = [{include-group = 'test'}]\n", {"tools"}),
        (NEEDS + "[tool.uv.sources]\ncore = { workspace = true }\n", {"core"}),
        (NEEDS.replace(">=2", ">=3"), {"requests"}),
        (NEEDS.replace("core", "core[s3]"), None),
        (NEEDS + "requires-python = '>=3.12'\n", None),
        (NEEDS + "[project.scripts]\nx = 'x:main'\n", None),
        (NEEDS + "[tool.pytest.ini_options]\naddopts = '-x'\n", None),
        ("no toml", None),
    ],
)
def test_what_a_manifest_needs_otherwise(after: str, expected: set[str] | None) -> None:
    assert changed_needs("pyproject.toml", NEEDS.encode(), after.encode()) == expected


FAST = "[project.optional-dependencies]\nfast = ['core']\n"
OWN = "dependencies = ['requests']\n"
REQUESTS = named("core", OWN)


@pytest.mark.parametrize(
    ("files", "manifest", "expected"),
    [
        ({}, named("api", "dependencies = ['core']\n").replace('"0"', '"1"'), set()),
        (
            {"api/app/main.py": "from importlib.metadata import version\nV = version('api')\n"},
            named("api", "dependencies = ['core']\ndescription = 'x'\n"),
            {"test_main.py"},
        ),
        ({}, named("api"), {"test_main.py", "test_more.py"}),
        ({}, named("api", "dependencies = ['core', 'requests']\n"), "which all who are installed by it"),
        (
            {},
            named("api", "dependencies = ['core']\nrequires-python = '>=3'\n"),
            "which all who are installed",
        ),
        (
            {},
            named("api", "[project.optional-dependencies]\nfast = ['core']\n"),
            {"test_main.py", "test_more.py"},
        ),
        (
            {"api/pyproject.toml": named("api", FAST)},
            named("api", "dependencies = ['core']\n"),
            {"test_main.py", "test_more.py"},
        ),
        (
            {"libs/core/pyproject.toml": REQUESTS},
            named("api", FAST),
            "which all who are installed",
        ),
        (
            {"libs/core/pyproject.toml": REQUESTS, "api/pyproject.toml": named("api", FAST)},
            named("api", "dependencies = ['core']\n"),
            "which all who are installed",
        ),
        (
            {"libs/core/pyproject.toml": REQUESTS, "api/pyproject.toml": named("api", FAST)},
            named("api", FAST + "more = ['core']\n"),
            "which all who are installed",
        ),
        (
            {"libs/core/pyproject.toml": REQUESTS, "api/pyproject.toml": named("api", OWN)},
            named("api", OWN + "[dependency-groups]\nmore = ['core']\n"),
            "which all who are installed",
        ),
        (
            {
                "libs/core/pyproject.toml": REQUESTS,
                "requirements.txt": "requests==2.32.0\n",
            },
            named("api"),
            "which all who are installed by it may see",
        ),
        (
            {"libs/core/pyproject.toml": REQUESTS},
            named("api"),
            "which all who are installed by it may see",
        ),
        (
            {"libs/core/requirements.txt": "-c ../../pins.txt\n", "pins.txt": "requests==2.32.0\n"},
            named("api", FAST),
            "which all who are installed by it may see",
        ),
        (
            {"api/pytest.ini": "[pytest]\n# pytest-mypy\n"},
            named("api", "dependencies = ['core']\n") + "[tool.mypy]\nstrict = true\n",
            "which all who are installed by it may see",
        ),
        (
            {"api/pytest.ini": "[pytest]\naddopts = --mypy\n"},
            named("api", "dependencies = ['core']\n") + "[tool.mypy]\nstrict = true\n",
            "--mypy makes tests of other files",
        ),
    ],
)
def test_a_manifest_reaches_those_who_can_tell(
    repo: Repo, files: dict[str, str], manifest: str, expected: set[str] | str
) -> None:
    repo.commit({**MEMBERS, **files})
    found = running(repo.after({"api/pyproject.toml": manifest})).get("api")
    if isinstance(expected, str):
        assert isinstance(found, str)
        assert expected in found
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("needs", "test", "expected"),
    [
        ("dependencies = ['api']\n", "", str),
        ("dependencies = ['api', 'core']\n", "", {"test_app.py"}),
        ("[dependency-groups]\ndev = ['api']\n", "", str),
        ("", "import app.more", str),
        ("[project.optional-dependencies]\na = ['api']\nb = ['other']\n", "", str),
        ("", "", None),
    ],
    ids=[
        "brought",
        "there anyway",
        "for its tests",
        "used and not said",
        "by another extra, too",
        "a stranger",
    ],
)
def test_what_a_manifest_brings_is_for_those_who_are_installed_with_it(
    repo: Repo, needs: str, test: str, expected: set[str] | type | None
) -> None:
    here = {
        "libs/core/pyproject.toml": REQUESTS,
        "api/pyproject.toml": named("api"),
        "other/pyproject.toml": named("other", "dependencies = ['core']\n"),
        "site/pyproject.toml": named("site", needs),
        "site/tests/test_app.py": uses(test or "import app.more"),
        "site/tests/test_alone.py": TEST,
    }
    repo.commit({**MEMBERS, **here} if test or needs else {**MEMBERS, **here, "site/tests/test_app.py": TEST})
    found = running(repo.after({"api/pyproject.toml": named("api", "dependencies = ['core']\n")}))
    assert isinstance(found["api"], str)
    there = found.get("site")
    assert isinstance(there, str) if expected is str else there == expected


@pytest.mark.parametrize(
    ("before", "after", "folders"),
    [
        ("-e ../a\n", "-e ../a\n-e ../b/c\n", {"../b/c"}),
        ("-e ../a\n", "", {"../a"}),
        ("-e ../a\nx==1\n", "x==1\n\n-e ../b", {"../a", "../b"}),
        ("x\n-e .", "x\r\n-e ./b\r\n", {".", "./b"}),
        ("x==1\n", "x==2\n", None),
        ("-e ../a\n", "-e ../a[fast]\n", None),
        ("-e ../a\n", "-e ../a ; python_version > '3'\n", None),
        ("-e ../a\n", "-e ${HERE}/a\n", None),
        ("-e ../a\n", "../a\n", None),
        ("x \\\n-e ../a\n", "x \\\n-e ../b\n", None),
        ("-i one\nx\n-i two\ny\n-e ../a", "-i two\nx\n-i one\ny\n-e ../b", None),
    ],
)
def test_folders_that_requirements_install_otherwise(
    before: str, after: str, folders: set[str] | None
) -> None:
    assert editable_otherwise(before.encode(), after.encode()) == folders


TOOL = {
    "tool/pyproject.toml": named("tool"),
    "tool/requirements.txt": "-e ../libs/core\n",
    "tool/tests/test_core.py": uses("from core.limits import LIMIT"),
    "tool/tests/test_plain.py": TEST,
    "tool/tests/test_list.py": uses("LIST = open('requirements.txt')"),
}
ASKS_FOR_PROGRAM = {
    "libs/core/pyproject.toml": named("core", "scripts.core-cli = 'core:main'\n"),
    "tool/tests/test_which.py": uses("import shutil", "CLI = shutil.which('core-cli')"),
}


@pytest.mark.parametrize(
    ("files", "after", "expected"),
    [
        ({}, "", {"test_core.py", "test_list.py"}),
        ({}, "-e ../libs/core\n-e ../api\n", {"test_core.py", "test_list.py"}),
        (ASKS_FOR_PROGRAM, "", {"test_core.py", "test_list.py", "test_which.py"}),
        ({}, "-e ../libs/core\nrequests\n", str),
        ({}, "-e ../libs/core\n-e ../elsewhere\n", str),
        ({"libs/core/pyproject.toml": REQUESTS}, "", str),
        ({"api/requirements.txt": "-r ../tool/requirements.txt\n"}, "", str),
    ],
)
def test_requirements_that_install_other_projects_reach_those_who_can_tell(
    repo: Repo, files: dict[str, str], after: str, expected: object
) -> None:
    repo.commit({**MEMBERS, **TOOL, **files})
    found = running(repo.after({"tool/requirements.txt": after}))["tool"]
    assert found == expected or (expected is str and isinstance(found, str))
