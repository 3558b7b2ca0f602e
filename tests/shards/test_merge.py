"""``--shard`` and ``--monorepo-merge`` over whole workspaces, each run in a process of its own."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.results.history import folder
from pytest_monorepo.run.plan.history import History
from pytest_monorepo.run.plan.shards import divide
from pytest_monorepo.settings import load
from pytest_monorepo.shards.bundle import MANIFEST, PART
from pytest_monorepo.workspace.discovery.discover import discover
from tests.patience import FOREVER, MINUTES, until
from tests.run.space import MANIFEST as PYPROJECT
from tests.run.space import Run, Space, replayed
from tests.sampling import Part

SHARDS = "monorepo-shards"
SAMPLE = Path(__file__).parents[2] / "sample_repo"
SOURCE = "def f(x):\n    if x:\n        return 1\n    return 2\n"
TESTS = """
    import warnings
    import pytest
    from {name}_code import f

    def test_one():
        assert f(1) == 1

    def test_warns():
        warnings.warn("hm")

    @pytest.mark.skip(reason="no")
    def test_skipped():
        pass

    @pytest.mark.xfail
    def test_expected():
        assert f(0) == 1
"""
PART_OF_BIG = """
    import pytest
    from big_code import f

    @pytest.mark.parametrize("value", ["a::b/c", "[x]"])
    def test_some(value, record_property):
        record_property("value", value)
        assert f({number}) == {expected}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Space:
    """Three small projects and a big one, in git, with every outcome."""
    root = tmp_path / "repo"
    root.mkdir()
    space = Space(root)
    space.write(
        {
            "pyproject.toml": "[tool.pytest-monorepo]\n",
            ".gitignore": "__pycache__/\n.coverage\n*.json\n*.xml\n",
        }
    )
    for name in ("a", "b", "c"):
        space.projects({f"libs/{name}": TESTS.format(name=name)})
        space.write({f"libs/{name}/{name}_code.py": SOURCE})
    space.write({"libs/big/pyproject.toml": PYPROJECT.format(name="big"), "libs/big/big_code.py": SOURCE})
    for number in range(6):
        expected = {0: 2, 4: 7}.get(number, 1)
        text = PART_OF_BIG.format(number=number, expected=expected)
        space.write({f"libs/big/tests/test_{number}.py": text})
    skipped = "import pytest\npytest.skip('all of it', allow_module_level=True)\n"
    space.write({"libs/big/tests/test_skipped.py": skipped})
    git(space, "init", "-q")
    commit(space)
    return space


def git(space: Space, *args: str) -> None:
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run(["git", *identity, *args], cwd=space.root, check=True, stdout=subprocess.DEVNULL)


def commit(space: Space) -> None:
    git(space, "add", "-A")
    git(space, "commit", "-q", "-m", "x")


def shards(space: Space, count: int, *args: str) -> list[Run]:
    return [
        space.run("--shard", f"{n}/{count}", f"--junitxml=shard{n}.xml", *args) for n in range(1, count + 1)
    ]


def merged(space: Space, *args: str) -> Run:
    return space.run("--monorepo-merge", SHARDS, "--junitxml=merged.xml", *args)


def refused(space: Space, *texts: str) -> None:
    run = merged(space)
    assert run.code == 4, run.out
    for text in texts:
        assert text in run.out


def suites(run: Run) -> dict[str, tuple[dict[str, str], Counter[tuple[str, ...]]]]:
    """Each project's suite without its times: attributes and test cases."""
    assert run.junit is not None
    found = {}
    for suite in ET.parse(run.junit).iter("testsuite"):
        timeless = {k: v for k, v in suite.attrib.items() if k not in ("time", "timestamp")}
        cases = Counter(
            (
                case.get("classname", ""),
                case.get("name", ""),
                case.get("file", ""),
                case.get("line", ""),
                *(f"{child.tag} {child.get('message')}" for child in case),
                *(f"{p.get('name')}={p.get('value')}" for p in case.iter("property")),
            )
            for case in suite.iter("testcase")
        )
        found[suite.get("name", "")] = timeless, cases
    return found


