"""What an interpreter is, as far as tests can tell: Python, platform, and what is installed in it.

A node whose fingerprint is another is refused with the differences named: a test that passes beside another
version of a library has said nothing of this one.
"""

from __future__ import annotations

import functools
import json
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

_MOST_NAMED = 8

# direct_url.json is PEP 610's: dir_info.editable says that the code is not in the environment.
# Runs in the interpreter that it is about, Python 3.8 and later. RECORD lists a distribution's files with
# their hashes (PEP 376, 627): of a copy of one's own package the version alone says little.
_PROGRAM = """\
import hashlib, json, platform, re, sys
from importlib import metadata
found, records, plugins = {}, {}, []
for one in metadata.distributions():
    name = one.metadata["Name"]
    if not name:
        continue
    name = re.sub(r"[-_.]+", "-", name).lower()
    if name in found:
        continue
    direct = one.read_text("direct_url.json") or ""
    editable = '"editable": true' in direct or '"editable":true' in direct
    found[name] = "editable" if editable else str(one.version)
    lines = (one.read_text("RECORD") or "").splitlines()
    if any(point.group == "pytest11" for point in one.entry_points):
        plugins.append(name)
    kept = sorted(line for line in lines if line.split(",")[0].endswith(".py"))
    records[name] = "" if editable else hashlib.sha256("\\n".join(kept).encode()).hexdigest()[:12]
print(json.dumps({
    "python": "%s %s" % (platform.python_implementation(), platform.python_version()),
    "platform": "%s %s" % (sys.platform, platform.machine()),
    "flags": "-O" * bool(sys.flags.optimize) + " 64 bit" * (sys.maxsize > 2 ** 32),
    "distributions": found,
    "records": records,
    "plugins": plugins,
}))
"""


@dataclass(frozen=True)
class Fingerprint:
    """``distributions`` are versions by canonical name, ``"editable"`` for what is installed so.

    ``records`` tell copies of one version apart; ``plugins`` are those that pytest loads by itself.
    """

    python: str
    platform: str
    flags: str
    distributions: Mapping[str, str]
    records: Mapping[str, str]
    plugins: Sequence[str] = ()

    @classmethod
    def of(cls, text: str) -> Fingerprint:
        return cls(**json.loads(text))


@functools.cache
def ask(python: str) -> str | None:
    """An interpreter's fingerprint as text; ``None`` where it cannot be started."""
    try:
        return subprocess.run(
            [python, "-c", _PROGRAM],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            text=True,
            timeout=120,
            cwd="/" if not python.startswith(("\\", "C:")) else None,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None


def differences(
    ours: Fingerprint, theirs: Fingerprint, named: Collection[str] | None, own: Collection[str]
) -> list[str]:
    """What of ``theirs`` is another: sentences, none where they are the same.

    ``named`` are the distributions that count (a lock's), ``None`` for all. ``own`` are the workspace's:
    their code is sent, and counts only where both sides would test an installed copy instead.
    """
    found = [
        f"{what} {there} instead of {here}"
        for what, here, there in (
            ("Python", ours.python, theirs.python),
            ("platform", ours.platform, theirs.platform),
            ("interpreter", ours.flags, theirs.flags),
        )
        if here != there
    ]
    everything = {*ours.distributions, *theirs.distributions} - _UNSEEN
    wanted = everything if named is None else everything & {*named, *_ALWAYS, *ours.plugins, *theirs.plugins}
    for name in sorted(wanted - set(own)):
        found += _difference(name, ours.distributions.get(name), theirs.distributions.get(name))
    for name in sorted(set(own)):
        found += _copies(name, ours, theirs)
    return found


# tools that install, which no test means
_UNSEEN = {"pip", "setuptools", "wheel", "uv", "distribute"}
_ALWAYS = {"pytest", "pluggy", "pytest-monorepo", "coverage", "pytest-cov"}


def _difference(name: str, here: str | None, there: str | None) -> list[str]:
    if here == there:
        return []
    if there is None:
        return [f"no {name} (here {here})"]
    return [f"{name} {there} instead of {here or 'none'}"]


def _copies(name: str, ours: Fingerprint, theirs: Fingerprint) -> list[str]:
    """A copy that is installed is tested in place of the source, by plain pytest too."""
    here, there = ours.records.get(name, ""), theirs.records.get(name, "")
    if here == there:
        return []
    if not here:
        return [f"{name} is installed as a copy, which would be tested instead of the code that is sent"]
    if not there:
        return [f"{name} is not installed as a copy, as it is here"]
    return [f"{name} is installed as another copy"]


def shortened(found: list[str]) -> str:
    """The differences for one line."""
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return ", ".join(found[:_MOST_NAMED]) + more
