#!/usr/bin/env bash
# Of two tests outside the rootdir one hides the other: --lf forgets the one that failed, --deselect takes both.
#
# testpaths may lead out of the project ("../unit ../system": tests beside the code, one folder a project). One would bet on
# node ids that begin with ../unit/ and ../system/. pytest 9.2 makes them relative to the testpath that holds the file, so that
# ../unit/test_it.py and ../system/test_it.py are both "test_it.py": the second one passes and takes the first one's failure out
# of lastfailed, so that --lf finds "no previously failed tests" after a red run. The JUnit file has two testcases of one name and class.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv tool
tool/bin/python -m pip install -q --disable-pip-version-check "pytest==9.2.0"
mkdir project unit system
printf '[pytest]\ntestpaths = ../unit ../system\naddopts = --import-mode=importlib --tb=no\n' > project/pytest.ini
printf 'def test_it():\n    assert "left" == "right"\n' > unit/test_it.py
printf 'def test_it():\n    pass\n' > system/test_it.py
tool/bin/python -m pip list --disable-pip-version-check | grep -i '^pytest'
cd project
red=0; ../tool/bin/python -m pytest -v --junitxml=report.xml > first.txt || red=$?
../tool/bin/python -m pytest --lf -v > again.txt || true
../tool/bin/python -m pytest --deselect test_it.py::test_it > without.txt || true
grep -h '::test_it\|no previously\|deselected' first.txt again.txt without.txt
python3 - "$red" <<'P'
import sys
import xml.etree.ElementTree as ET
cases = [(case.get("classname"), case.get("name")) for case in ET.parse("report.xml").iter("testcase")]
forgotten = "no previously failed tests" in open("again.txt").read()
both = "2 deselected" in open("without.txt").read()
print("exit code", sys.argv[1], "- testcases:", cases, "- the failure is forgotten:", forgotten, "- both are deselected:", both)
sys.exit(not (sys.argv[1] == "1" and len(set(cases)) == 1 and forgotten and both))
P
