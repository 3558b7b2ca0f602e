"""The commands in a shell's text, as far as they can be told without running it. Pure.

Written for ``sh`` and ``bash``; what looks otherwise (PowerShell's syntax) is either told by words that no
list knows or is :class:`UnclearError`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
# stands for what only the CI knows; no list of commands holds it
EXPRESSION = "\N{REPLACEMENT CHARACTER}"
_LEADING = frozenset(
    ("if", "then", "elif", "else", "while", "until", "do", "!", "time", "{", "sudo", "command", "nohup")
)
_ENDING = frozenset(("fi", "done", "}", "esac"))
_ASSIGNMENT = re.compile(r"\w+\+?=")
REDIRECTION = re.compile(r"\d*[<>]|&>")
# bash(1), QUOTING: taken away before words are told apart, but not in a comment or behind another backslash
_GOES_ON = "\\\n"
_BLANK = re.compile(r"(?:\s|\\\n|#[^\n]*\n)*")
_ANSI_C = re.compile(r"\$'((?:[^'\\]|\\.)*)'", re.DOTALL)


class UnclearError(Exception):
    """A text that is no plain shell."""


def commands(text: str) -> Iterator[list[str]]:
    """Every command with its arguments, those in ``$(…)`` too; quotes are gone.

    Raises :class:`UnclearError`.
    """
    reader = _Reader(_EXPRESSION.sub(EXPRESSION, text))
    for words in map(_without_lead, reader.all()):
        # the commands of a loop and of a function are told where they stand
        if words and words[0] not in ("for", "select", *reader.functions):
            yield words


def _without_lead(words: list[str]) -> list[str]:
    """Without keywords and assignments before the command's own name."""
    at = 0
    while at < len(words) and (words[at] in _LEADING or _ASSIGNMENT.match(words[at])):
        if words[at] == "command" and words[at + 1 : at + 2] in (["-v"], ["-V"]):
            return ["which", *words[at + 2 :]]
        at += 1
    if at < len(words) and words[at] in _ENDING:
        # of a shell only redirections follow; PowerShell goes on with "} else {"
        rest = words[at + 1 :]
        return [] if not rest or REDIRECTION.match(rest[0]) else _without_lead(rest)
    return words[at:]


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text + "\n"
        self._at = 0
        self._found: list[list[str]] = []
        self._heredocs: list[tuple[re.Pattern[str], bool]] = []
        self._line = 0
        self._cases = 0
        self.functions: set[str] = set()

    def all(self) -> list[list[str]]:
        self._list("")
        return self._found

    def _list(self, closer: str) -> None:
        """Commands up to ``closer``: ``)`` of a substitution or subshell, ``""`` for the end."""
        words: list[str] = []
        while self._at < len(self._text):
            letter = self._text[self._at]
            if letter == closer:
                self._found.append(words)
                self._at += 1
                return
            if letter in "\n;|&" and not self._text.startswith("&>", self._at):
                if self._cases and self._text.startswith(";;", self._at):
                    self._at += 1
                    self._skip_pattern()
                self._at += 1
                self._found.append(words)
                words = []
                if letter == "\n":
                    self._take_heredocs()
            elif letter in " \t\r":
                self._at += 1
            elif self._text.startswith(_GOES_ON, self._at):
                self._at += len(_GOES_ON)
            elif letter == "#":
                self._at = self._text.index("\n", self._at)
            elif self._text.startswith("()", self._at) and len(words) == 1:
                self.functions.add(words.pop())
                self._at += 2
            elif letter == "(":
                self._at += 1
                # what came before names a function or a command: an array has its own way
                self._found.append(words)
                words = []
                self._list(")")
            elif letter == ")":
                raise UnclearError("a bracket that nothing opens")
            else:
                words.append(self._word())
                if _without_lead(words) == ["[["]:
                    self._skip_condition()
                elif words[0] == "case" and words[2:] == ["in"]:
                    words = []
                    self._cases += 1
                    self._skip_pattern()
                    self._at += 1
                elif words == ["esac"]:
                    self._cases -= 1
        if closer:
            raise UnclearError("a bracket stays open")
        self._found.append(words)

    def _skip_pattern(self) -> None:
        """To the bracket that ends the pattern of a case, or to before ``esac``."""
        end = re.compile(
            # the lookahead: what was skipped is skipped for good, or each blank would be tried again
            r"(?=(?P<skipped>(?:\s|\\\n|;|#[^\n]*\n)*))(?P=skipped)"
            r"(?:(?=esac\b)|\(?(?:\\.|\"[^\"\n$`\\]*\"|'[^'\n]*'|[^()\n\"'\\])*\))",
            re.DOTALL,
        ).match(self._text, self._at)
        if end is None:
            raise UnclearError("a case without a pattern")
        self._at = end.end() - 1

    def _skip_condition(self) -> None:
        end = self._text.find("]]", self._at)
        if end < 0 or "$(" in self._text[self._at : end] or "`" in self._text[self._at : end]:
            raise UnclearError("a condition with commands in it")
        self._at = end + 2

    def _word(self) -> str:
        parts: list[str] = []
        while (letter := self._text[self._at]) not in " \t\r\n;|()":
            if letter == "&" and not (parts and parts[-1][-1:] in "<>") and self._text[self._at + 1] != ">":
                break
            if letter == "'":
                end = self._text.find("'", self._at + 1)
                if end < 0:
                    raise UnclearError("a quote stays open")
                parts.append(self._text[self._at + 1 : end])
                self._at = end + 1
            elif letter == '"':
                parts.append(self._double())
            elif self._text.startswith(_GOES_ON, self._at):
                if self._text[self._at - 1] in "<$":
                    raise UnclearError("a line that goes on within an operator")
                self._at += len(_GOES_ON)
            elif letter == "\\":
                parts.append(self._text[self._at + 1])
                self._at += 2
            elif self._text.startswith("$'", self._at):
                parts.append(self._ansi_c())
            elif self._text.startswith("<<<", self._at):
                parts.append("<<<")
                self._at += 3
            elif self._text.startswith("<<", self._at):
                parts.append(self._heredoc())
            elif letter in "$`":
                parts.append(self._substitution())
            else:
                parts.append(letter)
                self._at += 1
            if self._at >= len(self._text):
                raise UnclearError("ends within a word")
            if self._text[self._at] == "(" and "".join(parts).endswith("="):
                self._array()
                parts.append("array")
        return "".join(parts)

    def _array(self) -> None:
        """``x=("a)" $(ls))``: its words, of which nobody asks more than the commands in them."""
        self._at += 1
        while True:
            blank = _BLANK.match(self._text, self._at)
            self._at = blank.end() if blank is not None else self._at
            letter = self._text[self._at : self._at + 1]
            if letter == ")":
                self._at += 1
                return
            if letter in ("", *";|&("):
                raise UnclearError("an array that holds more than words")
            self._word()

    def _double(self) -> str:
        parts: list[str] = []
        self._at += 1
        while (letter := self._text[self._at]) != '"':
            if letter in "$`":
                parts.append(self._substitution())
            else:
                if letter == "\\":
                    self._at += 1
                parts.append(self._text[self._at].replace("\n", "") if letter == "\\" else letter)
                self._at += 1
            if self._at >= len(self._text):
                raise UnclearError("a quote stays open")
        self._at += 1
        return "".join(parts)

    def _ansi_c(self) -> str:
        """``$'it\\'s'``: a quote behind a backslash does not end it, and what else one hides is not told."""
        found = _ANSI_C.match(self._text, self._at)
        if found is None:
            raise UnclearError("a quote stays open")
        self._at = found.end()
        return EXPRESSION if "\\" in found[1] else found[1]

    def _substitution(self) -> str:
        """``$(…)`` is read as the commands that it holds; a variable stays as it is."""
        if self._text[self._at] == "`":
            raise UnclearError("commands between backticks")
        if self._text.startswith("$((", self._at):
            return self._arithmetic()
        if self._text.startswith("$(", self._at):
            self._at += 2
            self._list(")")
            return "$"
        if self._text.startswith("${", self._at):
            return self._variable()
        self._at += 1
        return "$"

    def _arithmetic(self) -> str:
        """``$((1 + $(date +%s)))`` with the commands in it; a subshell that looks alike is none."""
        self._at += 3
        open_brackets = 0
        while open_brackets or not self._text.startswith("))", self._at):
            letter = self._text[self._at : self._at + 1]
            if letter in ("", "`", "'", '"', "\\", ";", "\n") or (letter == ")" and not open_brackets):
                raise UnclearError("arithmetic that holds more")
            if letter == "$":
                self._substitution()
            else:
                open_brackets += (letter == "(") - (letter == ")")
                self._at += 1
        self._at += 2
        return "0"

    def _variable(self) -> str:
        """``${x:-…}`` with the commands in what stands for it; quotes in that are not read."""
        start = self._at
        self._at += 2
        while (letter := self._text[self._at : self._at + 1]) != "}":
            if letter in ("", "`", "'", '"', "\\") or self._text.startswith("$((", self._at):
                end = self._text.find("}", start)
                inner = self._text[start:end]
                if end < 0 or "`" in inner or "$(" in inner:
                    raise UnclearError("a variable with commands in it")
                self._at = end
            elif self._text.startswith("$(", self._at):
                self._at += 2
                self._list(")")
            elif self._text.startswith("${", self._at):
                self._variable()
            else:
                self._at += 1
        self._at += 1
        return self._text[start : self._at]

    def _heredoc(self) -> str:
        found = re.compile(r"<<(-?)[ \t]*(['\"]?)(\w+)\2(?![^\s;|&()<>])").match(self._text, self._at)
        if found is None:
            raise UnclearError("a heredoc without a name")
        # bash(1): the delimiter alone on its line, behind tabs where the operator is <<-
        end = re.compile(rf"^{chr(9) + '*' if found[1] else ''}{found[3]}\r?$", re.MULTILINE)
        self._heredocs.append((end, bool(found[2])))
        self._at = found.end()
        return "<<"

    def _take_heredocs(self) -> None:
        """Their text is what a command reads: it becomes the last of its words."""
        readers = [words for words in self._found[self._line :] if "<<" in words]
        if len(readers) != len(self._heredocs):
            raise UnclearError("several heredocs for one command")
        for words, (end, literal) in zip(readers, self._heredocs, strict=True):
            found = end.search(self._text, self._at)
            if found is None:
                raise UnclearError("a heredoc without an end")
            body = self._text[self._at : found.start()]
            if not literal and ("$(" in body or "`" in body or body.endswith(_GOES_ON)):
                raise UnclearError("a heredoc with commands in it")
            words.append(body)
            self._at = found.end()
        self._heredocs, self._line = [], len(self._found)
