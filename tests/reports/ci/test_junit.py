from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_monorepo.reports.ci.junit import is_strict
from pytest_monorepo.reports.ci.junit_document import Attempt, Case, Key, Suite, keys, legal, split
from tests.run.space import Run, Space

from .junit_schema import LOOSE, STRICT, complaints

CORE, ML = Suite("libs/core", "libs/core", 1.5, "2026-01-01T00:00:00+00:00"), Suite("libs/ml", "libs/ml")


# -- pytest's names


@pytest.mark.parametrize(
    ("nodeid", "prefix", "expected"),
    [
        ("libs/core/tests/test_x.py::test_a", "", ("libs.core.tests.test_x", "test_a")),
        ("test_x.py::TestA::test_b[a/b.py::c]", "", ("test_x.TestA", "test_b[a/b.py::c]")),
        ("test_x.py::test_a", "py312", ("py312.test_x", "test_a")),
        ("libs/core/tests/test_x.py", "", ("", "libs.core.tests.test_x")),
        ("libs/core", "", ("", "libs.core")),
        ("docs/guide.rst::guide.rst", "", ("docs.guide.rst", "guide.rst")),
    ],
)
def test_a_test_case_is_found_by_pytests_own_name(nodeid: str, prefix: str, expected: Key) -> None:
    assert keys(nodeid, prefix) == {expected}


def test_a_folder_with_a_bracket_has_had_two_names() -> None:
    assert keys("app/[id]/test_x.py::test_a[1]") == {
        ("app.[id].test_x", "test_a[1]"),
        ("", "app.[id]/test_x.py::test_a[1]"),
    }


@pytest.mark.parametrize(
    ("text", "expected"), [("a\x07b", "a#x07b"), ("\x7f", "#x7F"), ("\ufffe", "#xFFFE"), ("ä\t€\n", "ä\t€\n")]
)
def test_what_xml_cannot_hold_is_written_as_pytest_does(text: str, expected: str) -> None:
    assert legal(text) == expected


# -- splitting


def document(*cases: tuple[str, str, str], properties: str = "") -> ET.Element:
    """``(classname, name, inner XML)`` of each test case in pytest's one suite."""
    inner = "".join(f'<testcase classname="{c}" name="{n}" time="0.25">{x}</testcase>' for c, n, x in cases)
    suite = f'<testsuite name="pytest" hostname="here" time="3.0" tests="9">{properties}{inner}</testsuite>'
    return ET.fromstring(f'<testsuites name="pytest tests">{suite}</testsuites>')


def sorted_out(
    before: ET.Element, cases: Mapping[Key, Sequence[Case]], *suites: Suite, strict: bool = False
) -> dict[str, ET.Element]:
    after = split(before, cases, suites or (CORE, ML), strict=strict)
    assert not [*complaints(after, STRICT if strict else LOOSE)]
    return {str(suite.get("name")): suite for suite in after}


def names(suite: ET.Element) -> list[str | None]:
    return [case.get("name") for case in suite.findall("testcase")]


def test_each_project_gets_its_cases_and_counts() -> None:
    before = document(
        ("core.t", "a", ""),
        ("ml.t", "b", "<failure/>"),
        ("core.t", "c", "<skipped/>"),
        ("core.t", "d", "<error/>"),
    )
    cases = {("core.t", name): [Case("libs/core", "core/t.py")] for name in "acd"}
    suites = sorted_out(before, {**cases, ("ml.t", "b"): [Case("libs/ml", "ml/t.py", 7)]})
    assert list(suites) == ["libs/core", "libs/ml"]
    core = suites["libs/core"]
    assert names(core) == ["a", "c", "d"]
    counts = {name: core.get(name) for name in ("tests", "errors", "failures", "skipped", "time", "hostname")}
    assert counts == {
        "tests": "3",
        "errors": "1",
        "failures": "0",
        "skipped": "1",
        "time": "1.500",
        "hostname": "here",
    }
    case = suites["libs/ml"].find("testcase")
    assert case is not None
    assert (case.get("file"), case.get("line")) == ("ml/t.py", "7")


