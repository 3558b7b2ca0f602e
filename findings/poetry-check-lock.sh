#!/usr/bin/env bash
# "poetry check --lock" finds a lock good that lacks what a path dependency has come to need.
#
# One would bet that the check, which CI runs so that no lock is behind its manifests, looks into the folders that the
# manifest names as well: uv's "lock --check" does. Poetry 2.5.1 compares the project's own pyproject.toml alone. It says "All
# set!", and "poetry install" leaves the new requirement out: a change of the library alone breaks the service.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
export HOME="$work" POETRY_CACHE_DIR="$work/cache" POETRY_VIRTUALENVS_CREATE=false
python3 -m venv tool
tool/bin/python -m pip install -q --disable-pip-version-check "poetry==2.5.1"
project() { # NAME LINES: a package whose dependencies Poetry alone reads
  mkdir -p "$1/$1" && touch "$1/$1/__init__.py"
  printf '[project]\nname = "%s"\nversion = "1"\nrequires-python = ">=3.10,<4"\ndynamic = ["dependencies"]\n' "$1" > "$1/pyproject.toml"
  printf '[tool.poetry.dependencies]\n%b[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n' \
    "$2" >> "$1/pyproject.toml"
}
project service 'lib = {path = "../lib", develop = true}\n'
project lib ''
project needed ''
tool/bin/poetry --version
tool/bin/poetry -q -C service lock
project lib 'needed = {path = "../needed"}\n'
echo "lib needs another package now; the lock of service holds:" $(grep '^name' service/poetry.lock)
said=$(tool/bin/poetry -C service check --lock 2>&1) && code=0 || code=$?
echo "poetry check --lock: $said (exit code $code)"
tool/bin/poetry -q -C service lock
echo "after poetry lock it holds:" $(grep '^name' service/poetry.lock)
[ "$code" = 0 ] && grep -q '^name = "needed"' service/poetry.lock
