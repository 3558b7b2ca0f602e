"""Whether a source asks what the call has asked for: then its tests may do otherwise in a part of a run."""

from __future__ import annotations

import functools
import re

from pytest_monorepo.workspace.files.late import late

_NAMES = (
    rb"keyword|markexpr|deselect|file_or_dir|lf|last_?failed|failed_?first|new_?first|collect_?only|co"
    rb"|-k|-m|--deselect|--lf|--last-failed|--ff|--failed-first|--nf|--new-first|--collect-?only|--co"
)
_VALUE = rb"(?![ \t]*(?:[.:\[]|=(?!=)))"
_ASKS = late(
    rb"\bsys\s*\.\s*argv\b|\bfrom\s+sys\s+import\b.*\bargv\b|\binvocation_params\b|config\s*\.\s*args\b|session\s*\.\s*items\b"
    rb"|\btestscollected\b|\b(?:known_args_namespace|option)\b\s*[.,(\[]\s*['\"]?(?:" + _NAMES + rb")\b"
    rb"|\boption\b\s*[,)\]]|\bvars\(\s*\w+(?:\.\w+)*\.option\b"
    rb"|\bget(?:option|value)\(\s*(?:name\s*=\s*)?(?:['\"](?:" + _NAMES + rb")['\"]|[^'\"\s])"
    # the options as a value: who has them under another name may ask them anything
    rb"|(?:\.\s*option|\bknown_args_namespace)\b(?:[ \t]+(?:if|or|and|else|is|in|as|for)\b|"
    + _VALUE
    + rb"(?![ \t]*[\w(]))"
    rb"|\.\s*option\s*\.\s*__\w+|\bgetattr\(\s*[\w.]*config\s*,\s*['\"](?:option|args|known_args_namespace)\b"
    rb"|\bgetattr\(\s*[\w.]*session\s*,\s*['\"]items\b"
    rb"|\b(?:request|node|item|collector)\s*\.\s*session\b(?=\s*[,)\]}])"
)
_HELD = {
    late(rb"session\b" + _VALUE): late(rb"\.\s*items\b(?!\s*\()"),
    late(rb"(?:\.\s*config|pytestconfig)\b" + _VALUE): late(rb"\.\s*args\b(?!\s*\()"),
}
"""The session or the configuration as a value, in the same source as what may be asked of it then."""


@functools.cache
def asks(path: str) -> str | None:
    """The first words of a Python source that ask for it; ``None`` without.

    A word too many costs a run; ``getoption`` with a name of the project's own asks for no part.
    """
    source = _source(path)
    found = _ASKS.search(source) or _asked_of_held(source)
    return None if found is None else found[0].decode("ascii", "replace").strip()


def _asked_of_held(source: bytes) -> re.Match[bytes] | None:
    return next(
        (asked for held, of in _HELD.items() if held.search(source) and (asked := of.search(source))), None
    )


_WORDS = late(
    rb"\bargv\b(?!\s*\[\s*0\s*\])|\binvocation_params\b|\bmainargv\b|\bparse_(?:known_)?args\(\s*\)|\bunittest\s*\.\s*main\b"
)


def speaks_of_words(source: bytes) -> bool:
    """Whether a Python source asks for the words of the call, also those that only say how it is shown."""
    # most sources have none of these: to look for each takes a tenth of what the pattern does
    return any(word in source for word in _SPEAKING) and _WORDS.search(source) is not None


_SPEAKING = (b"argv", b"invocation_params", b"parse_", b"unittest")
"""Whatever :data:`_WORDS` finds holds one of these."""


def _source(path: str) -> bytes:
    """Empty where it cannot be read: that asks for nothing."""
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError:
        return b""