def lines(space: Space, file: str) -> dict[str, Any]:
    data = json.loads((space.root / file).read_text())
    kept = ("executed_lines", "missing_lines", "executed_branches", "missing_branches", "summary")
    return {path: {key: one.get(key) for key in kept} for path, one in data["files"].items()}


# -- equal to a run that is not divided


@pytest.mark.sampled("count")
@pytest.mark.parametrize("count", [3, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2, 7))])
def test_shards_merge_to_the_run_that_was_not_divided(shop: Space, count: int) -> None:
    cov = ("-p", "pytest_cov", "--cov", "--cov-branch", "--cov-fail-under=50")
    whole = shop.run("--junitxml=whole.xml", *cov, "--cov-report=json:whole.json")
    parts = shards(shop, count, *cov, "--cov-report=")
    each = Counter(case for part in parts for case in part.cases)
    assert each == Counter(dict.fromkeys(whole.cases, 1))
    assert {part.code for part in parts} <= {0, 1}

    together = merged(shop, *cov, "--cov-report=json:merged.json")
    assert together.code == whole.code == 1
    assert together.counts == whole.counts
    assert suites(together) == suites(whole)
    assert lines(shop, "merged.json") == lines(shop, "whole.json")
    assert together.summary == whole.summary
    together.has(rf"monorepo: {count} shards? merged, 4 projects", r"total coverage reaches 50%")
    assert "3 warnings" in together.lines[-1]
    assert "3 warnings" in whole.lines[-1]


@pytest.mark.slow
@pytest.mark.sampled("count", first=False)
@pytest.mark.parametrize("count", [3, 7])
def test_sixty_projects_merge_to_the_run_that_was_not_divided(tmp_path: Path, count: int) -> None:
    space = Space(tmp_path)
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    for number in range(60):
        for file in range(1 + (number == 7) * 20 + number % 3):
            text = f"def test_it(): assert {number} != 13\ndef test_other(): pass\n"
            space.write({f"p{number}/tests/test_{file}.py": text})
        space.write({f"p{number}/pyproject.toml": PYPROJECT.format(name=f"p{number}")})
    whole = space.run("--junitxml=whole.xml")
    parts = shards(space, count)
    assert Counter(case for part in parts for case in part.cases) == Counter(dict.fromkeys(whole.cases, 1))
    together = merged(space)
    assert (together.code, together.counts) == (whole.code, whole.counts)
    assert suites(together) == suites(whole)


def copied_sample(folder: Path) -> Space:
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns(".*", "__pycache__", "monorepo-shards"))
    return Space(folder)


@pytest.mark.parametrize("count", range(1, 8))
def test_each_file_of_the_sample_is_in_one_shard(tmp_path: Path, count: int) -> None:
    space = copied_sample(tmp_path / "sample")
    projects = [p for p in discover(space.root, load(space.root)).projects if p.runs]
    division = divide(projects, count, History())
    found: Counter[str] = Counter()
    for part in division.parts:
        for project in projects:
            if project.path in part:
                found.update(part[project.path] or project.test_files)
    assert found == Counter(file for project in projects for file in project.test_files)
    assert len(found) == 5


@pytest.mark.slow
def test_the_sample_merges_to_the_run_that_was_not_divided(tmp_path: Path, part: Part) -> None:
    for module in ("fastapi", "httpx", "numpy", "opentelemetry.trace"):
        pytest.importorskip(module)
    space = copied_sample(tmp_path / "sample")
    cov = ("-p", "pytest_cov", "-p", "no:cacheprovider")
    whole = space.run("--junitxml=whole.xml", *cov, "--cov-report=json:whole.json")
    parts = shards(space, 4 if part.whole else 2, *cov, "--cov-report=")
    assert Counter(case for part in parts for case in part.cases) == Counter(dict.fromkeys(whole.cases, 1))
    together = merged(space, *cov, "--cov-report=json:merged.json")
    assert (together.code, together.counts) == (whole.code, whole.counts)
    assert suites(together) == suites(whole)
    assert lines(space, "merged.json") == lines(space, "whole.json")


