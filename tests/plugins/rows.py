"""The plugins: what each row installs, runs and promises. ``docs/reference/plugins.md`` prints them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent


@dataclass(frozen=True)
class Row:
    """One plugin, tried on two projects of the same content.

    ``distribution`` is its name on the package index, ``load`` the entry points that ``-p`` loads, ``where``
    the process in which it does its work, ``tests`` the text of each project's one test file. ``ini`` are
    lines of its pytest settings, ``files`` further files, ``args`` and ``env`` are for every run.
    """

    distribution: str
    load: tuple[str, ...]
    where: str
    checked: str
    tests: str
    limit: str = ""
    ini: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.distribution


PASSING = "def test_ok(): pass\n"
MIXED = """
    import pytest

    def test_ok():
        pass

    def test_bad():
        assert "left" == "right"

    @pytest.mark.skip(reason="not now")
    def test_skipped():
        pass
"""

NOTEBOOK = """
    {"cells": [{"cell_type": "code", "id": "a", "execution_count": null, "metadata": {}, "outputs": [],
    "source": ["%s"]}], "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python",
    "name": "python3"}}, "nbformat": 4, "nbformat_minor": 5}
"""

ROWS = (
    Row(
        "pytest-xdist",
        ("xdist",),
        "neither: its options are taken, its processes are not used",
        "`-n 2` is the number of workers for the whole workspace; `worker_id` and `testrun_uid`",
        """
        def test_fixtures(worker_id, testrun_uid):
            assert worker_id.startswith("gw") and testrun_uid
        """,
        args=("-n", "2"),
        limit="`--tx` and `--px` mean nothing; `--dist` chooses how a project is split",
    ),
    Row(
        "pytest-cov",
        ("pytest_cov",),
        "both: its options in the controller, our measuring in the workers",
        "`--cov` measures all projects, one report, one `.coverage` in the working directory",
        """
        from lib import twice

        def test_twice():
            assert twice(2) == 4
        """,
        files={"lib.py": "def twice(n):\n    return 2 * n\n\ndef never():\n    return 1\n"},
        ini='pythonpath = ["."]',
        args=("--cov", "--cov-report=term"),
    ),
    Row(
        "pytest-enabler",
        ("pytest_cov", "xdist", "enabler"),
        "controller: what it adds is asked of the whole run",
        "the `--cov` and `-n auto` that it adds by itself: all projects in one report",
        """
        from lib import twice

        def test_twice():
            assert twice(2) == 4
        """,
        files={"lib.py": "def twice(n):\n    return 2 * n\n\ndef never():\n    return 1\n"},
        ini='pythonpath = ["."]',
        limit="what a project's own `[tool.pytest-enabler]` adds for these two is not taken",
    ),
    Row(
        "pytest-asyncio",
        ("asyncio",),
        "worker",
        "async tests and fixtures, the project's own `asyncio_mode` and loop scopes",
        """
        import asyncio
        import pytest

        @pytest.fixture
        async def value():
            await asyncio.sleep(0)
            yield 1

        async def test_async(value):
            assert value == 1

        async def test_bad(value):
            assert value == 2
        """,
        ini='asyncio_mode = "auto"',
    ),
    Row(
        "anyio",
        ("anyio",),
        "worker",
        "async tests with the `anyio_backend` fixture",
        """
        import anyio
        import pytest

        pytestmark = pytest.mark.anyio

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        async def test_sleeps():
            await anyio.sleep(0)
        """,
    ),
    Row(
        "pytest-django",
        ("django",),
        "worker",
        "each project's own settings module; a test database per worker, also where two "
        "projects name the same",
        """
        from pathlib import Path

        import pytest
        from django.db import connection

        @pytest.mark.django_db
        def test_database():
            with connection.cursor() as cursor:
                cursor.execute("select 1")
            Path("database.txt").write_text(str(connection.settings_dict["NAME"]))

        def test_refused():
            connection.cursor()
        """,
        ini='DJANGO_SETTINGS_MODULE = "shop.settings"\npythonpath = ["."]\ndjango_find_project = false',
        files={
            "shop/__init__.py": "",
            "shop/settings.py": """
                from pathlib import Path
                SECRET_KEY = "x"
                SHARED = Path(__file__).parents[3] / "shared.sqlite3"
                DATABASES = {"default": {
                    "ENGINE": "django.db.backends.sqlite3", "NAME": "x", "TEST": {"NAME": str(SHARED)},
                }}
            """,
        },
    ),
    Row(
        "pytest-mock",
        ("pytest_mock",),
        "worker",
        "the `mocker` fixture",
        """
        import os

        def test_patched(mocker):
            mocker.patch("os.getcwd", return_value="there")
            assert os.getcwd() == "there"
        """,
    ),
    Row(
        "pytest-timeout",
        ("timeout",),
        "worker",
        "a test that takes too long fails, the ones after it run",
        """
        import time
        import pytest

        @pytest.mark.timeout(0.2)
        def test_hangs():
            time.sleep(30)

        def test_after():
            pass
        """,
        limit="with `--timeout-method=thread` the worker ends, as pytest itself would; another "
        "one runs the rest",
    ),
    Row(
        "pytest-randomly",
        ("randomly",),
        "both: one seed, drawn in the controller",
        "the seed in the header is that of every worker; the order of each project is the one it has alone",
        """
        import random
        from pathlib import Path

        import pytest

        @pytest.mark.parametrize("n", range(6))
        def test_numbered(n):
            Path("drawn.txt").write_text(str(random.random()))
        """,
        args=("--randomly-seed=7",),
    ),
    Row(
        "pytest-rerunfailures",
        ("rerunfailures",),
        "worker; its record of reruns is the controller's",
        "`--reruns` counts each rerun, a flaky test passes",
        """
        from pathlib import Path

        def test_flaky():
            seen = Path("seen")
            if not seen.exists():
                seen.touch()
                assert 0
            seen.unlink()

        def test_bad():
            assert 0
        """,
        args=("--reruns", "1"),
    ),
    Row(
        "pytest-retry",
        ("pytest-retry",),
        "worker; its report in the controller",
        "a test is retried in its worker, the attempts are reported once at the end, a flaky test is named",
        """
        from pathlib import Path

        import pytest

        @pytest.mark.flaky(retries=2)
        def test_flaky():
            seen = Path("seen")
            if not seen.exists():
                seen.touch()
                assert 0
            seen.unlink()

        @pytest.mark.flaky(retries=1)
        def test_bad():
            assert 0
        """,
        limit="it tells of a test's first failed attempt only, so that is how many are counted",
    ),
    Row(
        "flaky",
        ("flaky",),
        "worker; its report in the controller",
        "a test is run again in its worker, as often as its mark says; a flaky test is named",
        """
        import pytest

        tries = []

        @pytest.mark.flaky
        def test_flaky():
            tries.append(1)
            assert len(tries) > 1

        @pytest.mark.flaky
        def test_bad():
            assert 0
        """,
        limit="it tells pytest nothing of failed attempts, so that JUnit has none of them; its own report is "
        "printed where pytest-xdist is installed, as it wants it",
    ),
    Row(
        "pytest-html",
        ("html", "html_fixtures", "metadata"),
        "controller",
        "`--html=r.html` is one page in the working directory with the tests of all projects; `extras`",
        """
        def test_ok(extras):
            extras.append({"name": "note", "format_type": "text", "content": "x",
                           "mime_type": "text/plain", "extension": "txt"})

        def test_bad():
            assert 0
        """,
        args=("--html=r.html", "--self-contained-html"),
    ),
    Row(
        "pytest-json-report",
        ("pytest_jsonreport", "metadata"),
        "controller",
        "`--json-report-file` is one file in the working directory with the tests of all projects",
        MIXED,
        args=("--json-report", "--json-report-file=r.json"),
    ),
    Row(
        "pytest-reportlog",
        ("pytest_reportlog",),
        "controller",
        "`--report-log` is one file in the working directory, each phase of each test in it once",
        MIXED,
        args=("--report-log=report.jsonl",),
        limit="its file is there before git is asked what has changed: with `--affected` one that git "
        "ignores or of a report's name (`report.jsonl`), else all is run",
    ),
    Row(
        "pytest-sugar",
        ("sugar",),
        "controller",
        "progress and instant failures by workspace-relative path",
        MIXED,
        args=("--force-sugar",),
    ),
    Row(
        "pytest-rich",
        ("rich",),
        "controller",
        "`--rich` on a terminal prints pytest's usual report",
        MIXED,
        limit="turned off, with a warning: it fails where a test starts before every test is collected",
    ),
    Row(
        "pytest-tldr",
        ("tldr",),
        "controller",
        "its dots, its failures and its last line, once for all projects",
        MIXED,
        limit="a replayed file is not marked, and the terminal has no line about what runs",
    ),
    Row(
        "pytest-instafail",
        ("instafail",),
        "controller",
        "`--instafail` prints a failure when it happens",
        MIXED,
        args=("--instafail",),
    ),
    Row(
        "pytest-metadata",
        ("metadata",),
        "both",
        "`--metadata` is in the header and in each worker's `metadata` fixture",
        """
        def test_metadata(metadata):
            assert metadata["Shop"] == "open"
        """,
        args=("--metadata", "Shop", "open"),
    ),
    Row(
        "pytest-benchmark",
        ("benchmark",),
        "worker",
        "a benchmark runs once, as a test; `--benchmark-json` writes nothing, and a line says so; "
        "a project's own is written there, and so is `--benchmark-save`",
        """
        def test_fast(benchmark):
            assert benchmark(lambda: 1) == 1
        """,
        args=("--benchmark-json=b.json",),
        limit="measuring is off, as under pytest-xdist: workers share the cores. Measure with "
        "`pytest` in the project",
    ),
    Row(
        "pytest (subtests)",
        (),
        "worker",
        "subtests of pytest 9 and `unittest`, each failure with its own message and node id",
        """
        import unittest

        def test_with(subtests):
            for n in range(3):
                with subtests.test("number", n=n):
                    assert n != 1

        class TestCase(unittest.TestCase):
            def test_unit(self):
                for n in range(3):
                    with self.subTest(n=n):
                        self.assertNotEqual(n, 1)
        """,
    ),
    Row(
        "pytest-env",
        ("env",),
        "worker",
        "the project's own `env`, gone in the next project",
        """
        import os

        def test_env():
            assert os.environ["SHOP_NAME"] == os.path.basename(os.getcwd())
            only = [key for key in os.environ if key.startswith("SHOP_ONLY")]
            assert only == ["SHOP_ONLY_" + os.environ["SHOP_NAME"]]
        """,
        ini='env = ["SHOP_NAME={name}", "SHOP_ONLY_{name}=1"]',
    ),
    Row(
        "pytest-dotenv",
        ("dotenv",),
        "worker",
        "the project's own `env_files`, gone in the next project",
        """
        import os

        def test_env():
            assert os.environ["SHOP_NAME"] == os.path.basename(os.getcwd())
            only = [key for key in os.environ if key.startswith("SHOP_ONLY")]
            assert only == ["SHOP_ONLY_" + os.environ["SHOP_NAME"]]
        """,
        ini='env_files = [".env"]',
        files={".env": "SHOP_NAME={name}\nSHOP_ONLY_{name}=1\n"},
    ),
    Row(
        "syrupy",
        ("syrupy",),
        "worker; what it says is shown by project",
        "snapshots lie in each project; an unused one fails the project, `--snapshot-update` deletes it and"
        " no other",
        """
        def test_snapshot(snapshot):
            assert {"a": 1} == snapshot
        """,
        files={
            "tests/__snapshots__/test_main.ambr": "# serializer version: 1\n# name: test_snapshot\n"
            "  dict({\n    'a': 1,\n  })\n# ---\n"
        },
        limit="a project with snapshots is not split",
    ),
    Row(
        "snapshottest",
        ("snapshottest",),
        "worker; what it says is shown by project",
        "snapshots lie in each project; `--snapshot-update` deletes the unvisited ones and no other",
        """
        def test_snapshot(snapshot):
            snapshot.assert_match({"a": 1})
        """,
        files={
            "tests/snapshots/__init__.py": "",
            "tests/snapshots/snap_test_main.py": """
                from snapshottest import Snapshot

                snapshots = Snapshot()
                snapshots["test_snapshot 1"] = {"a": 1}
            """,
        },
        limit="a project with snapshots is not split",
    ),
    Row(
        "inline-snapshot",
        ("inline_snapshot",),
        "worker; what it says is shown by project",
        "`--inline-snapshot=create` and `fix` write into the project's own files",
        """
        from inline_snapshot import snapshot

        def test_snapshot():
            assert 1 + 1 == snapshot(2)

        def test_bad():
            assert 1 + 1 == snapshot(3)
        """,
        limit="a project whose tests import it is not split; with `--cached` its files are replayed each by "
        "itself, unless its flags write",
    ),
    Row(
        "pytest-insta",
        ("insta",),
        "worker; what it says is shown by project",
        "snapshots lie in each project; `--insta=update` and `record` write them there",
        """
        def test_snapshot(snapshot):
            assert snapshot() == "1"

        def test_bad(snapshot):
            assert snapshot() == "2"
        """,
        files={
            f"tests/snapshots/{file}__{test}__0.txt": text
            for file in ("main", "second")
            for test, text in (("snapshot", "1"), ("bad", "1"))
        },
        args=("--insta=update-none",),
        limit="a project with snapshots is not split; `--insta=clear` and `review-only`, which run nothing, "
        "are for one project at a time",
    ),
    Row(
        "pytest-incremental",
        ("pytest_incremental",),
        "worker; what it says is shown by project",
        "`--inc` leaves out what has passed before in each project",
        """
        def test_ok():
            pass

        def test_bad():
            assert "left" == "right"
        """,
        args=("--inc",),
        limit="a project that is asked for it is not split",
    ),
    Row(
        "pytest-steps",
        ("steps",),
        "worker",
        "the steps of a test",
        """
        from pytest_steps import test_steps

        @test_steps("first", "second", "third")
        def test_suite():
            found = ["first"]
            yield
            found.append("second")
            yield
            assert found == ["first", "second"]
            yield
        """,
        limit="all steps of a test are run by one worker",
    ),
    Row(
        "pytest-approvaltests",
        ("approvaltests",),
        "worker",
        "approved files lie in each project, and received ones are written beside them",
        """
        from approvaltests import verify

        def test_approved():
            verify("text")

        def test_bad():
            verify("other text")
        """,
        files={
            "tests/test_main.test_approved.approved.txt": "text\n",
            "tests/test_second.test_approved.approved.txt": "text\n",
            "tests/test_main.test_bad.approved.txt": "text\n",
            "tests/test_second.test_bad.approved.txt": "text\n",
        },
        args=("--approvaltests-use-reporter=PythonNativeReporter",),
        env={"APPROVALTESTS_DISABLE_SCRIPT_DOWNLOADS": "1"},
        limit="`.approved_files.log` of each project grows from run to run",
    ),
    Row(
        "pytest-mypy",
        ("mypy",),
        "worker; what it says is shown by project",
        "each project's files are checked by a mypy of its own, with its own settings",
        """
        number: int = "word"

        def test_ok() -> None:
            pass
        """,
        args=("--mypy",),
        limit="a project that asks for it is not split",
    ),
    Row(
        "pytest-snapshot",
        ("snapshot",),
        "worker",
        "snapshots lie in each project; `--snapshot-update` writes them",
        """
        def test_snapshot(snapshot):
            snapshot.snapshot_dir = "snaps"
            snapshot.assert_match("left", "text")
        """,
        files={"snaps/text": "left"},
    ),
    Row(
        "pytest-regressions",
        ("regressions", "pytest-datadir"),
        "worker",
        "expected files lie in each project; `--force-regen` writes them",
        """
        def test_data(data_regression):
            data_regression.check({"a": 1})
        """,
        files={"tests/test_main/test_data.yml": "a: 1\n", "tests/test_second/test_data.yml": "a: 1\n"},
    ),
    Row(
        "pytest-dependency",
        ("dependency",),
        "worker",
        '`scope="session"` across files; a test is skipped where the one it names has failed',
        """
        import pytest

        @pytest.mark.dependency(depends=["base"], scope="session")
        def test_uses():
            pass

        @pytest.mark.dependency(depends=["broken"], scope="session")
        def test_skipped():
            pass
        """,
        files={
            "tests/test_base.py": """
                import time
                import pytest

                @pytest.mark.dependency(name="base", scope="session")
                def test_base():
                    time.sleep(0.3)

                @pytest.mark.dependency(name="broken", scope="session")
                def test_broken():
                    assert 0
            """
        },
        limit="a project with its marker is not split",
    ),
    Row(
        "pytest-order",
        ("pytest_order",),
        "worker",
        "the order across files",
        """
        import pathlib
        import pytest

        @pytest.mark.order(-1)
        def test_last():
            assert pathlib.Path("log").read_text() == "first second "
            pathlib.Path("log").unlink()
        """,
        files={
            "tests/test_a.py": """
                import pathlib, time
                import pytest

                @pytest.mark.order(2)
                def test_second():
                    with open("log", "a") as log:
                        log.write("second ")
            """,
            "tests/test_b.py": """
                import pathlib, time
                import pytest

                @pytest.mark.order(1)
                def test_first():
                    time.sleep(0.3)
                    pathlib.Path("log").write_text("first ")
            """,
        },
        limit="a project with its marker is not split",
    ),
    Row(
        "pytest-ordering",
        ("pytest_ordering",),
        "worker",
        "the order across files",
        """
        import pathlib
        import pytest

        @pytest.mark.run(order=2)
        def test_second():
            assert pathlib.Path("log").read_text() == "first "
        """,
        files={
            "tests/test_other.py": """
                import pathlib, time
                import pytest

                @pytest.mark.run(order=1)
                def test_first():
                    time.sleep(0.3)
                    pathlib.Path("log").write_text("first ")
            """
        },
        limit="a project with its marker is not split",
    ),
    Row(
        "pytest-depends",
        ("depends",),
        "worker",
        "dependencies across files",
        """
        import pytest

        @pytest.mark.depends(on=["test_base"])
        def test_uses():
            pass
        """,
        files={"tests/test_other.py": "import time\ndef test_base():\n    time.sleep(0.3)\n    assert 0\n"},
        limit="a project with its marker is not split",
    ),
    Row(
        "pytest-random-order",
        ("random_order",),
        "both: one seed, drawn in the controller",
        "the order of each project is the one it has alone",
        "".join(f"def test_{n}(): pass\n" for n in range(6)),
        args=("--random-order-seed=7",),
    ),
    Row(
        "pytest-harvest",
        ("harvest", "xdist"),
        "worker",
        "what the tests leave behind is there for the project's last one",
        """
        def test_some(results_bag):
            results_bag.found = 7

        def test_synthesis(session_results_dct):
            bags = [one["results_bag"] for one in session_results_dct.values() if "results_bag" in one]
            assert [bag.get("found") for bag in bags] == [7]
        """,
        limit="a project that uses its fixtures is not split",
    ),
    Row(
        "pytest-csv",
        ("pytest_csv",),
        "controller",
        "`--csv=r.csv` is one file in the working directory with the tests of all projects",
        MIXED,
        args=("--csv=r.csv",),
        limit="its rows name a test as its project does",
    ),
    Row(
        "pytest-md-report",
        ("pytest-md-report",),
        "controller",
        "`--md-report-output=r.md` is one file in the working directory with the tests of all projects",
        MIXED,
        args=("--md-report", "--md-report-output=r.md"),
    ),
    Row(
        "hypothesis",
        ("hypothesispytest",),
        "worker; its statistics in the controller",
        "failing examples, `--hypothesis-seed`, `--hypothesis-show-statistics` for all projects",
        """
        from hypothesis import given, settings, strategies as st

        @settings(max_examples=5)
        @given(st.integers())
        def test_holds(n):
            assert n == n

        @settings(max_examples=50, database=None)
        @given(st.integers())
        def test_fails(n):
            assert n < 10
        """,
        args=("--hypothesis-seed=1", "--hypothesis-show-statistics"),
    ),
    Row(
        "allure-pytest",
        ("allure_pytest",),
        "worker",
        "`--alluredir` is one folder below the working directory, each test in it once",
        MIXED,
        args=("--alluredir=allure",),
    ),
    Row(
        "pytest-github-actions-annotate-failures",
        ("pytest_github_actions_annotate_failures",),
        "controller",
        "each failure is annotated once, at its workspace-relative file and line",
        MIXED,
        env={"GITHUB_ACTIONS": "true"},
    ),
    Row(
        "pytest-split",
        ("pytest-split",),
        "worker",
        "`--splits` and `--group` divide each project; the groups are complete and disjoint",
        "".join(f"def test_{n}(): pass\n" for n in range(4)),
        args=("--splits", "2", "--group", "1"),
        limit="durations are the project's own `.test_durations`, so groups are balanced by "
        "project; `--shard` "
        "divides the whole workspace",
    ),
    Row(
        "pytest-memray",
        ("memray",),
        "worker; what it says is shown by project",
        "`--memray` reports on each project; a test that takes more than its limit fails",
        """
        import pytest

        def test_measured():
            [bytes(100_000) for _ in range(10)]

        @pytest.mark.limit_memory("1 KB")
        def test_too_much():
            bytes(1_000_000)
        """,
        args=("--memray",),
        limit="a project that is measured, or has a limit, is not split",
    ),
    Row(
        "pytest-testmon",
        ("pytest-testmon",),
        "worker",
        "`.testmondata` lies in each project, as alone; where nothing is left to run, the run ends with 0",
        """
        from lib import twice

        def test_twice():
            assert twice(2) == 4
        """,
        files={"lib.py": "def twice(n):\n    return 2 * n\n"},
        ini='pythonpath = ["."]',
        # the trials run one folder several times
        args=("--testmon", "--testmon-noselect"),
        limit="a project that is asked for it is not split",
    ),
    Row(
        "pytest-codspeed",
        ("codspeed",),
        "worker; what it says is shown by project",
        "`--codspeed` measures; results lie in each project's `.codspeed`, as alone",
        """
        import pytest

        @pytest.mark.benchmark
        def test_marked():
            sum(range(10))

        def test_fixture(benchmark):
            assert benchmark(lambda: 3) == 3

        def test_left_out():
            pass
        """,
        args=("--codspeed", "--codspeed-mode=walltime", "--codspeed-max-time=0.05"),
        limit="workers share the cores: measure with `--workers=1`; a project that is measured is not split",
    ),
    Row(
        "pytest-forked",
        ("pytest_forked",),
        "worker",
        "`--forked`: a test that ends its process fails, the ones after it run",
        """
        import os

        def test_dies():
            os._exit(3)

        def test_ok():
            pass
        """,
        args=("--forked",),
    ),
    Row(
        "pytest-repeat",
        ("repeat",),
        "worker",
        "`--count` repeats each test, with `--repeat-scope=session` the whole of a project",
        MIXED,
        args=("--count=3", "--repeat-scope=session"),
    ),
    Row(
        "pytest-flakefinder",
        ("flakefinder",),
        "worker",
        "`--flake-finder` runs each test as often as it says",
        MIXED,
        args=("--flake-finder", "--flake-runs=3"),
    ),
    Row(
        "pytest-shard",
        ("pytest-shard",),
        "worker",
        "`--num-shards` and `--shard-id` divide each project as alone",
        MIXED,
        args=("--num-shards=2", "--shard-id=1"),
        limit="`--shard` divides the whole workspace, by how long files take",
    ),
    Row(
        "pytest-picked",
        ("picked",),
        "worker",
        "`--picked=first` begins with what git says is changed",
        MIXED,
        args=("--picked=first",),
        limit="each project picks what is changed in others, too, as alone: `--affected` asks once",
    ),
    Row(
        "pytest-custom-exit-code",
        ("custom_exit_code",),
        "both",
        "`--suppress-tests-failed-exit-code` and its like",
        MIXED,
        args=("--suppress-tests-failed-exit-code",),
    ),
    Row(
        "pytest-check",
        ("check",),
        "worker",
        "a test goes on after a check that fails, and fails with all of them",
        """
        from pytest_check import check

        def test_two():
            check.equal(1, 2)
            check.equal(2, 3)

        def test_ok(check):
            check.equal(1, 1)
        """,
        limit="its line in the summary does not say why, as under pytest-xdist",
    ),
    Row(
        "pytest-bdd",
        ("pytest-bdd",),
        "worker; its reports in the controller",
        "scenarios; `--cucumberjson` is one file in the working directory with those of all projects",
        """
        from pytest_bdd import given, scenarios, then

        scenarios("two.feature")

        @given("a")
        def a():
            pass

        @then("it holds")
        def holds():
            pass

        @then("it does not")
        def does_not():
            assert "left" == "right"
        """,
        files={
            "tests/two.feature": """
                Feature: two
                  Scenario: one holds
                    Given a
                    Then it holds
                  Scenario: one does not
                    Given a
                    Then it does not
            """
        },
        args=("--cucumberjson=cucumber.json",),
        limit="`--gherkin-terminal-reporter` is for one process: failures are shown as usual",
    ),
    Row(
        "pytest-socket",
        ("socket",),
        "worker",
        "`--disable-socket`, and the tests that may all the same",
        """
        import socket, pytest

        def test_refused():
            socket.socket()

        @pytest.mark.enable_socket
        def test_marked():
            socket.socket().close()

        def test_fixture(socket_enabled):
            socket.socket().close()
        """,
        args=("--disable-socket",),
    ),
    Row(
        "pytest-xprocess",
        ("xprocess",),
        "worker",
        "processes, noted in each project's cache",
        """
        import sys
        from xprocess import ProcessStarter

        def test_starts(xprocess):
            class Starter(ProcessStarter):
                pattern = "up"
                args = [sys.executable, "-uc", "print('up'); import time; time.sleep(60)"]

            xprocess.ensure("one", Starter)
            xprocess.getinfo("one").terminate()
        """,
        limit="files that start a process of one name belong into one worker (`split`)",
    ),
    Row(
        "pytest-ruff",
        ("ruff",),
        "worker",
        "`--ruff` and `--ruff-format`: each file is a test, by each project's own settings",
        "import os\ndef test_ok():    pass\n",
        args=("--ruff", "--ruff-format"),
    ),
    Row(
        "nbmake",
        ("nbmake",),
        "worker",
        "`--nbmake` runs each notebook as a test",
        PASSING,
        files={"tests/good.ipynb": NOTEBOOK % "print(1)", "tests/bad.ipynb": NOTEBOOK % "assert 0"},
        args=("--nbmake",),
    ),
    Row(
        "pytest-markdown-docs",
        ("pytest_markdown_docs",),
        "worker",
        "`--markdown-docs` runs the code in documents",
        PASSING,
        files={"tests/guide.md": "```python\nassert 1\n```\n\n```python\nassert 0\n```\n"},
        args=("--markdown-docs",),
    ),
    Row(
        "sybil",
        (),
        "worker",
        "examples in documents, by each project's own conftest",
        PASSING,
        files={
            "conftest.py": """
                from sybil import Sybil
                from sybil.parsers.rest import DocTestParser

                pytest_collect_file = Sybil(parsers=[DocTestParser()], patterns=["*.rst"]).pytest()
            """,
            "tests/guide.rst": ">>> 1 + 1\n2\n\n>>> 1 + 1\n3\n",
        },
    ),
    Row(
        "teamcity-messages",
        ("pytest-teamcity",),
        "controller",
        "`--teamcity` (PyCharm's runner): each test is started, finished and failed "
        "once, by workspace-relative id",
        MIXED,
        args=("--teamcity",),
    ),
)


def of(distribution: str) -> Row:
    return next(row for row in ROWS if row.distribution == distribution)


def table() -> str:
    """The rows in Markdown."""
    lines = ["| plugin | runs in | checked | limit |", "|---|---|---|---|"]
    lines += [f"| {row.distribution} | {row.where} | {row.checked} | {row.limit or '—'} |" for row in ROWS]
    return "\n".join(lines) + "\n"


def second_file(row: Row) -> str:
    """The row's tests once more, for another file of the project: both must not share what they leave."""
    return row.tests.replace('"seen"', '"seen2"').replace("database.txt", "second.txt")


def project_files(row: Row, path: str) -> dict[str, str]:
    """The files of one project, their ``{name}`` filled in."""
    name = path.rpartition("/")[2]
    ini = row.ini.replace("{name}", name)
    files = {
        f"{path}/pyproject.toml": f'[project]\nname = "{name}"\nversion = "1"\n\n'
        f'[tool.pytest.ini_options]\ntestpaths = ["tests"]\n{ini}\n',
        f"{path}/tests/__init__.py": "",
        f"{path}/tests/test_main.py": row.tests,
    }
    for file, text in row.files.items():
        files[f"{path}/{file}"] = dedent(text).replace("{name}", name)
    return files
