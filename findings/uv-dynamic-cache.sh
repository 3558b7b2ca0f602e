#!/usr/bin/env bash
# "uv lock --check" says that the lock is good on the machine that has built the project before, and that it is behind everywhere else.
#
# One would bet on one answer for one commit: the check is what CI runs. But where dependencies are dynamic (setuptools reads them from deps.in),
# uv 0.13.9 takes what the project's last build has said from its cache, and asks whether pyproject.toml, setup.py and setup.cfg are as they were,
# not the file that they name. So who adds a line to it and runs "uv lock" commits a lock without it, with "uv sync" and the check
# content; with an empty cache, in CI, the same check fails. (tool.uv.cache-keys is the way out, if one knows.)
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv tool
tool/bin/python -m pip install -q --disable-pip-version-check "uv==0.13.9"
mkdir -p app && cd app
printf '"""A package."""\n' > app.py
printf '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.9"\ndynamic = ["dependencies"]\n[build-system]\nrequires = ["setuptools==80.9.0"]\nbuild-backend = "setuptools.build_meta"\n[tool.setuptools]\npy-modules = ["app"]\n[tool.setuptools.dynamic]\ndependencies = {file = ["deps.in"]}\n' > pyproject.toml
echo "iniconfig==2.0.0" > deps.in
uv() { UV_CACHE_DIR="$work/$1" ../tool/bin/uv "${@:2}"; }
uv used lock -q
echo "toml==0.10.2" >> deps.in
uv used lock -q
../tool/bin/uv --version | cut -d' ' -f1-2
listed=$(grep -c '^name = "toml"' uv.lock || true)
known=0; uv used lock -q --check 2>/dev/null || known=$?
fresh=0; uv empty lock -q --check 2>/dev/null || fresh=$?
echo "toml in the lock that was just written: $listed"
echo "uv lock --check: exit code $known, with an empty cache $fresh"
[ "$listed/$known/$fresh" = 0/0/1 ]