def test_the_root_sums_up() -> None:
    after = split(document(("core.t", "a", "<failure/>"), ("x", "y", "<error/>")), {}, [CORE], strict=False)
    assert {name: after.get(name) for name in ("tests", "failures", "errors", "time")} == {
        "tests": "2",
        "failures": "1",
        "errors": "1",
        "time": "3.0",
    }


def test_a_project_without_tests_has_an_empty_suite_and_strangers_keep_pytests() -> None:
    suites = sorted_out(document(("pytest", "internal", "<error/>")), {})
    assert suites["libs/core"].get("tests") == "0"
    assert names(suites["pytest"]) == ["internal"]


def test_a_case_that_pytest_could_not_even_name_is_left_out() -> None:
    before = document(("core.t", "a", ""))
    before[0].append(ET.Element("testcase", time="0.001"))
    suites = sorted_out(before, {("core.t", "a"): [Case("libs/core", "core/t.py")]})
    assert {name: suite.get("tests") for name, suite in suites.items()} == {"libs/core": "1", "libs/ml": "0"}


def test_two_node_ids_of_one_name_come_in_their_order() -> None:
    before = document(("a.b.t", "x", ""), ("a.b.t", "x", "<failure/>"))
    cases = {("a.b.t", "x"): [Case("libs/core", "a.b/t.py"), Case("libs/ml", "a/b/t.py")]}
    suites = sorted_out(before, cases)
    assert suites["libs/core"].get("failures") == "0"
    assert suites["libs/ml"].get("failures") == "1"


def test_properties_of_the_run_are_in_every_suite_after_its_own() -> None:
    shared = '<properties><property name="ci" value="yes"/></properties>'
    suite = Suite("libs/core", "libs/core", properties=(("python", "3.12"),))
    suites = sorted_out(document(properties=shared), {}, suite, ML)
    assert [p.get("name") for p in suites["libs/core"].iter("property")] == ["python", "ci"]
    assert [p.get("name") for p in suites["libs/ml"].iter("property")] == ["ci"]


PROPERTY = '<properties><property name="k" value="v"/></properties>'


def test_strict_has_neither_file_nor_properties_in_a_case() -> None:
    cases = {("core.t", "a"): [Case("libs/core", "core/t.py", 3)]}
    suites = sorted_out(document(("core.t", "a", PROPERTY)), cases, strict=True)
    case = suites["libs/core"].find("testcase")
    assert case is not None
    assert set(case.attrib) == {"classname", "name", "time"}
    assert [p.attrib for p in suites["libs/core"].iter("property")] == [{"name": "core.t.a: k", "value": "v"}]


FAILED = Attempt("Failure", "ValueError: no", "the text")


@pytest.mark.parametrize("strict", [False, True])
def test_a_flaky_test_is_one_case_with_its_failed_attempts(strict: bool) -> None:
    before = document(("core.t", "a", ""), ("core.t", "a", ""))
    cases = {("core.t", "a"): [Case("libs/core", "core/t.py", 1, (FAILED,), ghosts=1)]}
    (case,) = sorted_out(before, cases, strict=strict)["libs/core"].findall("testcase")
    flaky = case.find("flakyFailure")
    assert flaky is not None
    assert (flaky.get("type"), flaky.get("message"), flaky.text) == (
        "ValueError",
        "ValueError: no",
        "the text",
    )
    assert case.get("time") == "0.500"


def test_a_test_that_kept_failing_says_so_once() -> None:
    before = document(("core.t", "a", ""), ("core.t", "a", "<failure/>"), ("core.t", "a", "<error/>"))
    attempts = (FAILED, Attempt("Error", "no fixture", ""))
    cases = {("core.t", "a"): [Case("libs/core", "core/t.py", 1, attempts, ghosts=1)]}
    first, second = sorted_out(before, cases)["libs/core"].findall("testcase")
    assert [child.tag for child in first] == ["failure", "rerunFailure", "rerunError"]
    assert [child.tag for child in second] == ["error"]


