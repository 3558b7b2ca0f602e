#!/usr/bin/env bash
# Beside pytest-xdist the report that pytest-bdd is asked for is an empty list, and nothing says so.
#
# One would bet on the scenarios of all workers: the plugin opens its file in xdist's main process alone, which it does for
# this case, and in earlier versions each report carried its scenario across. pytest-bdd 9.0.1 keeps scenarios in a dictionary
# beside the reports, which stays in the worker: --cucumberjson with -n writes [] and the run ends with 0.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv tool
tool/bin/python -m pip install -q --disable-pip-version-check "pytest==9.2.0" "pytest-bdd==9.0.1" "pytest-xdist==3.8.0"
printf 'Feature: two\n  Scenario: one\n    Given a\n  Scenario: another\n    Given a\n' > two.feature
printf 'from pytest_bdd import given, scenarios\nscenarios("two.feature")\n@given("a")\ndef a(): pass\n' > test_it.py
tool/bin/python -m pip list --disable-pip-version-check | grep -i '^pytest'
tool/bin/python -m pytest -q -p no:cacheprovider --cucumberjson=one.json
tool/bin/python -m pytest -q -p no:cacheprovider --cucumberjson=several.json -n 2
python3 - <<'P'
import json
import sys
one, several = (json.load(open(name)) for name in ("one.json", "several.json"))
print("features in the report of one process:", len(one), "of two workers:", several)
sys.exit(not (len(one) == 1 and several == []))
P
