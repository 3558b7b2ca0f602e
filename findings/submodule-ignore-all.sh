#!/usr/bin/env bash
# "ignore = all" in .gitmodules hides a submodule's move between two commits from git diff.
#
# One would bet that the key is about what is uncommitted: a dirty working tree of the submodule, as git status shows it.
# But "git diff --name-only A B" says that nothing changed where the recorded commit did (and "git add -A" had staged
# it), so that whoever selects tests by it skips those of the submodule. --ignore-submodules=none tells.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
git --version
git init -q -b main lib && (cd lib && echo 'x = 1' > lib.py && git add . && git commit -qm one)
git init -q -b main space && cd space
git clone -q "$work/lib" vendor/lib
for line in "path vendor/lib" "url ../lib" "ignore all"; do
  git config -f .gitmodules "submodule.vendor/lib.${line% *}" "${line#* }"
done
git -c advice.addEmbeddedRepo=false add vendor/lib .gitmodules && git commit -qm base
git submodule status
(cd vendor/lib && echo 'x = 2' > lib.py && git commit -qam two)
git add -A && git commit -qm moved
shown=$(git diff --name-only HEAD~1 HEAD)
real=$(git diff --name-only --ignore-submodules=none HEAD~1 HEAD)
echo "git diff --name-only HEAD~1 HEAD: '$shown'"
echo "git diff --name-only --ignore-submodules=none HEAD~1 HEAD: '$real'"
[ -z "$shown" ] && [ "$real" = vendor/lib ]
