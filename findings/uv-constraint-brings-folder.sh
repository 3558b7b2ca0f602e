#!/usr/bin/env bash
# uv: a constraint that constrains nothing lets a local folder take the place of what the index has.
#
# [tool.uv.sources] counts for what a project itself asks for, so "legacy", which only its dependency "mid" needs, comes from
# the index, whatever the table says. One would bet that constraint-dependencies = ["legacy"] changes nothing in that: a
# constraint says which versions will do, and this one says none. But the table counts for constraints, too, and one
# with a place says where to take the package from: with that line "legacy" is the folder beside.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
export UV_CACHE_DIR="$work/cache"
python3 -m venv tool
tool/bin/python -m pip install -q --disable-pip-version-check "uv==0.13.9"
mkdir legacy mid app
printf '[project]\nname = "legacy"\nversion = "1"\n' > legacy/pyproject.toml
printf '[project]\nname = "mid"\nversion = "1"\ndependencies = ["legacy"]\n' > mid/pyproject.toml
project='[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = ["mid"]\n'
sources='[tool.uv.sources]\nmid = { path = "../mid" }\nlegacy = { path = "../legacy" }\n'
cd app
../tool/bin/uv --version
# offline, so that the index can give nothing: what is not the folder is an error
printf "$project$sources" > pyproject.toml
if ../tool/bin/uv lock -q --offline 2> said; then echo "without the constraint: the folder"; exit 1; fi
grep 'legacy was not found' said
printf "$project"'[tool.uv]\nconstraint-dependencies = ["legacy"]\n'"$sources" > pyproject.toml
../tool/bin/uv lock -q --offline
grep -A 3 'name = "legacy"' uv.lock | grep 'source = { directory = "../legacy" }'
