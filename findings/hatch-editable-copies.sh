#!/usr/bin/env bash
# "pip install -e" of a project whose build uses force-include tests a copy: what is edited afterwards is not what is imported.
#
# One would bet that an editable installation shows every edit, or refuses what it cannot show, as Hatchling does for code that
# "sources" renames (it names dev-mode-dirs). But what force-include takes into the wheel under another name, Hatchling 1.33.0
# copies into site-packages of the editable one, too. Two packages of one project then differ: one is live, the other as it was
# when somebody last installed, and tests go on to pass against code that is no longer there.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv tool
tool/bin/python -m pip install -q --disable-pip-version-check "pip==26.3" "hatchling==1.33.0" "editables==0.5"
mkdir -p space/live space/parts
touch space/live/__init__.py space/parts/__init__.py
echo 'WORD = "old"' | tee space/live/word.py > space/parts/word.py
printf '[project]\nname = "space"\nversion = "1"\n[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n' > space/pyproject.toml
printf '[tool.hatch.build.targets.wheel]\npackages = ["live"]\nforce-include = {"parts" = "shop"}\n' >> space/pyproject.toml
tool/bin/python -m pip install -q --disable-pip-version-check --no-build-isolation --no-deps -e space
tool/bin/python -m pip list --disable-pip-version-check | grep -i '^pip \|^hatchling\|^space'
echo 'WORD = "new"' | tee space/live/word.py > space/parts/word.py
found=$(cd / && "$work/tool/bin/python" -c 'import live.word, shop.word; print(live.word.WORD, shop.word.WORD)')
echo 'after both files were edited, "packages" and "force-include" say:' "$found"
[ "$found" = "new old" ]
