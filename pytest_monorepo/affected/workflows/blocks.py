"""The part of YAML that workflows are written in: block mappings and sequences, scalars, block scalars. Pure.

A value in brackets is kept as the text that it is. What else YAML knows (anchors, aliases, tags, several
documents, keys that are no plain word) is :class:`UnreadableError`: whoever asks has to take the file for one
that may do anything. No YAML library is among what this project needs, and a reader that answers "I do not
know" costs nothing but a run of the tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple, Union

Node = Union[str, "list[Node]", "dict[str, Node]"]

_WORDS = re.compile(r"[\w.=<>~,;/ -]+")
_OPENERS = {"[": "]", "{": "}"}
_CUT = ("'", '"', *_OPENERS)  # what goes on in further lines until it is closed
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'(?!')", re.DOTALL)
_QUOTED_WITHIN = re.compile(rf"(?<=[\s\[{{,:])(?:{_QUOTED.pattern})", re.DOTALL)
# YAML 1.2.2, 5.7; those that write a letter by its number are not for reading
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "/": "/", " ": " "}


class UnreadableError(Exception):
    """Something that this reader does not know, or that is no YAML."""


def as_table(node: Node) -> Mapping[str, Node]:
    if not isinstance(node, dict):
        raise UnreadableError("no mapping where there has to be one")
    return node


class _Line(NamedTuple):
    indent: int
    text: str


@lru_cache(maxsize=256)  # each file that names something asks for all workflows, and those for their actions
def load(text: str) -> Node:
    """The document, not to be changed; an empty one is ``""``. Raises :class:`UnreadableError`."""
    reader = _Reader(text.removeprefix("\ufeff"))
    node = reader.block(0) if reader.peek() is not None else ""
    if reader.peek() is not None:
        raise UnreadableError(f"line {reader.at + 1}: not understood")
    return node


class _Reader:
    """Lines and the place of the next one; block scalars need them as they are written."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self.at = 0
        if self._lines and self._lines[0].rstrip() == "---":
            self.at = 1

    def peek(self) -> _Line | None:
        """The next line that says something, comments left out; ``None`` at the end."""
        while self.at < len(self._lines):
            line = self._lines[self.at]
            text = _without_comment(line).rstrip()
            if text.strip():
                if text.startswith(("---", "...", "%")) or "\t" in text[: len(text) - len(text.lstrip())]:
                    raise UnreadableError(f"line {self.at + 1}: not understood")
                return _Line(len(text) - len(text.lstrip(" ")), text.strip())
            self.at += 1
        return None

    def block(self, least: int) -> Node:
        """The mapping, sequence or scalar that begins at the next line, which is indented at least so far."""
        line = self.peek()
        if line is None or line.indent < least:
            raise UnreadableError(f"line {self.at + 1}: nothing where something has to be")
        if _is_item(line.text):
            return self._sequence(line.indent)
        if _key(line.text) is not None:
            return self._mapping(line.indent)
        self.at += 1
        return self._scalar(line.text, line.indent - 1)

    def _sequence(self, indent: int) -> list[Node]:
        found: list[Node] = []
        while (line := self.peek()) is not None and line.indent == indent and _is_item(line.text):
            rest = line.text[1:].lstrip()
            if not rest:
                self.at += 1
                found.append(self._below(indent))
            elif _is_item(rest) or _key(rest) is not None:
                # what follows the dash stands where it stands
                inner = indent + len(line.text) - len(rest)
                self._lines[self.at] = " " * inner + self._lines[self.at][inner:]
                found.append(self.block(inner))
            else:
                self.at += 1
                found.append(self._scalar(rest, indent))
        self._ends(indent)
        return found

    def _mapping(self, indent: int) -> dict[str, Node]:
        found: dict[str, Node] = {}
        while (line := self.peek()) is not None and line.indent == indent and not _is_item(line.text):
            split = _key(line.text)
            if split is None and indent == 0 and _WORDS.fullmatch(line.text):
                # no YAML, and GitHub starts nothing from such a file: what is around it counts all the same
                found[f"\0{line.text}"] = ""
                self.at += 1
                continue
            if split is None or split[0] in found or split[0] == "<<":
                raise UnreadableError(f"line {self.at + 1}: no key of its own")
            key, rest = split
            self.at += 1
            found[key] = self._scalar(rest, indent) if rest else self._below(indent, key=True)
        self._ends(indent)
        return found

    def _ends(self, indent: int) -> None:
        line = self.peek()
        if line is not None and line.indent > indent:
            raise UnreadableError(f"line {self.at + 1}: indented without a reason")

    def _below(self, indent: int, *, key: bool = False) -> Node:
        line = self.peek()
        # a sequence may stand as far left as the key that holds it
        if line is not None and (
            line.indent > indent or (key and line.indent == indent and _is_item(line.text))
        ):
            return self.block(line.indent)
        return ""

    def _scalar(self, text: str, indent: int) -> str:
        """A value that begins with ``text``; it goes on in the lines that are indented further."""
        if text[0] in "|>":
            if text.strip("|>+-0123456789"):
                raise UnreadableError(f"line {self.at}: not understood")
            return "\n".join(self._written(indent))
        if text[0] in "&*!%@`" or (text[0] in "?-" and text[1:2] in ("", " ")):
            raise UnreadableError(f"line {self.at}: not understood")
        whole, last = text, self.at
        while (line := self.peek()) is not None and (line.indent > indent or not _closed(whole)):
            if text[0] in _CUT and (whole.endswith("\\") or "#" in self._lines[self.at]):
                raise UnreadableError(f"line {self.at + 1}: not understood")
            # YAML 1.2.2, 6.5: one break is a blank, of empty lines between each is one that stays
            whole += ("\n" if self.at > last else " ") + line.text
            self.at += 1
            last = self.at
        if not _closed(whole):
            raise UnreadableError(f"line {self.at}: a quote or bracket stays open")
        return _unquoted(whole)

    def _written(self, indent: int) -> Iterator[str]:
        """The lines of a block scalar, comments and all; folding is for the eye only."""
        while self.at < len(self._lines):
            line = self._lines[self.at]
            if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
                return
            self.at += 1
            yield line.strip()


