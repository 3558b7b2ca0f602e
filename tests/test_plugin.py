"""Without ``--monorepo`` the plugin is not there; with it, nothing of pytest that we lean on has moved."""

from __future__ import annotations

import argparse
import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import pytest_monorepo
from pytest_monorepo.options import OPTIONS, Option, checked

from .run.space import Space

TESTS = """
import warnings
import pytest

def test_passes(tmp_path):
    warnings.warn("old")

def test_fails():
    assert [1, 2] == [1, 3]

@pytest.mark.skip(reason="not now")
def test_skipped():
    pass

@pytest.mark.parametrize("n", [1, 2])
def test_many(n):
    print("printed", n)
    assert n == 1
"""


@pytest.fixture
def space(tmp_path: Path) -> Space:
    return Space(tmp_path)


def comparable(text: str) -> str:
    # the rule around the last line is as much shorter as the time is longer
    text = re.sub(r"=* ?(\b.* in )\d+\.\d\ds( \(.*\))?( =+)?$", r"\1 0.00s", text, flags=re.MULTILINE)
    text = re.sub(r"^plugins: .*\n", "", text, flags=re.MULTILINE)
    return re.sub(r"0x[0-9a-f]+", "0x…", text)


@pytest.mark.parametrize("args", [["-v", "-rA"], ["--co"], ["--no-such-option"], ["-q", "-x", "nowhere.py"]])
def test_without_the_switch_nothing_changes(space: Space, args: list[str]) -> None:
    space.projects({"one": TESTS})
    space.write({"pytest.ini": "[pytest]\n"})
    without = space.plain(*args, "-p", "no:monorepo")
    with_it = space.plain(*args, "-p", "pytest_monorepo.plugin")
    assert comparable(with_it.out) == comparable(without.out)
    assert with_it.code == without.code


@pytest.mark.parametrize("option", [one for one in OPTIONS if one.attrs.get("nargs") == "?"])
def test_a_path_behind_an_option_whose_value_may_be_left_out_says_where_paths_go(option: Option) -> None:
    word: Any = checked(option).get("type")
    if "choices" in option.attrs:
        way = f"put paths before it, or write {option.names[0]}="
        with pytest.raises(argparse.ArgumentTypeError, match=way):
            word("libs/a")
        assert [word(one) for one in option.attrs["choices"]] == option.attrs["choices"]
    else:
        assert word is None


def test_help_lists_every_option(space: Space) -> None:
    run = space.plain("--help", "--monorepo", "-p", "pytest_monorepo.plugin")
    assert run.code == 0
    run.has("^every project of a workspace in one run:")
    assert [option.names[0] for option in OPTIONS if f"  {option.names[0]}" not in run.out] == []


def test_version_is_pytests(space: Space) -> None:
    run = space.plain("--version", "--monorepo", "-p", "pytest_monorepo.plugin")
    assert (run.code, run.out) == (0, f"pytest {pytest.__version__}\n")


def test_importing_the_plugin_imports_nothing_heavy(space: Space) -> None:
    space.write(
        {
            "probe.py": """
                import sys
                import pytest
                before = set(sys.modules)
                import pytest_monorepo.plugin
                print(sorted(name for name in set(sys.modules) - before))
            """
        }
    )
    command, environ = [sys.executable, "probe.py"], space.environ()
    out = subprocess.check_output(command, cwd=space.root, env=environ, text=True)
    names = set(re.findall(r"'([\w.]+)'", out))
    assert names <= {f"pytest_monorepo{name}" for name in ("", ".plugin", ".errors", ".options")}


