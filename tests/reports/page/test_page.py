from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_monorepo.affected.git.checkout import Checkout
from pytest_monorepo.affected.meaning.pages import LAYOUT, WRITER, lists_pages
from pytest_monorepo.reports.coverage.model import ProjectCoverage
from pytest_monorepo.reports.origin import Origin
from pytest_monorepo.reports.page import data, history, view, words
from pytest_monorepo.reports.page.beside import beside
from pytest_monorepo.reports.page.build import write_page
from pytest_monorepo.reports.page.view import Site
from pytest_monorepo.reports.run_model import Detail, RunReport, TestRun
from tests.run.space import Space

from .samples import HOSTILE_NAMES, SCRIPT, Sample, graph, hostile, large, small, summary, workspace


def site(sample: Sample) -> Site:
    return Site(sample.run, sample.workspace, sample.graph, sample.selection, sample.coverage)


def received(folder: Path, name: str) -> object:
    """What the page would be handed by a data file."""
    text = (folder / "data" / f"{name}.js").read_text("ascii")
    match = re.fullmatch(r"receive\((\".*?\"), (.*)\);\n", text, re.DOTALL)
    assert match is not None
    assert json.loads(match[1]) == name
    return json.loads(match[2])


def test_every_project_has_its_file_also_one_that_did_not_run(tmp_path: Path) -> None:
    small().write(tmp_path)
    names = sorted(path.stem for path in (tmp_path / "data").glob("project-*.js"))
    assert names == [
        "project-libs-core",
        "project-libs-ml",
        "project-services-api",
        "project-services-web",
        "project-tools-lint",
    ]


def test_the_overview_holds_the_table_without_any_script(tmp_path: Path) -> None:
    text = (small().write(tmp_path) / "index.html").read_text("utf-8")
    assert "1 failure in 1 project" in text
    assert "services/api/tests/test_it.py::test_total" in text
    assert "no change reaches it" in text


def test_no_coverage_is_no_data_and_never_a_number(tmp_path: Path) -> None:
    text = (replace(small(), coverage=None).write(tmp_path) / "index.html").read_text("utf-8")
    assert "Nothing was measured" in text
    assert "no data" in text
    assert not re.search(r"\b(0|100) %", text.split('id="projects"')[1].split("</table>")[0])


def test_a_file_without_a_line_to_cover_has_no_percentage() -> None:
    from pytest_monorepo.reports.coverage.model import Numbers

    assert view.percentage(Numbers(files=1)) is None


@pytest.mark.parametrize(("sizes", "room"), [([10, 20], 2_500_000), ([2_500_000, 2_500_000], 1_250_000)])
def test_texts_share_their_room(sizes: list[int], room: int) -> None:
    sample = small()
    tests = tuple(
        replace(sample.run.tests[0], outcome="failed", detail=Detail(text="x" * size)) for size in sizes
    )
    assert data.room_for(site(replace(sample, run=replace(sample.run, tests=tests)))) == room


def test_a_long_text_keeps_its_end() -> None:
    text = "".join(f"line {n}\n" for n in range(1000))
    short = data.shortened(text, 500)
    assert short.startswith("line 0\n")
    assert short.endswith("line 999\n")
    assert "characters left out" in short
    assert data.shortened(text, len(text)) == text


def test_stale_project_files_are_removed_and_foreign_files_stay(tmp_path: Path) -> None:
    small().write(tmp_path)
    (tmp_path / "data" / "project-gone.js").write_text("old")
    (tmp_path / "CNAME").write_text("tests.example.org")
    small().write(tmp_path)
    assert not (tmp_path / "data" / "project-gone.js").exists()
    assert (tmp_path / "CNAME").read_text() == "tests.example.org"


