#!/usr/bin/env bash
# "pytest -x" ends with exit code 1 where a test fails, "pytest -x -n 2" with 2: "interrupted by the user".
#
# One would bet on 1, "tests were collected and run but some of them failed", as pytest documents it, and as the same two workers end without -x.
# pytest-xdist 3.8.0 stops by an exception of its own, which pytest 9.2 takes for an interruption, so --maxfail does it, too. Whoever tells failures
# (1) from broken runs (2 to 4), to start those again, say, takes a red test for a broken run as soon as -x meets -n.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv tool
tool/bin/python -m pip install -q --disable-pip-version-check "pytest==9.2.0" "pytest-xdist==3.8.0"
printf 'def test_red():\n    assert 0\n\ndef test_green():\n    pass\n' > test_it.py
tool/bin/python -m pip list --disable-pip-version-check | grep -i '^pytest'
ends() { code=0; tool/bin/python -m pytest -q --tb=no -p no:cacheprovider "$@" >/dev/null 2>&1 || code=$?; echo "$code"; }
alone=$(ends -x); shared=$(ends -n 2); both=$(ends -n 2 -x); many=$(ends -n 2 --maxfail=1)
echo "-x: $alone   -n 2: $shared   -n 2 -x: $both   -n 2 --maxfail=1: $many"
[ "$alone/$shared/$both/$many" = 1/1/2/2 ]
