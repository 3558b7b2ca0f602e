"""Changed files whose names hide what else is called so."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.workspace.trees import named

from .test_files import TEST, Repo, running, uses

SHOP = {
    "pyproject.toml": named("shop", "dependencies = ['attrs']\n"),
    "shop/__init__.py": "",
    "shop/random.py": "",
    "tests/test_a.py": uses("import statistics, attr", "from shop import random"),
    "tests/test_b.py": uses("import shop"),
}
_HIDES = "which may hide what else is called so"


@pytest.mark.parametrize(
    ("before", "change", "expected"),
    [
        ({}, {"tests/statistics.py": "x = 1\n"}, _HIDES),
        ({"tests/statistics.py": ""}, {"tests/statistics.py": "x = 1\n"}, _HIDES),
        ({"tests/statistics.py": ""}, {"tests/statistics.py": None}, _HIDES),
        ({}, {"statistics/__init__.py": "x = 1\n"}, _HIDES),
        ({}, {"tests/attr.py": "x = 1\n"}, _HIDES),
        ({"tests/attr.py": ""}, {"tests/attr.py": None}, _HIDES),
        ({}, {"shop/random.py": "x = 1\n"}, {"test_a.py"}),
        ({}, {"shop/statistics.py": "x = 1\n"}, {"test_a.py"}),
        ({}, {"tests/test_b.py": uses("import aid"), "tests/aid.py": ""}, {"test_b.py"}),
    ],
)  # fmt: skip
def test_a_module_in_the_place_of_another(
    repo: Repo, before: Mapping[str, str], change: dict[str, str | None], expected: set[str] | str
) -> None:
    repo.commit({**SHOP, **before})
    _are(running(repo.after(change))["."], expected)


_SETTINGS = named("shop") + "[tool.pytest.ini_options]\npythonpath = ['aids']\n"
_BENT = {"tests/conftest.py": "import sys\nsys.path.insert(0, 'aids')\n"}
_AIDS = {"aids/one.py": "", "tests/test_b.py": uses("import one")}
_HIDING = {"aids/one.py": "import statistics\n", "aids/statistics.py": ""}
_GONE = {"tests/x/test_x.py": uses("import statistics"), "tests/x/statistics.py": ""}


@pytest.mark.parametrize(
    ("before", "change"),
    [
        ({"pyproject.toml": _SETTINGS, **_AIDS}, _HIDING),
        ({**_BENT, **_AIDS}, _HIDING),
        # nothing puts that folder on the path any more
        (_GONE, dict.fromkeys(_GONE)),
        # what only other libraries import
        ({}, {"tests/pluggy.py": "", "tests/test_b.py": uses("import pluggy")}),
    ],
    ids=["pythonpath", "sys.path", "at the base", "installed"],
)
def test_a_module_in_a_folder_that_comes_first(
    repo: Repo, before: Mapping[str, str], change: dict[str, str | None]
) -> None:
    repo.commit({**SHOP, **before})
    _are(running(repo.after(change))["."], _HIDES)


def test_a_module_of_a_package_hides_nothing_where_folders_come_first(repo: Repo) -> None:
    repo.commit({**SHOP, **_BENT})
    _are(running(repo.after({"shop/random.py": "x = 1\n"}))["."], {"test_a.py"})


def _are(found: set[str] | str, expected: set[str] | str) -> None:
    assert found == expected if isinstance(expected, set) else expected in found


_PACKAGE = {"tests/a/__init__.py": "", "tests/a/test_x.py": TEST}
_PLAIN = {"tests/b/test_x.py": TEST, "tests/c/test_y.py": TEST}
_NESTED = {"tests/k/__init__.py": "", "tests/k/test_z.py": TEST}


@pytest.mark.parametrize(
    ("before", "change", "expected"),
    [
        ({**_PACKAGE, **_PLAIN}, {"tests/a/__init__.py": None}, "gives the tests below it other names"),
        ({"tests/a/test_x.py": TEST, **_PLAIN}, {"tests/a/__init__.py": ""}, "gives the tests below it"),
        ({**_PLAIN, **_NESTED}, {"tests/a/k/__init__.py": "", "tests/a/k/test_n.py": TEST}, "called so"),
        ({"tests/a/k/__init__.py": "", "tests/a/k/test_n.py": TEST, **_PLAIN, **_NESTED},
         {"tests/a/k/__init__.py": None, "tests/a/k/test_n.py": None}, "called so"),
        (_PLAIN, {"tests/n/test_x/__init__.py": "", "tests/n/test_x/test_n.py": TEST}, "called so"),
        ({"tests/n/test_x/__init__.py": "", "tests/n/test_x/test_n.py": TEST},
         {"tests/b/test_x.py": TEST}, "called so"),
        ({**_PLAIN, **_NESTED}, {"tests/n/__init__.py": "", "tests/n/test_n.py": TEST}, {"test_n.py"}),
        ({**_PACKAGE, **_PLAIN}, {"tests/a/__init__.py": "x = 1\n"}, {"test_x.py"}),
        ({**_PACKAGE, **_PLAIN, "shop/sub/x.py": ""}, {"shop/sub/__init__.py": ""}, set()),
    ],
)  # fmt: skip
def test_a_package_of_tests_that_comes_or_goes(
    repo: Repo, before: Mapping[str, str], change: dict[str, str | None], expected: set[str] | str
) -> None:
    repo.commit({**SHOP, **before, "shop/use.py": "import shop.sub\n"})
    _are(running(repo.after(change))["."], expected)


@pytest.mark.parametrize(
    ("before", "change"),
    [
        ({"tests/b/test_x.py": TEST}, {"tests/a/test_x.py": TEST}),
        ({"tests/b/test_x.py": TEST, "tests/a/test_x.py": TEST}, {"tests/a/test_x.py": None}),
    ],
)
def test_a_test_file_that_has_the_name_of_another(
    repo: Repo, before: Mapping[str, str], change: dict[str, str | None]
) -> None:
    repo.commit({**SHOP, **before})
    files = repo.after(change).files
    assert files is not None
    assert "tests/b/test_x.py" in files["."].files


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    root = tmp_path / "repo"
    root.mkdir()
    return Repo(root)
