#!/usr/bin/env bash
# A subtest that fails and passes when its test is run again: the run is green, its JUnit file has a failure and counts three tests.
#
# One would bet that a rerun means the same for each kind of subtest and for each report. pytest-rerunfailures 16.7 takes the
# failure of pytest 9.2's "subtests" fixture out of the terminal's summary and of the exit code, and leaves it in the JUnit file:
# exit code 0, failures="1" and tests="3" for the one test there is, and a CI that reads the file is red. With -x the same test
# ends the run, "1 passed", with exit code 1. A subtest of unittest's TestCase.subTest is not run again at all: exit code 1.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv tool
tool/bin/python -m pip install -q --disable-pip-version-check "pytest==9.2.0" "pytest-rerunfailures==16.7"
printf 'SEEN = []\n\ndef test_it(subtests):\n    SEEN.append(1)\n    with subtests.test("part"):\n        assert len(SEEN) > 1\n' > test_fixture.py
printf 'import unittest\n\nSEEN = []\n\nclass Test(unittest.TestCase):\n    def test_it(self):\n        SEEN.append(1)\n        with self.subTest("part"):\n            assert len(SEEN) > 1\n' > test_case.py
tool/bin/python -m pip list --disable-pip-version-check | grep -i '^pytest'
run() { code=0; tool/bin/python -m pytest -q --no-header --tb=no --reruns 2 "$@" > out.txt || code=$?; tail -1 out.txt; echo "exit code $code: $*"; }
run test_fixture.py --junitxml=report.xml; green=$code
run test_fixture.py -x; first=$code
run test_case.py; case=$code
python3 - "$green$first$case" <<'P'
import sys
import xml.etree.ElementTree as ET
suite = next(ET.parse("report.xml").iter("testsuite"))
told = suite.get("tests"), suite.get("failures")
print("the JUnit file of the green run: tests=%s failures=%s" % told)
sys.exit(not (sys.argv[1] == "011" and told == ("3", "1")))
P