def test_git_add_takes_the_whole_page(tmp_path: Path) -> None:
    """Nothing in it hides from git, and ``--affected`` knows each file by its place."""
    dest = tmp_path / "site"
    (dest / "coverage").mkdir(parents=True)  # coverage.py writes its pages first
    (dest / "coverage" / ".gitignore").write_text("# Created by coverage.py\n*\n")
    (dest / "coverage" / "index.html").write_text("")
    small().write(dest, dest / "coverage")
    assert not list(dest.rglob(".gitignore"))
    files = [path.relative_to(dest).as_posix() for path in dest.rglob("*") if path.is_file()]
    assert "data/tests.js" in files
    assert [file for file in files if not LAYOUT.fullmatch(file)] == []
    assert json.loads((dest / "summary.json").read_text("utf-8"))["writer"] == WRITER


@pytest.mark.parametrize(
    ("numbers", "expected"), [((), ""), ((3,), "3"), ((3, 4, 5, 9), "3-5, 9"), ((1, 3, 4), "1, 3-4")]
)
def test_ranges(numbers: tuple[int, ...], expected: str) -> None:
    assert words.ranges(numbers) == expected


def test_coverage_pages_elsewhere_are_copied_into_the_site(tmp_path: Path) -> None:
    (tmp_path / "htmlcov").mkdir()
    (tmp_path / "htmlcov" / "index.html").write_text("coverage")
    small().write(tmp_path / "site", tmp_path / "htmlcov")
    assert (tmp_path / "site" / "coverage" / "index.html").read_text() == "coverage"
    assert 'data-coverage="coverage"' in (tmp_path / "site" / "index.html").read_text("utf-8")


@pytest.mark.parametrize("more", [[], ["--cov-report=html:elsewhere"]])
def test_coverage_pages_are_found_from_any_folder(space: Space, more: list[str]) -> None:
    space.projects({"libs/a": "from a import X\n\ndef test_x():\n    assert X\n"})
    space.write({"libs/a/a/__init__.py": "X = 1\n"})
    run = space.run("-p", "pytest_cov", "--cov", "--monorepo-html=site", *more, cwd="libs")
    assert run.code == 0
    assert 'data-coverage="coverage"' in (space.root / "libs" / "site" / "index.html").read_text("utf-8")
    assert (space.root / "libs" / "site" / "coverage" / "index.html").is_file()


def test_coverage_pages_inside_the_site_stay_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "cov" / "html").mkdir(parents=True)
    small().write(tmp_path, tmp_path / "cov" / "html")
    assert not (tmp_path / "coverage").exists()
    assert 'data-coverage="cov/html"' in (tmp_path / "index.html").read_text("utf-8")


def test_the_change_since_the_previous_run_is_shown(tmp_path: Path) -> None:
    sample = small()
    api, *others = sorted(sample.run.projects, key=lambda project: project.path != "services/api")
    earlier = (replace(api, counts={"passed": 1}, tests=1), *others)
    replace(sample, run=replace(sample.run, projects=earlier)).write(tmp_path)
    text = (sample.write(tmp_path) / "index.html").read_text("utf-8")
    table = text.split('id="projects"')[1].split("</table>")[0]
    assert table.count("+1 failed") == 1
    assert table.count("+1 test<") == 1


def test_a_first_run_has_no_column_of_changes(tmp_path: Path) -> None:
    text = (small().write(tmp_path) / "index.html").read_text("utf-8")
    assert ">Change</th>" not in text


def test_a_project_that_did_not_run_keeps_its_last_record(tmp_path: Path) -> None:
    sample = small()
    sample.write(tmp_path)
    replace(sample, run=replace(sample.run, projects=sample.run.projects[:1], tests=())).write(tmp_path)
    assert set(history.read(tmp_path).projects) == {"libs/core", "libs/ml", "services/api", "tools/lint"}


_HEAD = '{"format":1,"started":1,"more":[],"projects":['
_PROJECT = '{"path":"a","tests":1,"failures":0,"skipped":0,"duration":1}'


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        '{"format": 99}',
        '{"format":1,"started":1,"projects":[{}]}',
        '{"format":1,"started":null,"projects":[]}',
        '{"format":1,"started":1e999,"projects":[]}',
        '{"format":1,"started":-1e300,"projects":[]}',
        _HEAD + _PROJECT.replace("1", '"1"') + "]}",
        _HEAD + _PROJECT.replace("1", "NaN") + "]}",
        '{"format":1,"started":1,"projects":{"a":1}}',
    ],
)
def test_a_summary_that_is_not_ours_is_no_history(tmp_path: Path, content: str) -> None:
    (tmp_path / "summary.json").write_text(content)
    assert history.read(tmp_path) == history.Snapshot()


