"""Whether a source asks what the call has asked for: then its tests may do otherwise in a part of a run."""

from __future__ import annotations

import functools
import re

_NAMES = (
    rb"keyword|markexpr|deselect|file_or_dir|lf|last_?failed|failed_?first|new_?first|collect_?only|co"
    rb"|-k|-m|--deselect|--lf|--last-failed|--ff|--failed-first|--nf|--new-first|--collect-?only|--co"
)
_ASKS = re.compile(
    rb"\bsys\s*\.\s*argv\b|\bfrom\s+sys\s+import\b.*\bargv\b|\binvocation_params\b|\bconfig\s*\.\s*args\b|\bsession\s*\.\s*items\b"
    rb"|\btestscollected\b|\b(?:known_args_namespace|option)\b\s*[.,(\[]\s*['\"]?(?:" + _NAMES + rb")\b"
    rb"|\boption\b\s*[,)\]]|\bvars\(\s*\w+(?:\.\w+)*\.option\b"
    rb"|\bget(?:option|value)\(\s*(?:name\s*=\s*)?(?:['\"](?:" + _NAMES + rb")['\"]|[^'\"\s])"
)


@functools.cache
def asks(path: str) -> str | None:
    """The first words of a Python source that ask for it; ``None`` without.

    A word too many costs a run; ``getoption`` with a name of the project's own asks for no part.
    """
    try:
        with open(path, "rb") as stream:
            found = _ASKS.search(stream.read())
    except OSError:
        return None
    return None if found is None else found[0].decode("ascii", "replace").strip()
