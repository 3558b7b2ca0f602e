#!/usr/bin/env bash
# pip does not install the lock that pip has written: a local folder in it "cannot be installed when requiring hashes".
#
# One would bet that "pip install -r pylock.toml" installs what "pip lock" writes. PEP 751 asks for hashes of archives and has none for
# a folder. pip 26.3 turns its check on as soon as one package of the lock has hashes, as all published ones do, and then refuses the
# project's own folder, editable or not. So does what uv 0.13.9 exports of a workspace; uv installs both. A lock of folders alone is installed.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
export UV_CACHE_DIR="$work/cache"
python3 -m venv tool
tool/bin/python -m pip install -q --disable-pip-version-check "pip==26.3" "uv==0.13.9"
mkdir -p space/core space/alone
printf '"""A package."""\n' | tee space/core/core.py > space/alone/alone.py
printf '[project]\nname = "core"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["iniconfig==2.0.0"]\n' > space/core/pyproject.toml
printf '[project]\nname = "alone"\nversion = "1"\nrequires-python = ">=3.9"\n' > space/alone/pyproject.toml
for name in core alone; do
  printf '[build-system]\nrequires = ["setuptools==80.9.0"]\nbuild-backend = "setuptools.build_meta"\n' >> space/$name/pyproject.toml
done
cd space
pip() { ../tool/bin/python -m pip --disable-pip-version-check "$@"; }
pip lock -q -e ./core -o pylock.toml 2>/dev/null
pip lock -q -e ./alone -o pylock.alone.toml 2>/dev/null
(cd core && ../../tool/bin/uv lock -q && ../../tool/bin/uv export -q --format pylock.toml -o pylock.toml)
pip --version | cut -d' ' -f1-2
../tool/bin/uv --version | cut -d' ' -f1-2
said() { pip install -r "$1" 2>&1 | grep -o "cannot be installed when requiring hashes\|Successfully installed .*" || true; }
written=$(said pylock.toml)
exported=$(said core/pylock.toml)
alone=$(said pylock.alone.toml)
by_uv=$(../tool/bin/uv pip install --dry-run --python ../tool/bin/python -r pylock.toml 2>&1 | grep -c "^ + core @" || true)
echo "pip, of pip's lock: $written"
echo "pip, of uv's lock: $exported"
echo "pip, of a lock with a folder alone: $alone"
echo "uv, of pip's lock: $by_uv folder"
case "$written/$exported/$alone/$by_uv" in cannot*/cannot*/Success*/1) ;; *) exit 1 ;; esac