def test_a_summary_of_a_newer_version_is_read_as_far_as_it_is_known(tmp_path: Path) -> None:
    content = _HEAD + _PROJECT.replace("}", ',"more":2}') + "]}"
    (tmp_path / "summary.json").write_text(content)
    assert history.read(tmp_path) == history.Snapshot(1, {"a": history.Past(1, 0, 0, 1)})


def test_slugs_are_unique_also_where_case_does_not_count() -> None:
    found = view.slugs([".", "libs/ml", "libs-ml", "Libs/ML", "ünï", "…", "-"])
    assert found["libs/ml"] == "libs-ml"
    assert found["."] == "root"
    assert len({slug.casefold() for slug in found.values()}) == len(found)
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", slug) for slug in found.values())


def test_markup_in_names_is_escaped_everywhere(tmp_path: Path) -> None:
    hostile().write(tmp_path)
    index = (tmp_path / "index.html").read_text("utf-8")
    assert SCRIPT not in index
    assert "<img" not in index
    for file in (tmp_path / "data").iterdir():
        assert not set("<>&") & set(file.read_text("ascii"))


def test_names_arrive_as_they_were(tmp_path: Path) -> None:
    hostile().write(tmp_path)
    slug = site(hostile()).slugs[hostile().run.projects[0].path]
    value = received(tmp_path, f"project-{slug}")
    assert isinstance(value, dict)
    assert {test[1] for test in value["tests"]} == set(HOSTILE_NAMES)


def test_a_script_separator_cannot_end_a_line() -> None:
    assert data.script("x", "\u2028</script>") == 'receive("x", "\\u2028\\u003c/script\\u003e");\n'


def test_a_filter_or_a_selection_makes_the_page_say_part(tmp_path: Path) -> None:
    assert view.partial(site(small())) == ("1 project skipped as unaffected",)
    sample = small()
    filtered = replace(sample, run=replace(sample.run, filters=("-k slow",)), selection=None)
    assert view.partial(site(filtered)) == ("-k slow", "1 project not run")
    whole = tuple(project for project in sample.workspace.projects if project.path != "services/web")
    only = replace(filtered, workspace=replace(sample.workspace, projects=whole))
    assert view.partial(site(only)) == (), "the filter left nothing out"
    paths = replace(only, run=replace(only.run, filters=("--project", "paths", "--shard 1/2")))
    assert view.partial(site(paths)) == ("paths", "--shard 1/2")
    first, *others = only.run.projects
    some = replace(only.run, projects=(replace(first, deselected=1), *others))
    assert view.partial(site(replace(only, run=some))) == ("-k slow",)


def test_lost_coverage_is_no_part_of_the_workspace_and_told_in_the_terminals_words(tmp_path: Path) -> None:
    sample = small()
    assert sample.coverage is not None
    some, *others = sample.coverage.projects
    measured = (
        replace(some, error="killed by signal 9"),
        ProjectCoverage("services/web", error="gone"),
        *others,
    )
    lost = replace(
        sample,
        selection=None,
        coverage=replace(sample.coverage, projects=measured, partial="measured in part"),
    )

    assert view.partial(site(lost)) == ("1 project not run",)
    said = (f"{some.path}: measured in part: killed by signal 9", "services/web: not measured: gone")
    assert view.unmeasured(site(lost)) == said
    lost.write(tmp_path)
    page = (tmp_path / "index.html").read_text()
    assert f"<strong>Coverage in part.</strong> {' · '.join(said)}" in page
    project = received(tmp_path, f"project-{site(lost).slugs[some.path]}")
    assert isinstance(project, dict)
    assert project["coverage"]["error"] == "measured in part: killed by signal 9"


