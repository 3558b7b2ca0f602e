#!/usr/bin/env bash
# -e '../core': pip takes the quotes away, uv looks for a folder whose name has them.
#
# One would bet that both read an option's value in a requirements file alike, as uv promises to read pip's files. pip 26.3
# splits options as a shell does, so that a path with a space can be quoted; uv 0.13.9 takes the line as it stands.
# Without quotes it is the other way round: a space ends the path for pip, and uv goes on to the end of the line.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv tool
tool/bin/python -m pip install -q --disable-pip-version-check "pip==26.3" "uv==0.13.9" "setuptools==80.9.0"
mkdir -p "core lib/core"
printf '"""A package."""\n' > "core lib/core/__init__.py"
printf '[project]\nname = "core"\nversion = "1"\n[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n' \
  > "core lib/pyproject.toml"
tool/bin/python -m pip --version | cut -d' ' -f1-2
tool/bin/uv --version | cut -d' ' -f1-2
ask() { # LINE: who installs it
  echo "$1" > asked.txt
  how="--no-build-isolation --no-deps --dry-run -r asked.txt"
  tool/bin/python -m pip install -q --disable-pip-version-check $how >/dev/null 2>&1 && pip=yes || pip=no
  tool/bin/uv pip install --python tool/bin/python $how >/dev/null 2>&1 && uv=yes || uv=no
  echo "$1 → pip: $pip, uv: $uv"
}
ask "-e './core lib'"; quoted="$pip $uv"
ask "-e ./core lib"; bare="$pip $uv"
[ "$quoted" = "yes no" ] && [ "$bare" = "no yes" ]
