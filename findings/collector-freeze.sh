#!/usr/bin/env bash
# After gc.freeze(), as fork servers call it, hypothesis finds nobody who holds trio's random numbers, and warns.
#
# One would bet that gc.freeze() is about speed alone, as Python's documentation of it says. But gc.get_referrers() does not see
# frozen objects: with hypothesis 6.170.17 and trio 0.35.0 in one environment, importing hypothesis in a process forked after
# that warns of an object "that could be garbage collected", and where warnings are errors the import fails.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv tool
tool/bin/python -m pip install -q --disable-pip-version-check "hypothesis==6.170.17" "trio==0.35.0"
cat > serve.py <<'P'
import gc, os, sys, warnings
import trio

def child(text):
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        warnings.simplefilter("error")
        try:
            import hypothesis
        except Warning as found:
            print(text, type(found).__name__, str(found)[:100])
            os._exit(1)
        print(text, "hypothesis", hypothesis.__version__, "is imported")
        sys.stdout.flush()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

print("Python", sys.version.split()[0], "trio", trio.__version__)
usual = child("forked:")
gc.collect()
gc.freeze()
sys.exit(not (usual == 0 and child("forked after gc.freeze():") == 1))
P
tool/bin/python -u serve.py