def test_an_unfinished_project_is_no_pass(tmp_path: Path) -> None:
    sample = small()
    died = replace(sample.run.projects[0], error="killed by signal 9", counts={"passed": 1})
    run = replace(sample.run, projects=(died,), tests=sample.run.tests[:1])
    text = (replace(sample, run=run).write(tmp_path) / "index.html").read_text("utf-8")
    assert "1 project did not finish" in text
    assert "killed by signal 9" in text
    assert "All tests passed" not in text


def test_a_run_that_failed_without_a_failed_test_is_no_success(tmp_path: Path) -> None:
    sample = small()
    run = replace(sample.run, projects=sample.run.projects[:1], tests=sample.run.tests[:1], exitstatus=1)
    text = (replace(sample, run=run).write(tmp_path) / "index.html").read_text("utf-8")
    assert "No test failed, but the run ended with exit code 1" in text


def test_a_project_s_own_failure_is_listed_once(tmp_path: Path) -> None:
    sample = small()
    why = "no tests ran, though there is 1 test file"
    broken = replace(sample.run.projects[0], error=why, counts={"error": 1})
    itself = replace(sample.run.tests[0], file=broken.path, name="", outcome="error", detail=Detail(why))
    run = replace(sample.run, projects=(broken,), tests=(itself,), exitstatus=1)
    text = (replace(sample, run=run).write(tmp_path) / "index.html").read_text("utf-8")
    assert text.count(why) == 1


def test_tests_that_were_run_again_are_listed_and_explain_the_exit_code(tmp_path: Path) -> None:
    sample = small()
    again = [test for test in sample.run.tests if test.reruns]
    projects = tuple(p for p in sample.run.projects if p.path == again[0].project)
    run = replace(sample.run, projects=projects, tests=tuple(again), exitstatus=1)
    text = (replace(sample, run=run).write(tmp_path) / "index.html").read_text("utf-8")
    assert "No test failed in the end, but 1 test had to be run again" in text
    assert "passed after 2 failed attempts" in text


def test_a_run_of_nothing_but_skips_is_no_success(tmp_path: Path) -> None:
    sample = small()
    skipped = replace(sample.run.tests[0], outcome="skipped")
    run = replace(sample.run, projects=sample.run.projects[:1], tests=(skipped,), exitstatus=5)
    text = (replace(sample, run=run).write(tmp_path) / "index.html").read_text("utf-8")
    assert "No test ran" in text


def test_a_run_that_failed_by_a_coverage_limit_says_which(tmp_path: Path) -> None:
    sample = small()
    assert sample.coverage is not None
    limit = "total coverage is 84%, under the limit of 99%: <5> of 51 lines missing"
    run = replace(sample.run, projects=sample.run.projects[:1], tests=sample.run.tests[:1], exitstatus=1)
    told = replace(sample, run=run, coverage=replace(sample.coverage, under=(limit,)))
    text = (told.write(tmp_path) / "index.html").read_text("utf-8")
    assert "No test failed, but coverage is under a limit" in text
    assert "total coverage is 84%, under the limit of 99%: &lt;5&gt; of 51 lines missing" in text


def test_direction_controls_in_names_show_as_escapes(tmp_path: Path) -> None:
    text = (hostile().write(tmp_path) / "index.html").read_text("utf-8")
    assert "\\u202egnp.exe" in text
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)


def test_a_project_without_tests_is_not_called_skipped(tmp_path: Path) -> None:
    sample = small()
    projects = tuple(replace(p, test_files=()) if p.name == "web" else p for p in sample.workspace.projects)
    changed = replace(sample, workspace=replace(sample.workspace, projects=projects))
    assert view.outcome(site(changed), "services/web") == "empty"
    assert view.outcome(site(sample), "services/web") == "skipped"
    assert view.not_run(site(changed)) == ()


