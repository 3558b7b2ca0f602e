#!/usr/bin/env bash
# "pytest" passes where "python -m pytest" fails: hypothesis warns of .example() in a module by how pytest was started.
#
# One would bet that the two differ by the working directory on sys.path and by nothing that a test module without imports of its own
# can see. hypothesis 6.170.17 takes a __main__ without __spec__ for somebody who tries things by hand (strategies.py: example), and
# that is what the script "pytest" is. While a test runs it asks PYTEST_CURRENT_TEST instead; while modules are collected that is not
# set. So with filterwarnings = error a module that draws an example at its top is an error under "python -m pytest" alone; whoever
# runs one locally and the other in CI has two outcomes of one commit. The same under pytest-xdist: its workers have no __spec__.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv tool
tool/bin/python -m pip install -q --disable-pip-version-check "hypothesis==6.170.17" "pytest==9.2.0" "pytest-xdist==3.8.0"
mkdir project
cd project
printf '[pytest]\nfilterwarnings = error\n' > pytest.ini
printf 'from hypothesis import strategies as st\nCASE = st.integers().example()\n\ndef test_it():\n    assert isinstance(CASE, int)\n' > test_it.py
../tool/bin/python -m pip list --disable-pip-version-check | grep -iE '^(hypothesis|pytest)'
script=0 module=0 workers=0
../tool/bin/pytest -q -p no:cacheprovider > ../script.txt 2>&1 || script=$?
../tool/bin/python -m pytest -q -p no:cacheprovider > ../module.txt 2>&1 || module=$?
../tool/bin/python -m pytest -q -p no:cacheprovider -n 1 > ../workers.txt 2>&1 || workers=$?
for each in script module workers; do echo "-- $each"; tail -n 3 "../$each.txt"; done
echo "exit codes: pytest $script, python -m pytest $module, python -m pytest -n 1 $workers"
grep -q NonInteractiveExampleWarning ../module.txt && [ "$script" = 0 ] && [ "$module" = 2 ] && [ "$workers" = 0 ]
