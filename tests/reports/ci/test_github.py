from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_monorepo.reports.ci import markdown
from pytest_monorepo.reports.ci.github import SHOWN, Annotation, escaped, escaped_property
from pytest_monorepo.reports.coverage.model import (
    CoverageReport,
    Numbers,
    PatchCoverage,
    PatchFile,
    ProjectCoverage,
)
from pytest_monorepo.reports.places import in_repository, place_of_failure, repository_prefix
from pytest_monorepo.reports.run_facts import Facts, wanted
from pytest_monorepo.reports.run_model import Detail, ProjectSummary, RunReport, TestRun
from tests.run.space import Run, Space

# -- workflow commands


@pytest.mark.parametrize(
    ("text", "message", "value"),
    [
        ("a: b, c", "a: b, c", "a%3A b%2C c"),
        ("50%\r\nnext", "50%25%0D%0Anext", "50%25%0D%0Anext"),
        ("%0A", "%250A", "%250A"),
        ("\x1b[31mred\x1b[0m\x00 \udcff", r"red\x00 \udcff", r"red\x00 \udcff"),
        ("tests/t.py::test[ä]", "tests/t.py::test[ä]", "tests/t.py%3A%3Atest[ä]"),
    ],
)
def test_text_cannot_leave_its_place_in_a_command(text: str, message: str, value: str) -> None:
    assert escaped(text) == message
    assert escaped_property(text) == value


@pytest.mark.parametrize(
    ("annotation", "command"),
    [
        (Annotation("t", "m", "a,b.py", 3), "::error file=a%2Cb.py,line=3,title=t::m"),
        (Annotation("t", "m", "a.py"), "::error file=a.py,title=t::m"),
        (Annotation("t", "one\n::set-output name=x::y"), "::error title=t::one%0A::set-output name=x::y"),
    ],
)
def test_an_annotation_is_one_line(annotation: Annotation, command: str) -> None:
    assert annotation.command() == command


@pytest.mark.parametrize(
    ("choice", "environ", "expected"),
    [
        ("auto", {}, False),
        ("auto", {"GITHUB_ACTIONS": "true"}, True),
        ("auto", {"GITHUB_ACTIONS": "false"}, False),
        ("off", {"GITHUB_ACTIONS": "true"}, False),
        ("on", {}, True),
    ],
)
def test_auto_is_where_github_runs_it(choice: str, environ: dict[str, str], expected: bool) -> None:
    assert wanted(choice, environ) is expected


# -- places


@pytest.mark.parametrize(
    ("git", "workspace", "checkout", "prefix"),
    [
        (".", ".", None, ""),
        (".", "a/b", None, "a/b"),
        ("a", "a/b", ".", "b"),
        (None, "a/b", ".", "a/b"),
        (None, "a", "elsewhere", ""),
        (None, "a", None, ""),
    ],
)
def test_the_repository_is_gits_else_the_checkout(
    tmp_path: Path, git: str | None, workspace: str, checkout: str | None, prefix: str
) -> None:
    for folder in filter(None, (workspace, checkout)):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    if git is not None:
        # a file in a worktree or submodule
        (tmp_path / git / ".git").write_text("gitdir: elsewhere")
    top = str(tmp_path / checkout) if checkout else None
    assert repository_prefix(tmp_path / workspace, top) == prefix


def test_paths_are_put_below_it() -> None:
    assert in_repository("", "libs/t.py") == "libs/t.py"
    assert in_repository("a/b", "libs/t.py") == "a/b/libs/t.py"
    assert in_repository("a", ".") == "a"


def entry(path: str, line: int) -> SimpleNamespace:
    return SimpleNamespace(reprfileloc=SimpleNamespace(path=path, lineno=line))


