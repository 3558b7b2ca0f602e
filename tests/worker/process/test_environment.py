"""What of the controller's environment reaches the tests, and what is said of what is installed."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path

import pytest

from pytest_monorepo import options
from pytest_monorepo.worker.process import environment
from pytest_monorepo.worker.process.environment import Installed, canonical_name, installed, without_options


@pytest.mark.parametrize(
    ("addopts", "left"),
    [
        ("", ""),
        ("-q", "-q"),
        ("-k 'a b' -q", "-k 'a b' -q"),
        ("--monorepo", ""),
        ("--monorepo -q", "-q"),
        ("-q --monorepo -x", "-q -x"),
        ("--monorepo -k 'a b'", "-k 'a b'"),
        # a pytest that a test starts would refuse them without the switch
        ("--monorepo --affected HEAD -q", "-q"),
        ("--monorepo --affected=HEAD -q", "-q"),
        ("--affected -q", "-q"),
        ("--affected", ""),
        ("--monorepo --project 'libs/*' --project '!x' -q", "-q"),
        ("--monorepo --shard 1/2 --cached --monorepo-html out", ""),
        ("--monorepo --cached=verify -q", "-q"),
        ("--monorepo -n 4 -p no:x", "-n 4 -p no:x"),
        ("--cov=src --monorepo --cov-report term", "--cov=src --cov-report term"),
        ("--cov-patch main --monorepo", ""),
        # a word that begins alike is another's
        ("--monorepoly -q", "--monorepoly -q"),
        # what cannot be taken apart
        ("--monorepo 'open", "--monorepo 'open"),
        ("--monorepo --shard", "--monorepo --shard"),
    ],
)
def test_options_of_ours_are_taken_out_with_their_values(addopts: str, left: str) -> None:
    assert without_options(addopts, list(options.plain())) == left


def test_every_option_of_ours_is_known_there() -> None:
    for option in options.OPTIONS:
        takes = option.attrs.get("action") not in ("store_true", "store_false", "store_const")
        choices = option.attrs.get("choices")
        value = [str(choices[0]) if choices else "1"] if takes and option.attrs.get("nargs") != "?" else []
        for name in option.names:
            words = " ".join(["-q", name, *value, "-x"])
            assert without_options(words, list(options.plain())) == "-q -x", words


def test_words_without_ours_stay_as_they_are_written() -> None:
    assert without_options("-k  'a'\t-q", list(options.plain())) == "-k  'a'\t-q"
    assert without_options("--monorepo", []) == "--monorepo"


@pytest.mark.parametrize(
    ("entries", "names", "copies"),
    [
        ([], set(), set()),
        (["a-1.dist-info"], {"a"}, {"a"}),
        (["My_Lib.x-1.0.dist-info"], {"my-lib-x"}, {"my-lib-x"}),
        (["a-1.dist-info!"], {"a"}, set()),
        (["a.egg-info", "b-2-py3.egg-info", "c.egg-link"], {"a", "b", "c"}, set()),
        (["a.pth", "a.py", "b"], set(), set()),
    ],
)
def test_what_is_installed_in_a_folder(
    tmp_path: Path, entries: list[str], names: set[str], copies: set[str]
) -> None:
    for entry in entries:
        folder = tmp_path / entry.rstrip("!")
        folder.mkdir()
        told = {"url": "file:///x", "dir_info": {"editable": entry.endswith("!")}}
        (folder / "direct_url.json").write_text(json.dumps(told))
    assert installed([str(tmp_path)]) == Installed(frozenset(names), frozenset(copies))


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert installed([str(tmp_path / "missing"), str(tmp_path)]) == Installed(frozenset(), frozenset())


@pytest.mark.parametrize("name", ["My.Lib", "my_lib", "my-lib", "MY--lib", "my._-lib"])
def test_one_spelling_of_a_name(name: str) -> None:
    assert canonical_name(name) == "my-lib"


@pytest.mark.parametrize(
    ("as_module", "before", "after"),
    [
        (False, ["python", "-X", "dev", "-c", "code"], ["python", "-X", "dev", "/x/bin/pytest", "-q"]),
        (True, ["python", "-c", "code"], ["python", "-m", "pytest", "-q"]),
        (True, ["python", "-m", "pytest"], ["python", "-m", "pytest", "-q"]),
    ],
)
def test_the_main_module_is_the_program_that_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, as_module: bool, before: list[str], after: list[str]
) -> None:
    main = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)
    monkeypatch.setattr(sys, "argv", ["/x/bin/pytest", "-q"])
    monkeypatch.setattr(sys, "orig_argv", before)
    environment.be_started(sys.argv, as_module=as_module)
    assert after == sys.orig_argv
    assert main.__file__ == sys.argv[0]
    assert (main.__spec__ and main.__spec__.name) == ("pytest.__main__" if as_module else None)
    assert sys.argv[0] == (pytest.__file__.replace("__init__", "__main__") if as_module else "/x/bin/pytest")
