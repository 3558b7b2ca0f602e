#!/usr/bin/env bash
# "#subdirectory=" of a local folder: pip installs the project in that subfolder, uv looks for one in the folder itself.
#
# One would bet that pip and uv agree on a fragment that the direct-URL rules give to every kind of place. For a
# file: URL of a folder pip 26.3 follows it and uv 0.13.9 does not: the same requirements file that pip installs from
# is an error for uv, and whoever reads one tool as the other finds no project, or a wrong one.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv tool
tool/bin/python -m pip install -q --disable-pip-version-check "pip==26.3" "uv==0.13.9"
mkdir -p space/libs/inner/inner
printf '"""A package."""\n' > space/libs/inner/inner/__init__.py
printf '[project]\nname = "inner"\nversion = "1"\n[build-system]\nrequires = ["setuptools==80.9.0"]\nbuild-backend = "setuptools.build_meta"\n' \
  > space/libs/inner/pyproject.toml
echo "inner @ file://$work/space#subdirectory=libs/inner" > asked.txt
tool/bin/python -m pip --version | cut -d' ' -f1-2
tool/bin/uv --version | cut -d' ' -f1-2
tool/bin/python -m pip install -q --disable-pip-version-check --dry-run --report report.json -r asked.txt
pip=$(python3 -c 'import json; print(*(i["metadata"]["name"] for i in json.load(open("report.json"))["install"]))')
uv=$(tool/bin/uv pip install --dry-run --python tool/bin/python -r asked.txt 2>&1 || true)
echo "pip would install: $pip"
echo "uv says: $(echo "$uv" | tr '\n' ' ' | sed "s|$work|…|g")"
[ "$pip" = inner ] && case "$uv" in *"does not appear to be a Python project"*) ;; *) exit 1 ;; esac
