#!/usr/bin/env bash
# A pylock.toml need not be a lock of PEP 751: "pdm lock -L pylock.toml" writes PDM's own format under that name.
#
# One would bet that the name tells the format, as the PEP reserves it and PDM 2.29 does write PEP 751 with
# "pdm config lock.format pylock". The option -L names a file and changes nothing in what is written.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv tool
tool/bin/python -m pip install -q --disable-pip-version-check "pdm==2.29.4" "hishel[httpx2]==1.4.0"
mkdir space && cd space
printf '[project]\nname = "a"\nversion = "1"\nrequires-python = ">=3.10"\n[tool.pdm]\ndistribution = false\n' > pyproject.toml
../tool/bin/pdm --version
../tool/bin/pdm lock -q -L pylock.toml
grep -E '^(lock-version|lock_version|\[metadata\]|\[\[packages?\]\])' pylock.toml | sort -u
grep -q '^lock_version' pylock.toml && ! grep -q '^lock-version' pylock.toml