def test_300_projects_and_6000_tests_stay_under_10_megabytes(tmp_path: Path) -> None:
    large().write(tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 10_000_000


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "no data"), (100.0, "100 %"), (99.99, "99 %"), (0.01, "1 %"), (0.0, "0 %"), (86.6, "87 %")],
)
def test_a_percentage_is_never_rounded_to_all_or_nothing(value: float | None, shown: str) -> None:
    assert words.percent(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 ms"),
        (0.0123, "12 ms"),
        (0.9999, "1.0 s"),
        (59.96, "1 min"),
        (125, "2 min 5 s"),
        (3720, "1 h 2 min"),
    ],
)
def test_durations_read_well(seconds: float, shown: str) -> None:
    assert words.duration(seconds) == shown


def test_a_page_knows_those_of_other_branches_beside_it(tmp_path: Path) -> None:
    for name in ("main", "feature/login", "feature/x & <y>"):
        small().write(tmp_path / "pages" / name)
    (tmp_path / "pages" / "broken").mkdir()
    for name in ("index.html", "summary.json"):
        (tmp_path / "pages" / "broken" / name).write_text("[")
    found = beside(tmp_path / "pages" / "feature" / "login", "feature/login")
    assert sorted((one.name, one.href) for one in found) == [
        ("feature/x & <y>", "../x%20%26%20%3Cy%3E/index.html"),
        ("main", "../../main/index.html"),
    ]
    assert (found[0].tests, found[0].failures) == (7, 1)
    assert [one.name for one in beside(tmp_path / "pages" / "main", "")] == []
    assert [one.name for one in beside(tmp_path / "pages" / "feature" / "login", "main")] == ["x & <y>"]
    assert beside(tmp_path / "nowhere" / "site", "main") == ()
    text = (small().write(tmp_path / "pages" / "feature" / "z") / "index.html").read_text("utf-8")
    assert '<a href="../login/index.html"><bdi>login</bdi></a>' in text


def test_the_pages_of_all_branches_have_one_address(tmp_path: Path) -> None:
    top = tmp_path / "pages"
    _written_for("main", top / "main")
    assert not (top / "index.html").exists(), "one page is nothing to list"
    _written_for("feature/x & <y>", top / "feature/x & <y>")
    text = (top / "index.html").read_text("utf-8")
    assert lists_pages(top / "index.html")
    assert '<a href="main/index.html"><bdi>main</bdi></a>' in text
    assert '<a href="feature/x%20%26%20%3Cy%3E/index.html"><bdi>feature/x &amp; &lt;y&gt;</bdi></a>' in text
    for branch in ("main", "b"):
        _written_for(branch, tmp_path / "elsewhere" / f"site of {branch}")
    assert not (tmp_path / "elsewhere" / "index.html").exists(), "a folder that is not the branch's"
    for folder in ("", "root"):
        for branch in ("main", "b"):
            _written_for(branch, tmp_path / folder / branch, root=tmp_path / "root")
        assert not (tmp_path / folder / "index.html").exists(), "the workspace's own, or one above"
    (top / "index.html").write_text("mine")
    _written_for("main", top / "main")
    assert (top / "index.html").read_text() == "mine"


def _written_for(branch: str, dest: Path, root: Path | None = None) -> None:
    one = small()
    space = replace(one.workspace, root=root) if root is not None else one.workspace
    write_page(dest, one.run, space, one.graph, None, origin=Origin(Checkout(branch=branch), branch))


def test_what_was_replayed_is_all_only_where_nothing_else_has_an_outcome() -> None:
    """A file that cannot be imported is no test of its project, and was looked at now."""
    old = TestRun("a", "a/t.py", "test_x", "passed", cached="3f2c1ab, 2 h ago")
    error = TestRun("b", "b/t.py", "", "error")
    projects = (replace(summary((old,), "a"), cached=1), summary((error,), "b"))
    both = Site(RunReport("acme", 0, 1, 1, projects, (old, error)), workspace("a", "b"), graph(("a", "b")))
    assert view.replayed(both) == "1 replayed from earlier runs"
    alone = replace(both, run=replace(both.run, projects=projects[:1], tests=(old,)))
    assert view.replayed(alone) == "all replayed from earlier runs"
    assert view.replayed(replace(both, run=replace(both.run, projects=projects[1:], tests=(error,)))) == ""
