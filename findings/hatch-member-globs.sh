#!/usr/bin/env bash
# A pattern in Hatch's workspace.members has to fit the end of a folder's name only.
#
# One would bet that members = ["libs/c*"] means the folders whose names begin with c, as in uv, PDM, Cargo and npm.
# Hatch 1.18.2 looks for the translated pattern anywhere in the name, so that legacy is a member as well: its code
# is installed, and a change in it reaches the tests of that environment. ("**" is one level, too.)
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv tool
tool/bin/python -m pip install -q --disable-pip-version-check "hatch==1.18.2"
mkdir -p space && cd space
printf '[project]\nname = "space"\nversion = "1"\n[tool.hatch.envs.own]\nskip-install = true\nworkspace.members = ["libs/c*"]\n' > pyproject.toml
for name in core legacy; do
  mkdir -p "libs/$name/src/$name"; touch "libs/$name/src/$name/__init__.py"
  printf '[project]\nname = "%s"\nversion = "1"\n[build-system]\nrequires = ["hatchling==1.27.0"]\nbuild-backend = "hatchling.build"\n' "$name" > "libs/$name/pyproject.toml"
done
../tool/bin/hatch --version
ask='import importlib.metadata as m; print(*sorted(d.name for d in m.distributions() if d.name in ("core", "legacy")))'
found=$(../tool/bin/hatch --data-dir "$work/data" --cache-dir "$work/cache" -e own run python -c "$ask" | tail -1)
echo 'members = ["libs/c*"] installs:' "$found"
[ "$found" = "core legacy" ]