@pytest.mark.parametrize(
    ("trail", "line"),
    [
        ([entry("t.py", 7), entry("t.py", 9), entry("lib.py", 100)], 9),
        ([entry("lib.py", 100)], 5),
        ([SimpleNamespace(reprfileloc=None)], 5),
        ([], 5),
    ],
)
def test_a_failure_lies_at_the_tests_last_own_line(trail: list[SimpleNamespace], line: int) -> None:
    longrepr = SimpleNamespace(reprtraceback=SimpleNamespace(reprentries=trail), reprcrash=None)
    report = pytest.TestReport("t.py::a", ("t.py", 4, "a"), {}, "failed", longrepr, "call")  # type: ignore[arg-type]
    place = place_of_failure(report)
    assert (place.file, place.line) == ("t.py", line)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("tests/t.py:3: in <module>\n    import x\nlib.py:9: in y\nE   ImportError", 3),
        ('ast.py:50: in parse\nE     File "/repo/tests/t.py", line 4\nE       def f(:\nE   SyntaxError', 4),
        ('ast.py:50: in parse\nE     File "C:\\repo\\tests\\t.py", line 5\nE   SyntaxError', 5),
        # the test's own line, not that of the file it imports
        ('tests/t.py:3: in <module>\nE     File "/repo/tests/bad.py", line 7\nE   SyntaxError', 3),
        ('E     File "/repo/latest/t.py", line 7\nE   SyntaxError', None),
        ("E     tests/t.py:12: SyntaxError", 12),
        ("E   something else", None),
    ],
)
def test_a_file_that_cannot_be_imported_tells_its_line_in_its_text(text: str, line: int | None) -> None:
    report = pytest.CollectReport("tests/t.py", "failed", text, [])
    assert place_of_failure(report).line == line


# -- Markdown


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a|b\nc", r"a\|b c"),
        ("<img src=x>", "&lt;img src=x&gt;"),
        ("[link](http://x)", r"\[link\]\(http\://x\)"),
        ("`code` *x* _y_", r"\`code\` \*x\* \_y\_"),
        ("\x1b[31mred\x1b[0m \x07 \u202eevil", r"red \\x07 \\u202eevil"),
        ("caf\udce9", r"caf\\udce9"),
    ],
)
def test_a_strangers_words_are_no_markup(value: str, expected: str) -> None:
    assert markdown.text(value) == expected


BAD = TestRun(
    "core", "core/t.py", "test_<x>", "failed", 2.5, detail=Detail("boom | 1\nmore", "E  </pre>boom")
)
FINE = TestRun("ml", "ml/t.py", "test_y", "passed", 0.5)
FLAKY = TestRun("ml", "ml/t.py", "test_z", "passed", 0.001, reruns=2)
PROJECTS = (
    ProjectSummary("core", "core", {"failed": 1}, 1, 0.0, 3.0),
    ProjectSummary("ml", "ml", {"passed": 2, "rerun": 2}, 2, 0.0, 61.0),
)
REPORT = RunReport("space", 0.0, 61.5, 1, PROJECTS, (BAD, FINE, FLAKY))


def summary(
    report: RunReport = REPORT,
    facts: Facts | None = None,
    coverage: CoverageReport | None = None,
    limit: int = 1 << 20,
) -> str:
    return markdown.summary(report, report.exitstatus, facts or Facts(), coverage, limit=limit)


def test_the_summary_tells_the_run() -> None:
    page = summary()
    assert page.startswith("## space: tests failed, exit code 1\n\n1 failed, 2 passed, 2 rerun; 2 projects, ")
    assert "| project | passed | failed | time |\n| --- | ---: | ---: | ---: |\n| ❌ core |" in page
    assert "| ml | 2 |  | 1 min 1 s |" in page
    assert "<summary><code>core/t.py::test_&lt;x&gt;</code> boom | 1</summary>" in page
    assert "<pre>E  &lt;/pre&gt;boom</pre>" in page
    assert "- ml/t.py\\:\\:test\\_z (2 failed attempts)" in page
    slowest = page[page.index("### Slowest") :]
    assert re.findall(r"test\\_\S+", slowest) == [r"test\_&lt;x&gt;", r"test\_y"]
    assert "why it ran" not in page
    assert "Saved" not in page


def test_what_was_replayed_is_a_column() -> None:
    page = summary(replace(REPORT, projects=(PROJECTS[0], replace(PROJECTS[1], cached=2))))
    assert "1 failed, 2 passed, 2 rerun (2 cached); 2 projects, " in page
    assert "| project | passed | failed | cached | time |\n| --- | ---: | ---: | ---: | ---: |\n" in page
    assert "| ml | 2 |  | 2 | 1 min 1 s |" in page


def test_with_affected_it_tells_why() -> None:
    facts = Facts({"core": "core/x.py changed", "ml": "core → ml"}, "affected by main: 2 of 5 projects")
    page = summary(facts=facts)
    assert "affected by main\\: 2 of 5 projects\n" in page
    assert "| core/x.py changed |\n" in page


