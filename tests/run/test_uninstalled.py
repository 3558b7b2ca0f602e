"""What makes a project pass here and would be missing alone is said, once, with ``-v``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_monorepo.worker.process import environment

from .space import Space

MANIFEST = '[project]\nname = "{name}"\nversion = "1"\ndependencies = [{needs}]\n'
WORDS = "uninstalled dependencies on the path: "


@pytest.fixture
def chain(space: Space) -> Space:
    """``top`` needs ``middle``, which needs ``low``; the sources of both lie in ``src``."""
    for name, needs in (("top", '"middle"'), ("middle", '"low"'), ("low", "")):
        space.write(
            {
                f"libs/{name}/pyproject.toml": MANIFEST.format(name=name, needs=needs),
                f"libs/{name}/src/{name}/__init__.py": "",
                f"libs/{name}/tests/test_{name}.py": f"import {name}\ndef test_a(): pass\n",
                f"libs/{name}/tests/test_more.py": "def test_b(): pass\n",
            }
        )
    space.write({"libs/top/tests/test_top.py": "import low, middle, top\ndef test_a(): pass\n"})
    return space


def told(space: Space, *args: str, **env: str) -> list[str]:
    run = space.run("-v", *args, env=env)
    assert run.counts == {"passed": 6}, run.out
    return [line for line in run.lines if WORDS in line]


def editable(site: Path, name: str) -> None:
    info = site / f"{name}-1.dist-info"
    info.mkdir(parents=True)
    (info / "direct_url.json").write_text(json.dumps({"url": "file:///x", "dir_info": {"editable": True}}))


@pytest.mark.parametrize("args", [(), ("--monorepo-split=test", "--workers=2"), ("--monorepo-start=spawn",)])
def test_every_project_says_once_what_is_not_installed(chain: Space, args: tuple[str, ...]) -> None:
    assert told(chain, *args) == [
        f"libs/middle: {WORDS}libs/low",
        f"libs/top: {WORDS}libs/middle, libs/low",
    ]


def test_nothing_is_said_without_v(chain: Space) -> None:
    chain.run().lacks(WORDS)


def test_what_is_installed_in_place_is_not_named(chain: Space) -> None:
    site = chain.root / "site"
    editable(site, "middle")
    path = f"{chain.environ()['PYTHONPATH']}:{site}"
    assert told(chain, PYTHONPATH=path) == [f"libs/middle: {WORDS}libs/low", f"libs/top: {WORDS}libs/low"]


def test_what_is_on_the_path_without_us_is_not_named(chain: Space) -> None:
    path = f"{chain.environ()['PYTHONPATH']}:{chain.root / 'libs/low/src'}"
    assert told(chain, PYTHONPATH=path) == [f"libs/top: {WORDS}libs/middle"]


def test_what_the_project_itself_puts_on_its_path_is_not_named(chain: Space) -> None:
    own = '[tool.pytest.ini_options]\npythonpath = ["../low/src", "src"]\n'
    chain.write({"libs/middle/pyproject.toml": MANIFEST.format(name="middle", needs='"low"') + own})
    assert told(chain) == [f"libs/top: {WORDS}libs/middle, libs/low"]


def test_shards_say_it_once_when_they_are_merged(chain: Space) -> None:
    for shard in ("1/2", "2/2"):
        chain.run("--shard", shard)
    merged = chain.run("--monorepo-merge", "monorepo-shards", "-v")
    assert [line for line in merged.lines if WORDS in line] == [
        f"libs/middle: {WORDS}libs/low",
        f"libs/top: {WORDS}libs/middle, libs/low",
    ]


def test_what_an_environment_has(tmp_path: Path) -> None:
    editable(tmp_path, "In_Place")
    for entry in ("a.copy-2.0.dist-info", "old-1.0-py3.8.egg-info"):
        (tmp_path / entry).mkdir()
    (tmp_path / "developed.egg-link").touch()
    (tmp_path / "module-1.py").touch()
    found = environment.installed([str(tmp_path), str(tmp_path / "none")])
    assert found.names == {"in-place", "a-copy", "old", "developed"}
    assert found.copies == {"a-copy"}
