"""What a command reads, by its words; of an unknown one nobody can say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.inputs import storage
from pytest_monorepo.inputs.probes.programs import Start, asked_in, note, reads, started
from pytest_monorepo.inputs.record.questions import ANSWER
from pytest_monorepo.inputs.record.recorder import Recorder


@pytest.mark.parametrize(
    ("words", "files"),
    [
        (["true"], []),
        (["/bin/false", "x"], []),
        (["echo", "-n", "*"], []),
        (["cat", "x", "../y"], ["x", "../y"]),
        (["sh", "-c", "cat x y"], ["x", "y"]),
        (["/bin/sh", "-c", "exit 3"], []),
        (["sh", "-c", "echo a b"], []),
        (["sh", "-c", " true "], []),
        (["cat"], ["-"]),
        (["cat", "x", "-"], ["x", "-"]),
        (["sh", "-c", " cat "], ["-"]),
        (["/bin/sh", "-c", "/usr/bin/cat x"], ["x"]),
        (["sleep", "0.1", "2"], []),
    ],
)
def test_a_known_command_reads_the_files_that_it_names(words: list[str], files: list[str]) -> None:
    assert reads(words) == files


_UNKNOWN = (
    *("cat *", "cat ?", "cat [x]", "cat ~/x", "cat $x", "cat `x`", "cat 'x'", 'cat "x"', "cat {x,y}"),
    *("cat x | cat", "cat < x", "cat x > y", "true; cat x", "true & cat x", "cat x\ncat y", "# cat"),
    *(
        "(cat x)",
        "! cat x",
        "./cat x",
        "sh -c true",
        "/bin/sh -c true",
        "eval cat",
        ". x",
        "source x",
        "test -e x",
        "A=1 cat x",
    ),
    *("cat x!y", "cat \\x", "cat %x", "cat ^x"),
)


@pytest.mark.parametrize(
    "words",
    [
        *([], ["ls"], ["cat", "-n", "x"], ["cat", "x", "--", "y"], ["cat", "-", "-n"]),
        *(["sleep"], ["sleep", "1m"], ["sleep", "--help"], ["sleep", "infinity"], ["sleep", "-1"]),
        *(["sh"], ["sh", "x"], ["sh", "-x", "-c", "true"], ["sh", "-c", ""], ["bash", "-c", "true"]),
        *(["sh", "-c", text] for text in _UNKNOWN),
    ],
)
def test_of_any_other_nothing_is_known(words: list[str]) -> None:
    assert reads(words) is None


@pytest.mark.parametrize(
    ("words", "executable"),
    [
        (["cat", "x"], "/usr/bin/awk"),
        (["/bin/cat", "x"], "awk"),
        (["true"], "/usr/bin/env"),
        (["sh", "-c", "true"], "/bin/bash"),
        (["git", "rev-parse", "HEAD"], "/bin/cat"),
        (["git rev-parse", "HEAD"], "git"),
        ([], "cat"),
    ],
)
def test_a_program_under_the_name_of_another_is_not_known(words: list[str], executable: str) -> None:
    assert not note(Recorder(), Start(executable, words, None, {}))


@pytest.mark.parametrize(
    "name",
    [
        *("LD_PRELOAD", "LD_LIBRARY_PATH", "LC_ALL", "LANG", "LANGUAGE", "LOCPATH", "MALLOC_CHECK_"),
        *("GLIBC_TUNABLES", "POSIXLY_CORRECT", "BASH_FUNC_cat%%", "BASH_ENV", "ENV", "SHELLOPTS"),
    ],
)
def test_a_variable_of_the_loader_or_the_shell_that_a_test_has_set_makes_it_unknown(name: str) -> None:
    plain = {"PATH": "/usr/bin:/bin"}
    with_it = {**plain, name: "x"}
    assert not known(given=with_it, initial=plain)
    assert not known(given=plain, initial=with_it)
    assert (
        known(given=plain, initial=plain)
        is known(given=with_it, initial=with_it)
        is (sys.platform == "linux")
    )


@pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")
@pytest.mark.parametrize("command", [["cat"], ["cat", "-"], ["sh", "-c", "cat"], ["sh", "-c", "/bin/cat -"]])
@pytest.mark.parametrize("fed", [True, False])
def test_what_reads_its_standard_input_is_known_where_the_tests_write_that(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str], fed: bool
) -> None:
    heard = []

    def hears(event: str, *args: object) -> None:
        if event == "subprocess.Popen":
            heard.append(started(args, sys._getframe(1)))

    monkeypatch.setattr(sys, "audit", hears)
    (tmp_path / "x").write_text("other")
    with (tmp_path / "x").open() as other:
        given = None if fed else other
        subprocess.run(command, input="x" if fed else None, stdin=given, text=True, check=True, stdout=-3)
    (start,) = heard
    assert start is not None
    recorder = Recorder()
    recorder.initial, recorder.active = start.variables, True
    assert note(recorder, start) is fed
    assert not any(path.endswith("-") for path in recorder.scopes.shared.inputs.get("file", {}))


def known(given: dict[str, str], initial: dict[str, str]) -> bool:
    recorder = Recorder()
    recorder.initial = initial
    return note(recorder, Start("cat", ["cat", "x"], None, given))


@pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")
def test_a_program_that_is_nowhere_starts_nothing(tmp_path: Path) -> None:
    path = f"/nowhere:{tmp_path}"
    there = tmp_path / "there"
    there.write_text("")
    for name, variables, expected in [
        ("not-there", {"PATH": path}, True),
        ("there", {"PATH": path}, False),
        (f"{tmp_path}/not-there", {"PATH": path}, False),
        ("not-there", {}, False),
        ("not-there", {"PATH": ""}, False),
    ]:
        recorder = Recorder()
        recorder.initial = variables
        recorder.active = True
        assert note(recorder, Start(name, [name], None, variables)) is expected, (name, variables)
        looked = recorder.scopes.shared.inputs.get("ltype", {})
        assert (f"{tmp_path}/not-there" in looked) is expected


def test_a_fork_server_asks_git_above_the_folders_of_the_run(tmp_path: Path) -> None:
    inside = tmp_path / "pytest-monorepo-1" / "pytest-monorepo-2"
    recorder = Recorder()
    recorder.made.surely([str(inside)])
    assert asked_in(recorder, str(inside)) == str(tmp_path)
    assert asked_in(recorder, str(tmp_path)) == str(tmp_path)
    recorder.initial = {}
    assert asked_in(recorder, str(inside)) is None


_ASKS = """
def get_commit_info(): return frame()
def get_tag(): return get_commit_info()
"""


@pytest.mark.parametrize(
    ("module", "function", "folder", "expected"),
    [
        ("pytest_benchmark.plugin", "pytest_addoption", "/e/lib/python3.11/site-packages", True),
        ("pytest_benchmark.plugin", "pytest_benchmark_generate_commit_info", "/e/site-packages", False),
        ("pytest_benchmark.plugin", "pytest_addoption", "/w/src", False),
        ("conftest", "pytest_addoption", "/e/site-packages", False),
    ],
)
def test_under_which_name_pytest_benchmark_would_save_no_test_sees(
    module: str, function: str, folder: str, expected: bool
) -> None:
    utils: dict[str, Any] = {"__name__": "pytest_benchmark.utils", "frame": sys._getframe}
    exec(compile(_ASKS, f"{folder}/pytest_benchmark/utils.py", "exec"), utils)
    plugin: dict[str, Any] = {"__name__": module, "get_tag": utils["get_tag"]}
    text = f"def {function}(): return get_tag()"
    exec(compile(text, f"{folder}/pytest_benchmark/plugin.py", "exec"), plugin)
    assert storage.names_benchmarks(plugin[function]()) is expected
    assert not storage.names_benchmarks(sys._getframe())


@pytest.mark.skipif(not Path("/usr/bin/git").exists(), reason="there is no /usr/bin/git")
@pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")
@pytest.mark.parametrize("seen", [True, False])
def test_what_git_answers_is_an_input_where_a_test_can_see_it(tmp_path: Path, seen: bool) -> None:
    recorder = Recorder()
    recorder.initial = {"PATH": "/usr/bin"}
    recorder.active = True
    words = ["git", "describe", "--dirty", "--always", "--long", "--abbrev=40"]
    assert note(recorder, Start("git", words, tmp_path, recorder.initial), seen=seen)
    inputs = recorder.scopes.shared.inputs
    assert any(kind.startswith(ANSWER) for kind in inputs) is seen
    assert "/usr/bin/git" in inputs["file"]


@pytest.mark.skipif(not Path("/usr/bin/file").exists(), reason="there is no /usr/bin/file")
@pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")
@pytest.mark.parametrize(
    ("words", "more", "expected"),
    [
        (["-b", "{}/x"], {}, True),
        (["-b", "{}/x"], {"LC_ALL": "de_DE.UTF-8"}, False),
        (["-b", "{}/x"], {"MAGIC": "/m"}, False),
        (["-b", "{}/x"], {"POSIXLY_CORRECT": "1"}, False),
        (["-b", "{}/x"], {"LD_PRELOAD": "y"}, False),
        (["-b", "{}/y.pyc"], {}, False),
        (["-b", "{}/link"], {}, False),
        (["-b", "{}"], {}, False),
        (["-b", "{}/not-there"], {}, False),
        (["-b", "x"], {}, False),
        (["{}/x"], {}, False),
        (["-i", "{}/x"], {}, False),
        (["-b", "-z", "{}/x"], {}, False),
        (["-b", "{}/x", "{}/x"], {}, False),
    ],
)
def test_what_kind_a_file_is_depends_on_it_and_on_tables(
    tmp_path: Path, words: list[str], more: dict[str, str], expected: bool
) -> None:
    (tmp_path / "x").write_text("")
    (tmp_path / "y.pyc").write_text("")
    (tmp_path / "link").symlink_to("x")
    recorder = Recorder()
    recorder.initial = {"PATH": "/usr/bin", "HOME": "/home/one"}
    recorder.active = True
    command = ["file", *(word.format(tmp_path) for word in words)]
    given = {**recorder.initial, "LC_ALL": "C", **more}
    assert note(recorder, Start("file", command, None, given)) is expected
    if expected:
        seen = recorder.scopes.shared.inputs
        own = {"/home/one/.magic", "/home/one/.magic.mgc"}
        assert {f"{tmp_path}/x", "/usr/bin/file", "/usr/share/misc/magic.mgc", *own} <= set(seen["file"])
        assert {"mode", "ltype"} <= set(seen)
        assert {"MAGIC", "HOME"} <= set(recorder.scopes.shared.variables)