@pytest.mark.parametrize(
    ("skipped", "expected"),
    [
        (
            {"a": 60.0, "b": 5.0},
            "Saved against a full run: 1 min 5 s of tests by earlier runs, 2 projects left out",
        ),
        (
            {"a": 2.0, "b": None},
            "2.0 s of tests by earlier runs (of 1 of them, others have no earlier run), 2 ",
        ),
        ({"a": None}, "1 project left out; how long they take is not known from an earlier run"),
    ],
)
def test_only_known_durations_are_saved(skipped: dict[str, float | None], expected: str) -> None:
    assert expected in summary(facts=Facts(skipped=skipped))


def test_coverage_and_that_of_the_patch() -> None:
    half = Numbers(1, 1000, 1)
    coverage = CoverageReport(
        projects=(ProjectCoverage("core", half, half), ProjectCoverage("ml", error="no | data")),
        total=half,
        patch=PatchCoverage((PatchFile("core/x.py", "core", (1, 2, 3, 4), (2,)),)),
        partial="--lf",
    )
    page = summary(coverage=coverage)
    assert r"All files by all tests: 99 % (partial: \-\-lf)" in page
    assert "Changed lines: 75 % (3 of 4)\n\n- core/x.py: not covered: 2\n" in page
    assert "| core | 99 % | 99 % |\n| ml | no \\| data | no data |\n" in page


def test_a_coverage_limit_that_fails_the_run_is_named() -> None:
    coverage = CoverageReport(under=("core: coverage by its own tests is 31%, under the limit of 60%",))
    page = summary(replace(REPORT, projects=()), coverage=coverage)
    assert page.startswith("## space: tests passed, coverage is under a limit, exit code 1\n")
    assert "\n\n- ❌ core\\: coverage by its own tests is 31%, under the limit of 60%\n\n" in page
    assert summary(coverage=coverage).startswith("## space: tests failed, exit code 1\n")


def many(count: int) -> RunReport:
    text = "E  ä\n" * 1000
    tests = tuple(
        TestRun("core", "core/t.py", f"test_{i}", "failed", 1.0, detail=Detail("no", text))
        for i in range(count)
    )
    return RunReport("space", 0.0, 1.0, 1, PROJECTS, tests)


@pytest.mark.parametrize("limit", [0, 50, 1000, 8000, 100_000, 1 << 20])
def test_it_never_is_larger_than_github_takes(limit: int) -> None:
    page = summary(many(400), limit=limit)
    assert len(page.encode()) <= limit
    shown = page.count("<details>")
    if limit >= 8000:
        assert f"\n{400 - shown} more failures did not fit.\n" in page
        assert page.count("</details>") == shown > 0


# -- real runs


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Space:
    """A workspace in a folder of its repository."""
    repository = tmp_path_factory.mktemp("github")
    (repository / ".git").mkdir()
    space = Space(repository / "space")
    space.root.mkdir()
    space.write(
        {
            "pyproject.toml": "[tool.pytest-monorepo]\n",
            "core/tests/helper.py": "def fail():\n    raise ValueError('50%, a:b\\nand more')\n",
            "worse/pyproject.toml": "[project\n",
            "worse/tests/test_main.py": "def test(): pass",
        }
    )
    space.projects(
        {
            "core": """
                import pytest
                from .helper import fail

                @pytest.fixture
                def broken():
                    1 / 0

                def test_fine(): pass

                def test_call():
                    fail()

                def test_setup(broken): pass
            """,
            "lone": "def test_fine(): pass",
            "ml": "import nowhere_at_all",
        }
    )
    return space


def git(folder: Path, *args: str) -> None:
    identity = ["-c", "user.name=n", "-c", "user.email=n@example.org"]
    subprocess.run(["git", *identity, *args], cwd=folder, check=True)


def on_github(space: Space, *args: str, **environ: str) -> tuple[Run, str]:
    """The run, and the summary it wrote after what was there."""
    page = space.root.parent / "summary.md"
    page.write_text("before\n")
    env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page), **environ}
    run = space.run(*args, env=env)
    return run, page.read_text(encoding="utf-8")


def commands(run: Run) -> list[str]:
    return [line for line in run.lines if line.startswith("::")]


@pytest.fixture(scope="module")
def seen(space: Space) -> tuple[Run, str]:
    return on_github(space)