def test_what_is_not_run_for_a_file_that_cannot_be_read_is_no_part_of_the_whole(shop: Space) -> None:
    """Of the project around that file nothing is run, though its other tests are collected."""
    shop.write({"libs/c/tests/test_broken.py": "import nothing_there\n"})
    whole = shop.run()
    shards(shop, 2)
    runs = [whole, merged(shop)]
    assert [re.findall(r"\[ *(\d+)%\]", run.out)[-1] for run in runs] == ["100", "100"]
    assert [run.code for run in runs] == [1, 1]


def test_a_project_is_divided_by_file_and_collected_whole(shop: Space) -> None:
    shop.write(
        {
            "libs/big/conftest.py": "import sys\ndef pytest_runtest_setup():\n"
            "    assert {'test_0', 'test_5'} <= {name.rpartition('.')[2] for name in sys.modules}\n"
        }
    )
    parts = shards(shop, 3)
    in_big = [{case.split(".")[3] for case in part.cases if "libs.big" in case} for part in parts]
    assert sum(map(len, in_big)) == 7
    assert sum(bool(files) for files in in_big) > 1
    assert [part.counts.get("error") for part in parts] == [None] * 3


@pytest.mark.slow
def test_lists_and_collect_only_show_the_shard(shop: Space) -> None:
    listed: list[str] = []
    for number in (1, 2, 3):
        run = shop.run("--shard", f"{number}/3", "--collect-only", "-q")
        listed += [line for line in run.lines if "::" in line]
        data = json.loads(shop.run("--shard", f"{number}/3", "--monorepo-list=json").out)
        selected = {p["path"] for p in data["projects"] if p["selected"]}
        assert {line.partition("/tests")[0] for line in run.lines if "::" in line} <= selected
        assert (data["shard"]["index"], data["shard"]["count"]) == (number, 3)
        assert set(data["shard"]["files"]) <= selected
    whole = shop.run("--collect-only", "-q")
    assert sorted(listed) == sorted(line for line in whole.lines if "::" in line)
    assert not (shop.root / SHARDS).exists()


def test_the_shards_of_a_matrix_are_proposed(shop: Space) -> None:
    run = shop.run("--monorepo-list=github", "--max-shards", "3")
    assert run.lines[-1] == 'shards=["1/3","2/3","3/3"]'
    for wrong in ("x", "0", "257"):
        run = shop.run("--monorepo-list=github", "--max-shards", wrong)
        assert run.code == 4
        run.has(f"--max-shards {wrong}: must be from 1 to 256")
        run.lacks("matrix=")  # which a step appends to $GITHUB_OUTPUT


def test_each_entry_of_the_matrix_runs_its_projects(shop: Space) -> None:
    """The root's entry, too, where a path would mean everything below."""
    shop.write(
        {"pyproject.toml": PYPROJECT.format(name="top"), "tests/test_top.py": "def test_top(): pass\n"}
    )
    lines = shop.run("--monorepo-list=github").lines
    (matrix,) = (line.removeprefix("matrix=") for line in lines if line.startswith("matrix="))
    ran = []
    for entry in json.loads(matrix)["include"]:
        run = shop.run("--collect-only", "-q", *entry["args"].split())
        ran += [line for line in run.lines if "::" in line]
        assert any("::" in line for line in run.lines), entry
    assert sorted(ran) == sorted(line for line in shop.run("--collect-only", "-q").lines if "::" in line)


def test_a_shards_folder_has_no_hidden_file_and_a_lost_one_is_an_error(shop: Space) -> None:
    cov = ("-p", "pytest_cov", "--cov")
    shards(shop, 2, *cov, "--project=libs/a", "--project=libs/b")
    folders = sorted((shop.root / SHARDS).glob("*-of-2"))
    files = [file for folder in folders for file in folder.rglob("*")]
    assert not [file for file in files if file.name.startswith(".")]
    assert merged(shop, *cov).code == 0
    data = next(file for file in files if file.parent.parent.name == "coverage")
    data.unlink()
    refused(shop, f"{data.name}: is missing: hand on all files of the shard's folder")


