#!/usr/bin/env bash
# pytest-picked, started in one project of a repository, also runs the changed tests of its siblings.
#
# One would bet on the changed tests below the folder in which pytest was started, or below its rootdir. pytest-picked 0.5.1
# takes what "git status" prints, which is about the whole repository, as arguments: with ../b/tests/test_new.py in them two projects
# meet in one process, and where both have a tests/__init__.py and a test file of one name the run ends with an import error.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv tool
tool/bin/python -m pip install -q --disable-pip-version-check "pytest==9.2.0" "pytest-picked==0.5.1"
mkdir -p repo/a/tests repo/b/tests
cd repo
touch a/tests/__init__.py b/tests/__init__.py
printf '[tool.pytest.ini_options]\ntestpaths = ["tests"]\n' | tee a/pyproject.toml > b/pyproject.toml
git init -q .
git add .
git -c user.name=a -c user.email=a@example.org commit -qm all
printf 'def test_new(): pass\n' | tee a/tests/test_new.py > b/tests/test_new.py
../tool/bin/python -m pip list --disable-pip-version-check | grep -i '^pytest'
cd a
code=0
../../tool/bin/python -m pytest -q -p no:cacheprovider --picked > ../out.txt 2>&1 || code=$?
cat ../out.txt
echo "exit code $code"
grep -q "'../b/tests/test_new.py'" ../out.txt && grep -q "import file mismatch" ../out.txt && [ "$code" = 2 ]
