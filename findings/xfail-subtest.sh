#!/usr/bin/env bash
# A strict xfail whose subtest fails is a failure: "XPASS(strict)", of a test that did fail as expected.
#
# One would bet on "1 xfailed": without the mark the test fails ("contains 1 failed subtest"), and the mark is there for that. In
# pytest 9.2 the mark turns the subtest's report into an xfail of its own, so that no failed subtest is left for the test, which
# then counts as passed against the expectation. Moving an assertion from a test into "with subtests.test()" so makes a green run
# red where xfail_strict (or "strict") is set; where it is not, the test is reported as XPASS although nothing in it passes.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv tool
tool/bin/python -m pip install -q --disable-pip-version-check "pytest==9.2.0"
mark='import pytest\n\n@pytest.mark.xfail(strict=True)\n'
printf "$mark"'def test_plain():\n    assert 0\n' > test_plain.py
printf "$mark"'def test_parts(subtests):\n    with subtests.test("part"):\n        assert 0\n' > test_parts.py
printf 'def test_parts(subtests):\n    with subtests.test("part"):\n        assert 0\n' > test_unmarked.py
tool/bin/python -m pip list --disable-pip-version-check | grep -i '^pytest'
codes=""
for file in test_plain.py test_parts.py test_unmarked.py; do
  code=0; tool/bin/python -m pytest -q --no-header --tb=no -rA "$file" > out.txt || code=$?
  codes="$codes$code"; echo "$file: exit code $code"; grep '^FAILED\|^SUB\|^XFAIL' out.txt
  cp out.txt "$file.txt"
done
grep -q 'XPASS(strict)' test_parts.py.txt
[ "$codes" = "011" ]