def _is_item(text: str) -> bool:
    return text == "-" or text.startswith("- ")


def _key(text: str) -> tuple[str, str] | None:
    """``("key", "value")`` of a line that begins with a key."""
    if text[0] in "'\"":
        end = text.find(text[0], 1)
        name, rest = text[1:end], text[end + 1 :].lstrip()
        if end < 0 or not rest.startswith(":") or rest[1:2] not in ("", " ") or "\\" in name:
            return None
        return name, rest[1:].strip()
    if text[0] in "[{&*!|>%@`#,?":
        return None
    name, colon, rest = (text + " ").partition(": ")
    if not colon or not name or " #" in name:
        return None
    return name.strip(), rest.strip()


def _without_comment(line: str) -> str:
    """The line up to a ``#`` that begins a comment: at its start or after a space, outside of quotes."""
    if "#" not in line:
        return line
    quote, at = "", 0
    while at < len(line):
        letter = line[at]
        if quote:
            if line.startswith("\\" if quote == '"' else "''", at):
                at += 1
            elif letter == quote:
                quote = ""
        elif letter in "'\"" and (at == 0 or line[at - 1] in " [{,:("):
            quote = letter
        elif letter == "#" and (at == 0 or line[at - 1] in " \t"):
            return line[:at]
        at += 1
    return line


def _closed(text: str) -> bool:
    """Whether quotes and brackets that the value begins with are closed again."""
    if text[0] in "'\"":
        return _QUOTED.match(text) is not None
    if text[0] in _OPENERS and not text.startswith("{{"):
        bare = _QUOTED_WITHIN.sub("", text)
        opened = sum(map(bare.count, _OPENERS))
        return opened == sum(map(bare.count, _OPENERS.values()))
    return True


def _unquoted(text: str) -> str:
    if text[0] not in "'\"":
        return text
    if _QUOTED.fullmatch(text) is None:
        raise UnreadableError(f"{text[:40]!r}: more than a quoted text")
    inner = text[1:-1]
    return inner.replace("''", "'") if text[0] == "'" else re.sub(r"(?s)\\(.)", _escaped, inner)


def _escaped(found: re.Match[str]) -> str:
    if found[1] not in _ESCAPES:
        raise UnreadableError(f"{found[0]!r}: not understood")
    return _ESCAPES[found[1]]