def test_each_failure_is_annotated_at_its_line(seen: tuple[Run, str]) -> None:
    found = {line.partition("::error ")[2].partition("::")[0] for line in commands(seen[0])}
    test = "space/core/tests/test_main.py"
    assert found == {
        f"file={test},line=12,title=core/tests/test_main.py%3A%3Atest_call",
        f"file={test},line=7,title=core/tests/test_main.py%3A%3Atest_setup (setup)",
        "file=space/ml/tests/test_main.py,line=1,title=ml/tests/test_main.py",
        "file=space/worse/pyproject.toml,line=1,title=worse",
    }


def test_a_syntax_error_is_annotated_at_its_line(tmp_path: Path) -> None:
    space = Space(tmp_path)
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    space.projects({"core": "import os\n\ndef test_x(:\n    pass\n"})
    run = space.run(env={"GITHUB_ACTIONS": "true"})
    (line,) = commands(run)
    assert line.startswith(
        "::error file=core/tests/test_main.py,line=3,title=core/tests/test_main.py::SyntaxE"
    )


def test_a_message_starts_with_why(seen: tuple[Run, str]) -> None:
    messages = [line.split("::", 2)[2] for line in commands(seen[0])]
    assert any(message.startswith("ValueError: 50%25, a:b%0Aand more%0A") for message in messages)
    assert any(
        message.startswith("ModuleNotFoundError: No module named 'nowhere_at_all'") for message in messages
    )


def test_the_summary_comes_after_what_was_there(seen: tuple[Run, str]) -> None:
    run, page = seen
    assert page.startswith("before\n## space: tests failed, exit code ")
    assert f"exit code {run.code}\n" in page
    assert "| ❌ core | 1 | 1 | 1 |" in page


def test_off_is_off(space: Space) -> None:
    run, page = on_github(space, "--monorepo-github=off", "--project=core")
    assert (commands(run), page) == ([], "before\n")


def test_elsewhere_nothing_is_said(space: Space) -> None:
    run = space.run("--project=core", env={"GITHUB_ACTIONS": ""})
    assert commands(run) == []
    assert run.code == 1


def test_with_affected_it_tells_why_and_what_was_saved(tmp_path: Path) -> None:
    space = Space(tmp_path / "space")
    space.root.mkdir()
    space.projects({"core": "import time\ndef test(): time.sleep(0.05)", "lone": "def test(): pass"})
    git(tmp_path, "init", "-q", "-b", "main")
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n", ".gitignore": ".pytest_cache\n__pycache__\n"})
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    space.run()
    space.write({"lone/tests/test_main.py": "def test_other(): pass\n"})
    run, page = on_github(space, "--affected=HEAD")
    assert run.code == 0
    assert "## space: tests passed\n" in page
    assert re.search(r"\n\| lone \| 1 \| [^|]+ \| .*lone/tests/test\\_main.py", page)
    assert re.search(
        r"\nSaved against a full run: [\d.]+ m?s of tests by earlier runs, 1 project left out\n", page
    )


def test_a_summary_that_cannot_be_written_is_told_and_no_failure(space: Space) -> None:
    run, _ = on_github(space, "--project=lone", GITHUB_STEP_SUMMARY=str(space.root / "no" / "folder.md"))
    assert run.code == 0
    run.has("^warning: GITHUB_STEP_SUMMARY .*folder.md: No such file")


def test_only_as_many_as_github_shows(space: Space, tmp_path: Path) -> None:
    small = Space(tmp_path)
    small.projects({"core": "import pytest\n@pytest.mark.parametrize('x', range(14))\ndef test(x): assert 0"})
    run, _ = on_github(small)
    assert len(commands(run)) == SHOWN
    assert "and 5 more failures" in commands(run)[-1]


def test_another_annotating_plugin_is_not_repeated(space: Space) -> None:
    space.write(
        {
            "other.py": """
        class Errors: pass

        def pytest_configure(config):
            config.pluginmanager.register(Errors(), "annotate_errors")
        """
        }
    )
    with space.environment(PYTHONPATH=f"{Path(__file__).parents[3]}:{space.root}"):
        run, _ = on_github(space, "-p", "other", "--project=core")
    assert [re.findall(r"title=(\S+)", line)[0] for line in commands(run)] == [
        "core/tests/test_main.py%3A%3Atest_setup"
    ]