def test_times_are_those_of_shards_side_by_side(shop: Space) -> None:
    """As if all had begun with the first; the run took as long as the longest."""
    shards(shop, 2, "--project=libs/a", "--project=libs/b")
    expected = {}
    for index, (began, ended) in enumerate([(1000.0, 1125.0), (5000.0, 5030.0)], 1):
        folder = shop.root / SHARDS / f"{index}-of-2"
        manifest = json.loads((folder / MANIFEST).read_text())
        assert 0 < manifest["began"] < manifest["ended"]
        (folder / MANIFEST).write_text(json.dumps({**manifest, "began": began, "ended": ended}))
        for line in (folder / "reports.jsonl").read_text().splitlines():
            record = json.loads(line)
            if record["kind"] == "report" and record["data"]["when"] == "call":
                data = record["data"]
                expected[data["nodeid"]] = (data["start"] - (began - 1000.0), f"shard{index}-")
    shop.write(
        {
            "watch.py": """
                import json

                def pytest_runtest_logreport(report):
                    if report.when == "call":
                        line = [report.nodeid, report.start, report.worker_id, report.monorepo_lane]
                        print(json.dumps(line), file=open("seen.txt", "a"))
            """
        }
    )
    path = f"{shop.environ()['PYTHONPATH']}:{shop.root}"
    env = {"PYTHONPATH": path, "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(shop.root / "sum.md")}
    shop.run("--monorepo-merge", SHARDS, "-p", "watch", env=env)
    seen = [json.loads(line) for line in (shop.root / "seen.txt").read_text().splitlines()]
    assert {nodeid: start for nodeid, start, *_ in seen} == {n: start for n, (start, _) in expected.items()}
    assert all(worker.startswith(expected[nodeid][1]) for nodeid, _, *workers in seen for worker in workers)
    assert "2 projects, 2 min 5 s" in (shop.root / "sum.md").read_text()


@pytest.mark.slow
def test_known_durations_divide_and_the_merge_remembers_them(shop: Space) -> None:
    shop.run()
    cache = shop.root / ".pytest_cache/v/monorepo/durations"
    known = json.loads(cache.read_text())
    known["files"]["libs/a/tests/test_main.py"][0] = 100.0
    cache.write_text(json.dumps(known))
    parts = shards(shop, 2)
    assert {case.split(".")[1] for case in parts[0].cases} == {"a"}
    assert json.loads(cache.read_text()) == known
    assert merged(shop).code == 1
    assert json.loads(cache.read_text())["files"]["libs/a/tests/test_main.py"][0] < 50


@pytest.mark.slow
def test_a_shard_may_have_nothing_to_do(shop: Space) -> None:
    parts = shards(shop, 4, "libs/a")
    assert [part.code for part in parts] == [0, 0, 0, 0]
    assert sum(part.counts.get("passed", 0) for part in parts) == 2
    assert merged(shop).code == 0
    shutil.rmtree(shop.root / SHARDS)
    none = shards(shop, 2, "-k", "no_such_test")
    assert [part.code for part in none] == [0, 0]
    assert merged(shop, "-k", "no_such_test").code == shop.run("-k", "no_such_test").code == 5


@pytest.mark.slow
def test_deselected_tests_count_once(shop: Space) -> None:
    whole = shop.run("-k", "some or one")
    shards(shop, 3, "-k", "some or one")
    assert merged(shop).counts == whole.counts


def test_what_a_change_affects_is_decided_by_the_shards(shop: Space) -> None:
    shop.write({"libs/big/big_code.py": SOURCE + "\n", "libs/a/a_code.py": SOURCE + "\n"})
    commit(shop)
    args = ("--affected", "HEAD~1", "--affected-explain")
    whole = shop.run(*args, "--junitxml=whole.xml")
    shards(shop, 3, *args)
    # the merge may stand on a clone without history: it asks git nothing of it
    together = merged(shop, *args)
    assert together.counts == whole.counts
    assert whole.counts["deselected"] == 2
    assert suites(together) == suites(whole)
    explained = [
        line for line in whole.lines if line.startswith(("affected by", "  ", "selected", "skipped"))
    ]
    assert [line for line in together.lines if line in explained] == explained


@pytest.mark.slow
def test_a_file_that_cannot_be_imported_stops_its_project_in_every_shard_and_is_told_once(
    shop: Space,
) -> None:
    shop.write({"libs/big/tests/test_2.py": "import no_such_module\n"})
    whole = shop.run("--junitxml=whole.xml")
    parts = shards(shop, 3)
    assert max(part.code for part in parts) == 1
    together = merged(shop)
    assert (together.code, together.counts) == (whole.code, whole.counts)
    assert suites(together) == suites(whole)


@pytest.mark.slow
def test_a_project_that_cannot_start_is_told_once(shop: Space) -> None:
    shop.write({"libs/big/conftest.py": "raise RuntimeError('not today')\n"})
    whole = shop.run("--junitxml=whole.xml")
    shards(shop, 3)
    together = merged(shop)
    assert (together.code, together.counts, together.summary) == (whole.code, whole.counts, whole.summary)
    assert "not today" in together.out


def test_a_worker_that_died_is_reported_as_in_the_shard(shop: Space) -> None:
    shop.write({"libs/a/tests/test_main.py": "import os\ndef test_dies():\n    os._exit(3)\n"})
    whole = shop.run()
    shards(shop, 2)
    together = merged(shop)
    assert (together.code, together.counts) == (whole.code, whole.counts)
    assert together.summary == whole.summary


@pytest.mark.slow
def test_a_shard_of_a_later_version_may_say_more(shop: Space) -> None:
    (run,) = shards(shop, 1, "libs/a")
    file = shop.root / SHARDS / "1-of-1" / "reports.jsonl"
    records = [json.loads(line) for line in file.read_text().splitlines()]
    told = [record for record in records if record["kind"] in ("finish", "warning")]
    assert len({record["kind"] for record in told}) == 2
    for record in told:
        record["data"]["weather"] = "fine"
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    found = merged(shop)
    assert (found.code, found.counts) == (run.code, run.counts), found.out


def test_the_failures_of_all_shards_are_remembered(shop: Space) -> None:
    """As those that ``--lf`` runs again, and in the page's history as one run."""
    shards(shop, 3, "--monorepo-html=site")
    shutil.rmtree(shop.root / ".pytest_cache")
    assert not folder.read([shop.root / "site/history"])
    together = merged(shop, "--monorepo-html=site")
    (run,) = folder.read([shop.root / "site/history"])
    assert (run.count, run.failures, len(run.whole)) == (sum(together.counts.values()), 2, 4)
    again = shop.run("--lf", "-v")
    assert set(again.words) == {f"libs/big/tests/test_4.py::test_some[{v}]" for v in ("a::b/c", "[x]")}


@pytest.mark.slow
def test_coverage_of_another_folder_counts_here(shop: Space, tmp_path: Path) -> None:
    cov = ("-p", "pytest_cov", "--cov", "--cov-branch")
    shop.run(*cov, "--cov-report=json:whole.json")
    shards(shop, 2, *cov, "--cov-report=")
    elsewhere = Space(tmp_path / "elsewhere")
    git(shop, "clone", "-q", str(shop.root), str(elsewhere.root))
    # as actions/download-artifact lays them: a folder for each artifact
    for number in (1, 2):
        name = f"{number}-of-2"
        shutil.copytree(shop.root / SHARDS / name, elsewhere.root / "artifacts" / f"job-{number}" / name)
    shutil.move(shop.root, tmp_path / "gone")
    run = elsewhere.run("--monorepo-merge", "artifacts", *cov, "--cov-report=json:merged.json")
    assert run.code == 1
    whole = lines(Space(tmp_path / "gone"), "whole.json")
    assert lines(elsewhere, "merged.json") == whole
    assert "libs/big/big_code.py" in whole


# -- what does not belong together


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")
def test_a_merge_says_which_results_are_an_earlier_runs(tmp_path: Path) -> None:
    space = Space(tmp_path / "space")
    space.projects({"libs/a": "def test(): pass", "libs/b": "def test(): pass", "libs/c": "def test(): pass"})
    space.run("--cached")
    space.write({"libs/c/tests/test_main.py": "def test(): assert 1"})
    for number in (1, 2):
        assert space.run("--cached", f"--shard={number}/2").code == 0
    merged = space.run(f"--monorepo-merge={SHARDS}", "-v")
    assert replayed(merged) == 2, merged.out
    told = re.findall(r"^libs/(.)/\S+ PASSED \(cached from [^()]*\) ", merged.out, re.MULTILINE)
    assert told == ["a", "b"], merged.out
    merged = space.run(f"--monorepo-merge={SHARDS}")
    shown = re.findall(r"^libs/(.)/\S+ (\(cached\) )?\.", merged.out, re.MULTILINE)
    assert shown == [("a", "(cached) "), ("b", "(cached) "), ("c", "")], merged.out


def test_a_missing_shard_is_an_error(shop: Space) -> None:
    shards(shop, 3)
    shutil.rmtree(shop.root / SHARDS / "2-of-3")
    refused(shop, "shard 2/3 is missing")
    shutil.rmtree(shop.root / SHARDS / "3-of-3")
    refused(shop, "shards 2/3, 3/3 are missing")
    shutil.rmtree(shop.root / SHARDS / "1-of-3")
    refused(shop, "no shard's folder in it")
    shutil.rmtree(shop.root / SHARDS)
    refused(shop, "no such folder")


def test_a_doubled_shard_is_an_error(shop: Space) -> None:
    shards(shop, 2)
    shutil.copytree(shop.root / SHARDS / "1-of-2", shop.root / SHARDS / "again")
    refused(shop, "1-of-2 and ", "again: are both shard 1/2")


@pytest.mark.slow
def test_a_foreign_shard_is_an_error(shop: Space) -> None:
    shards(shop, 2, "libs/a", "libs/b")
    shop.run("--shard", "2/2", "libs/a", "libs/b", "-k", "one")
    refused(shop, "2-of-2: ran with another choice of tests")
    shop.write({"libs/a/new.py": ""})
    commit(shop)
    shop.run("--shard", "2/2", "libs/a", "libs/b")
    refused(shop, "2-of-2: ran at commit")
    shop.run("--shard", "1/2", "libs/a", "libs/b")
    assert merged(shop).code == 0
    shop.write({"libs/a/newer.py": ""})
    commit(shop)
    refused(shop, "1-of-2: ran at commit", "but this checkout is at")


def test_a_shard_divided_by_other_durations_is_an_error(shop: Space) -> None:
    shards(shop, 2)
    cache = shop.root / ".pytest_cache/v/monorepo/durations"
    cache.parent.mkdir(parents=True, exist_ok=True)
    files = {"libs/big/tests/test_0.py": [100.0, 2], "libs/a/tests/test_main.py": [0.1, 2]}
    cache.write_text(json.dumps({"version": 1, "files": files}))
    shop.run("--shard", "2/2")
    refused(shop, "divided the run by other durations: restore one and the same pytest cache")


def test_a_killed_and_an_interrupted_shard_are_errors(shop: Space) -> None:
    test = f"import time\ndef test_long():\n    open('started', 'w').close()\n    time.sleep({FOREVER})\n"
    shop.write({"libs/a/tests/test_main.py": test})
    started = shop.root / "libs/a/started"
    for number, words in ((signal.SIGKILL, "was killed before its end"), (signal.SIGINT, "was interrupted")):
        _end(shop.start("--shard", "1/1", "libs/a"), number, started)
        started.unlink()
        assert (shop.root / SHARDS / f"1-of-1{PART}").exists() == (number is signal.SIGKILL)
        refused(shop, words, "run it again")
    manifest = json.loads((shop.root / SHARDS / "1-of-1" / MANIFEST).read_text())
    assert (manifest["interrupted"], manifest["exit_code"]) == (True, 2)


def _end(process: subprocess.Popen[bytes], number: signal.Signals, started: Path) -> None:
    until(started.exists, alive=lambda: process.poll() is None)
    process.send_signal(number)
    process.communicate(timeout=MINUTES)


def test_a_shard_that_stopped_at_its_first_failure_is_merged_and_said_so(shop: Space) -> None:
    shards(shop, 2, "-x")
    together = merged(shop)
    assert together.code == 1
    together.has(r"shard \d/2 stopped early: not everything ran")


def test_a_strange_folder_is_never_emptied(shop: Space) -> None:
    shop.write({"out/1-of-2/precious.txt": "x"})
    run = shop.run("--shard", "1/2", "--shard-dir", "out")
    assert run.code == 4
    assert "name another" in run.out
    assert (shop.root / "out/1-of-2/precious.txt").exists()