def test_a_plain_run_imports_little_and_past_the_rewriting_of_asserts(space: Space) -> None:
    space.projects({"one": "def test_passes(): pass"})
    space.write(
        {
            "probe.py": """
                import sys
                import pytest
                finders = list(sys.meta_path)
                assert not pytest.main(["--monorepo", "-p", "pytest_monorepo.plugin"])
                own = [module for name, module in sys.modules.items() if name.startswith("pytest_monorepo.")]
                loaders = {module.__name__: type(module.__spec__.loader).__name__ for module in own}
                print("modules", sorted(loaders))
                print("rewritten", sorted(name for name in loaders if loaders[name] != "SourceFileLoader"))
                print("finders", sys.meta_path == finders)
            """
        }
    )
    command, environ = [sys.executable, "probe.py"], space.environ(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    out = subprocess.check_output(command, cwd=space.root, env=environ, text=True)
    lines = dict(line.split(" ", 1) for line in out.splitlines() if " " in line)
    assert "'pytest_monorepo.run.controller'" in lines["modules"]
    assert re.findall(r"pytest_monorepo\.(?:affected|shards|init|watch)\b[\w.]*", lines["modules"]) == []
    assert set(re.findall(r"'([\w.]+)'", lines["rewritten"])) <= {
        f"pytest_monorepo.{name}" for name in ("plugin", "errors", "options", "loading")
    }
    assert lines["finders"] == "True"


def test_private_names_of_pytest_that_the_controller_touches(pytestconfig: pytest.Config) -> None:
    factory = pytestconfig._tmp_path_factory  # type: ignore[attr-defined]
    assert isinstance(factory.getbasetemp(), Path)
    reporter = pytestconfig.pluginmanager.get_plugin("terminalreporter")
    assert reporter is not None
    assert isinstance(reporter._tw.width_of_current_line, int)
    assert isinstance(reporter._tw.hasmarkup, bool)
    # a bool in pytest 8
    assert bool(type(reporter.isatty)(False)) is False
    assert isinstance(reporter.stats, dict)


@pytest.mark.parametrize("option", ["--monorepo-list", "--monorepo-graph", "--monorepo-list=json"])
def test_a_list_needs_neither_the_switch_nor_the_plugins_of_addopts(space: Space, option: str) -> None:
    space.projects({"libs/a": TESTS})
    space.write({"pytest.ini": "[pytest]\naddopts = --of-a-plugin=x --project=libs/* -n 4 --of-another\n"})
    run = space.plain("-p", "pytest_monorepo.plugin", option)
    assert run.code == 0
    assert "libs-a" in run.out or "libs/a" in run.out
    run = space.plain("-p", "pytest_monorepo.plugin", option, "--project=libs")
    assert run.code == 4
    assert "--project libs: matches no project; did you mean 'libs/*', the 1 in this folder?" in run.out


def test_plugins_that_pytest_itself_asks_for_are_left_out_with_its_own_option(space: Space) -> None:
    """pytest imports what ``-p`` names before it loads an installed plugin: nobody can take it away."""
    space.projects({"libs/a": TESTS})
    space.write({"pytest.ini": "[pytest]\naddopts = -p not_there\nrequired_plugins = not-there\n"})
    words = ("-p", "pytest_monorepo.plugin", "--monorepo-list")
    assert "not_there" in space.plain(*words).out
    run = space.plain(*words, "-o", "addopts=", "-o", "required_plugins=")
    assert (run.code, "1 of 1 projects would run" in run.out) == (0, True), run.out


def test_no_plugin_object_keeps_what_an_attribute_is_asked_for() -> None:
    """Before 8.4 pytest reads each attribute of a plugin while it looks for fixtures, as a run begins."""
    files = Path(pytest_monorepo.__file__).parent.rglob("*.py")
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    hearing = {one.name for one in classes if any(name.startswith("pytest_") for name in _methods(one))}
    assert "Tally" in hearing
    keeping = {one.name for one in classes if "cached_property" in _methods(one).values()}
    assert "Historian" in keeping
    bases = {one.name: {ast.unparse(base).rpartition(".")[2] for base in one.bases} for one in classes}
    related = {name: {name, *bases[name]} for name in bases}
    assert [name for name, those in related.items() if those & hearing and those & keeping] == []


def _methods(one: ast.ClassDef) -> dict[str, str]:
    """With the words of their first decorators."""
    found = [node for node in one.body if isinstance(node, ast.FunctionDef)]
    return {node.name: "".join(map(ast.unparse, node.decorator_list[:1])) for node in found}
