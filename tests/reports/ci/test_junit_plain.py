"""The JUnit file says of each project what ``cd project && pytest --junitxml`` writes."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.run.space import MANIFEST, Space

RECORDS = """
    import collections, datetime, decimal, enum, pathlib
    import pytest

    class Color(enum.Enum):
        RED = 1

    class Level(enum.IntEnum):
        LOW = 1

    class Word(str, enum.Enum):
        HALLO = "hello"

    class Text(str):
        def __str__(self): return "shouted"

    Pair = collections.namedtuple("Pair", "x y")
    VALUES = {
        "day": datetime.date(2024, 1, 2), "price": decimal.Decimal("1.50"), "pair": (1, 2), "one": (1,),
        "path": pathlib.PurePosixPath("a/b"), "nested": [(1, "b"), {"k": (1,)}], "none": None, "yes": True,
        "keys": {1: 2}, "set": {3}, "color": Color.RED, "level": Level.LOW, "word": Word.HALLO, "float": 0.1,
        "named": Pair(1, 2), "bytes": b"x", "nan": float("nan"), "list": ["a", 1], "empty": (),
        "text": Text("x"), "bell": "\\x07", 7: "a name that is no string",
    }

    def test_values(record_property):
        for name, value in VALUES.items():
            record_property(name, value)

    def test_suite(record_testsuite_property):
        record_testsuite_property("arch", (1, 2))

    def test_attribute(record_xml_attribute):
        record_xml_attribute("story", 7)
        record_xml_attribute("name", "renamed")
"""
PRINTS = """
    import logging, sys
    import pytest

    def test_passes():
        print("to out")
        print("to err", file=sys.stderr)
        logging.getLogger().warning("to the log")

    def test_fails():
        print("before it fails")
        assert 0

    @pytest.fixture
    def broken():
        yield
        assert 0

    def test_teardown(broken):
        pass

    @pytest.mark.skip
    def test_skipped():
        pass
"""
SUBTESTS = """
    import unittest
    import pytest

    def test_with(subtests):
        for n in range(4):
            with subtests.test("number", n=n):
                assert n % 2

    def test_plain():
        pass

    class TestCase(unittest.TestCase):
        def test_unit(self):
            for n in range(3):
                with self.subTest(n=n):
                    self.assertNotEqual(n, 1)
"""


def written(file: Path) -> ET.Element:
    return ET.parse(file).getroot()


def facts(suite: ET.Element) -> dict[str, object]:
    """What of a suite does not depend on time and place."""
    cases = [
        (
            case.get("name"),
            sorted((name, value) for name, value in case.attrib.items() if name in ("story", "status")),
            [(one.get("name"), one.get("value")) for one in case.iter("property")],
            [(part.tag, part.text) for part in case if part.tag in ("system-out", "system-err")],
            sorted(part.tag for part in case),
        )
        for case in suite.findall("testcase")
    ]
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    return {"cases": cases, **counts}


def alone(space: Space, project: str, *args: str) -> ET.Element:
    space.plain("--junitxml=plain.xml", *args, cwd=project)
    return next(written(space.root / project / "plain.xml").iter("testsuite"))


def together(space: Space, *args: str) -> dict[str, ET.Element]:
    space.run("--junitxml=ours.xml", *args)
    return {str(suite.get("name")): suite for suite in written(space.root / "ours.xml").findall("testsuite")}


def ini(*lines: str) -> str:
    return "\n".join(["[pytest]", *lines, ""])


SETTINGS = {
    "none": (),
    "xunit1": ("junit_family = xunit1",),
    "all": ("junit_logging = all", "junit_family = xunit1"),
    "out": ("junit_logging = system-out",),
    "failing only": ("junit_logging = out-err", "junit_log_passing_tests = false"),
    "log": ("junit_logging = log",),
    "call": ("junit_duration_report = call",),
}


@pytest.mark.sampled("lines")
@pytest.mark.parametrize("lines", SETTINGS.values(), ids=list(SETTINGS))
def test_a_projects_own_settings_hold_for_its_suite(space: Space, lines: tuple[str, ...]) -> None:
    space.projects({"a": RECORDS + PRINTS, "b": PRINTS})
    space.write({"a/pytest.ini": ini(*lines)})
    suites = together(space)
    assert facts(suites["a"]) == facts(alone(space, "a"))
    assert facts(suites["b"]) == facts(alone(space, "b"))


def test_the_time_of_a_case_is_what_the_project_says(space: Space) -> None:
    slow = "import time, pytest\n@pytest.fixture\ndef slow(): time.sleep(0.5)\ndef test_it(slow): pass\n"
    space.projects({"a": slow, "b": slow})
    space.write({"a/pytest.ini": ini("junit_duration_report = call")})
    times = {name: float(suite[-1].get("time", 0)) for name, suite in together(space).items()}
    assert times["b"] >= 0.5 > times["a"]


def test_a_suite_has_the_name_that_its_project_gives_it(space: Space) -> None:
    space.projects({"a": "def test_it(): pass\n", "b": "def test_it(): pass\n"})
    space.write({"a/pytest.ini": ini("junit_suite_name = alpha")})
    assert list(together(space)) == ["alpha", "b"]
    assert list(together(space, "-o", "junit_suite_name=all")) == ["a", "b"]


@pytest.mark.skipif(pytest.version_tuple < (9, 0), reason="subtests came with pytest 9")
@pytest.mark.parametrize("words", [(), ("--junit-prefix=pre",), ("--workers=1",)])
def test_the_counts_of_a_suite_with_subtests(space: Space, words: tuple[str, ...]) -> None:
    space.projects({"a": SUBTESTS, "b": PRINTS})
    suites = together(space, *words)
    assert facts(suites["a"]) == facts(alone(space, "a"))
    assert facts(suites["b"]) == facts(alone(space, "b"))


def test_shards_write_what_one_run_writes(space: Space) -> None:
    space.projects({"a": RECORDS + PRINTS, "b": PRINTS})
    space.write({"a/pytest.ini": ini("junit_logging = all", "junit_family = xunit1")})
    for n in (1, 2):
        space.run(f"--shard={n}/2", f"--junitxml={n}.xml")
    suites = together(space, "--monorepo-merge=monorepo-shards")
    assert facts(suites["a"]) == facts(alone(space, "a"))


def test_values_are_kept_for_other_reporters(space: Space) -> None:
    space.projects({"a": "def test_it(record_property): record_property('pair', (1, ['b']))\n"})
    space.write(
        {
            "seen.py": """
                def pytest_runtest_logreport(report):
                    if report.when == "teardown":
                        print("recorded", report.user_properties)
            """,
            "a/pyproject.toml": MANIFEST.format(name="a"),
        }
    )
    env = {"PYTHONPATH": f"{space.environ()['PYTHONPATH']}:{space.root}"}
    space.run("-p", "seen", env=env).has(r"recorded \[\('pair', \(1, \['b'\]\)\)\]")
