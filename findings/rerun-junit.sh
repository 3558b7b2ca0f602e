#!/usr/bin/env bash
# A test that fails and passes when it is run again stands twice in the JUnit file, both times as passed.
#
# One would bet on one testcase with a mark (flakyFailure or rerunFailure, as Surefire writes and CI servers read), or
# at least on a first one that failed. pytest-rerunfailures 16.7 and pytest 9.2 write two testcases of one name without any
# failure, in a suite that says tests="1": whoever counts testcases has more than were run, and nobody finds the flaky one.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv tool
tool/bin/python -m pip install -q --disable-pip-version-check "pytest==9.2.0" "pytest-rerunfailures==16.7"
printf 'seen = []\n\ndef test_flaky():\n    seen.append(1)\n    assert len(seen) > 1\n' > test_it.py
tool/bin/python -m pip list --disable-pip-version-check | grep -i '^pytest'
tool/bin/python -m pytest -q -p no:cacheprovider --reruns 1 --junitxml=report.xml
cat report.xml; echo
python3 - <<'P'
import sys
import xml.etree.ElementTree as ET
suite = next(ET.parse("report.xml").iter("testsuite"))
cases = suite.findall("testcase")
print('tests="%s",' % suite.get("tests"), len(cases), "testcases of", len({case.get("name") for case in cases}), "name,",
      sum(len(case) for case in cases), "marks in them")
sys.exit(not (suite.get("tests") == "1" and len(cases) == 2 and not any(len(case) for case in cases)))
P