# -- which schema


@pytest.mark.parametrize(
    ("ini", "args", "strict"),
    [
        ("[pytest]", [], False),
        ("[pytest]\njunit_family = xunit2", [], True),
        ("[pytest]\njunit_family = xunit1", [], False),
        ("[pytest]\n# junit_family = xunit2", [], False),
        ("[pytest]", ["-o", "junit_family=xunit2"], True),
        ("[pytest]\njunit_family = xunit2", ["-o", "junit_family=legacy"], False),
    ],
)
def test_strict_is_who_asked_for_xunit2(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, ini: str, args: list[str], strict: bool
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makefile(".ini", pytest=ini)
    assert is_strict(pytester.parseconfig(*args)) is strict


# -- real runs


@dataclass(frozen=True)
class Report:
    run: Run
    root: ET.Element
    path: Path

    @property
    def suites(self) -> dict[str, ET.Element]:
        return {str(suite.get("name")): suite for suite in self.root}

    def case(self, name: str) -> ET.Element:
        return next(case for case in self.root.iter("testcase") if case.get("name") == name)


CORE_TESTS = """
    import pytest

    @pytest.fixture
    def rent():
        yield
        raise RuntimeError("torn")

    def test_fine(record_property):
        record_property("ticket", "1 < 2")

    class TestMore:
        @pytest.mark.parametrize("path", ["a/b.py", "c::d"])
        def test_each(self, path):
            pass

    def test_both(rent):
        assert False

    def test_skipped():
        pytest.skip("not here")
"""
ML_TESTS = """
    import pytest

    @pytest.fixture(scope="session", autouse=True)
    def arch(record_testsuite_property):
        record_testsuite_property("ARCH", "x86")
        yield
        record_testsuite_property("late", 3)

    def test_fine():
        pass
"""


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Space:
    """A workspace below its repository; one project's tests cannot be imported, one's worker dies."""
    repository = tmp_path_factory.mktemp("junit")
    (repository / ".git").mkdir()
    space = Space(repository / "space")
    space.root.mkdir()
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    space.projects(
        {
            "libs/core": CORE_TESTS,
            "libs/ml": ML_TESTS,
            "broken": "import nowhere_at_all",
            "dying": "import os; os._exit(3)",
            "libs/[id]": "def test_bracket(): pass",
            "crashing": """
                import os

                def test_before(): pass

                def test_crash():
                    os.kill(os.getpid(), 9)

                def test_after(): pass
            """,
        }
    )
    return space


@pytest.fixture(scope="module")
def report(space: Space) -> Report:
    return run(space)


def run(space: Space, *args: str) -> Report:
    done = space.run("--junitxml=out/junit.xml", *args)
    assert done.junit is not None
    return Report(done, ET.parse(done.junit).getroot(), done.junit)


# what fails and cannot be torn down either: before 9.1 pytest counts it once, and writes two elements of it
TWICE = pytest.version_tuple >= (9, 1)


def test_one_suite_a_project_with_its_counts(report: Report) -> None:
    assert report.run.code == 1
    keys = ("tests", "failures", "errors", "skipped")
    counts = {name: tuple(int(suite.get(key, -1)) for key in keys) for name, suite in report.suites.items()}
    assert counts == {
        "broken": (1, 0, 1, 0),
        "crashing": (3, 1, 0, 0),
        "dying": (1, 0, 1, 0),
        "libs/[id]": (1, 0, 0, 0),
        "libs/core": (5 + TWICE, 1, 1, 1),
        "libs/ml": (1, 0, 0, 0),
    }


def test_it_is_valid(report: Report) -> None:
    assert not [*complaints(report.root, LOOSE)]


def test_files_are_the_repositorys_and_lines_count_from_one(space: Space, report: Report) -> None:
    case = report.case("test_fine")
    assert case.get("file") == "space/libs/core/tests/test_main.py"
    text = (space.root / "libs/core/tests/test_main.py").read_text().splitlines()
    assert text[int(case.get("line", 0)) - 1].startswith("def test_fine")
    assert report.case("broken.tests.test_main").get("file") == "space/broken/tests/test_main.py"


def test_properties_are_the_tests_or_the_sessions(report: Report) -> None:
    assert [p.attrib for p in report.case("test_fine").iter("property")] == [
        {"name": "ticket", "value": "1 < 2"}
    ]
    suite = {p.get("name"): p.get("value") for p in report.suites["libs/ml"].findall("properties/property")}
    assert suite["project"] == "libs/ml"
    assert suite["pytest"] == pytest.__version__
    assert (suite["ARCH"], suite["late"]) == ("x86", "3")
    other = {p.get("name") for p in report.suites["libs/core"].findall("properties/property")}
    assert other == {"project", "python", "pytest"}


def test_a_dead_worker_is_an_error_of_its_project(report: Report) -> None:
    error = report.case("dying").find("error")
    assert error is not None
    assert "3" in (error.text or "").splitlines()[0]


def test_nothing_else_is_left_in_the_folder(report: Report) -> None:
    assert [path.name for path in report.path.parent.iterdir()] == ["junit.xml"]


def test_junitparser_reads_it(report: Report) -> None:
    junitparser = pytest.importorskip("junitparser", reason="junitparser is not installed")
    parsed = junitparser.JUnitXml.fromfile(str(report.path))
    assert {suite.name: suite.tests for suite in parsed}["libs/core"] == 5 + TWICE
    assert (parsed.tests, parsed.failures, parsed.errors) == (12 + TWICE, 2, 3)
    assert sum(len(list(suite)) for suite in parsed) == 13


def test_strict_is_valid_for_jenkins(space: Space) -> None:
    strict = run(space, "-o", "junit_family=xunit2")
    assert not [*complaints(strict.root)]
    assert len([*strict.root.iter("testcase")]) == 13


def test_pytests_own_options_still_count(space: Space) -> None:
    prefixed = run(space, "--junitprefix=py", "-o", "junit_suite_name=all", "--project=libs/*")
    assert prefixed.root.get("name") == "all"
    assert list(prefixed.suites) == ["libs/[id]", "libs/core", "libs/ml"]
    assert prefixed.case("test_fine").get("classname") == "py.libs.core.tests.test_main"


def test_what_is_no_file_is_left_alone(space: Space) -> None:
    done = space.run("--junitxml=/dev/stdout", "--project=libs/ml")
    assert done.code == 0
    done.has("<testsuite ")
    done.lacks("cannot be split")


def test_a_link_stays_one(space: Space) -> None:
    (space.root / "link.xml").symlink_to("real.xml")
    done = space.run("--junitxml=link.xml", "--project=libs/ml")
    assert (space.root / "link.xml").is_symlink()
    assert ET.parse(space.root / "real.xml").getroot()[0].get("name") == "libs/ml"
    assert done.code == 0


def test_a_file_that_cannot_be_read_back_is_left_and_told(space: Space) -> None:
    space.write(
        {
            "meddle.py": """
        import pytest
        @pytest.hookimpl(trylast=True)
        def pytest_sessionfinish(session):
            open(session.config.option.xmlpath, "w").write("no XML")
        """
        }
    )
    with space.environment(PYTHONPATH=f"{Path(__file__).parents[3]}:{space.root}"):
        done = space.run("-p", "meddle", "--junitxml=bad.xml", "--project=libs/ml")
    done.has("--junitxml .*bad.xml: cannot be split by project")
    assert (space.root / "bad.xml").read_text() == "no XML"
