#!/usr/bin/env bash
# An environment with "pylock = …" fails as soon as tox-uv is installed beside tox.
#
# One would bet that tox-uv, which takes the place of pip in every environment without being asked, installs what tox documents: uv reads
# locks of PEP 751. tox 4.67.15 hands the lock over as an object, which tox-uv 1.37.1 does not know: "uv cannot install Pylock(…)", and
# whether a repository's tox run works depends on which plugins lie beside tox on a developer's machine.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
export UV_CACHE_DIR="$work/cache" VIRTUALENV_OVERRIDE_APP_DATA="$work/data"
python3 -m venv tool
tool/bin/python -m pip install -q --disable-pip-version-check "tox==4.67.15" "uv==0.13.9"
printf 'iniconfig==2.0.0\n' > asked.txt
tool/bin/uv pip compile -q asked.txt --format pylock.toml -o pylock.toml
printf '[env_run_base]\nskip_install = true\npylock = "pylock.toml"\ncommands = [["python", "-c", "import iniconfig"]]\n' > tox.toml
tool/bin/python -m tox --version | cut -d' ' -f1
alone=0; tool/bin/python -m tox run -q -e py >/dev/null 2>&1 || alone=$?
tool/bin/python -m pip install -q --disable-pip-version-check "tox-uv==1.37.1"
tool/bin/python -m pip list --disable-pip-version-check | grep -i '^tox-uv '
rm -rf .tox
beside=0; tool/bin/python -m tox run -e py > said.txt 2>&1 || beside=$?
echo "tox: exit code $alone; with tox-uv: $beside"
grep -o "uv cannot install Pylock" said.txt
[ "$alone/$beside" = 0/1 ]
