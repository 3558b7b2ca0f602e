"""What a reader of an ini file takes out of it: some of its sections, where all of it is plain.

pytest reads with ``iniconfig`` and coverage.py with ``configparser``, which differ in what they refuse. So
only what both take in one way is taken apart; of all else the whole text counts.
"""

from __future__ import annotations

import re
from typing import Callable, Dict, List, Optional

_HEADER = re.compile(r"\[([^\[\]#;]+)\]\s*\Z")
_OPTION = re.compile(r"([^\s=:\[#;][^=:]*?)\s*[=:]")
# both split a text at more than line feeds: the one as str.splitlines, the other as a file does
_STRANGE = re.compile("[\r\v\f\x1c-\x1e\x85\u2028\u2029\ufeff]")


def taken(text: str, counts: Callable[[str], bool]) -> Optional[Dict[str, List[str]]]:
    """The lines of the sections that count, without comments; ``None`` where the text is not plain."""
    text = text.replace("\r\n", "\n")
    if _STRANGE.search(text):
        return None
    found: Dict[str, List[str]] = {}
    options: Dict[str, List[str]] = {}
    section = option = ""
    for line in text.split("\n"):
        plain = line.strip()
        if plain[:1] in ("#", ";"):
            continue
        if not plain:
            if section:
                found[section].append("")
        elif line[0].isspace():
            if not option:
                return None
            found[section].append(line.rstrip())
        elif line[0] == "[":
            header = _HEADER.match(line)
            if header is None or header[1] in found:
                return None
            section, option = header[1], ""
            found[section], options[section] = [], []
        else:
            named = _OPTION.match(line)
            # configparser takes names in lower case
            if named is None or not section or named[1].lower() in options[section]:
                return None
            option = named[1].lower()
            options[section].append(option)
            found[section].append(line.rstrip())
    return {name: _stripped(lines) for name, lines in found.items() if counts(name)}


def _stripped(lines: List[str]) -> List[str]:
    """Without what is empty at its end."""
    last = max((number for number, line in enumerate(lines, 1) if line), default=0)
    return lines[:last]
