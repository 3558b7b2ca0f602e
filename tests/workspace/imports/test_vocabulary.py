"""The words that a text holds: none is missed, and none is there that it lacks."""

from __future__ import annotations

import re
import sysconfig
from pathlib import Path

import pytest

from pytest_monorepo.workspace.imports.one_file import sieve as sieve_module
from pytest_monorepo.workspace.imports.one_file.private import is_private
from pytest_monorepo.workspace.imports.one_file.vocabulary import Vocabulary
from pytest_monorepo.workspace.imports.one_file.walks import WALKS_WORDS

_LISTS = ((b"os.system", b" exec"), (b"import os as",), (b".py", b"py'"), (b"-m'",), (b"ickle import",))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (b"x = 1", ()),
        (b"os.system('x')", (0,)),
        (b"filesystem", ()),
        (b"os .system", ()),
        (b"return exec", (0,)),
        (b"import os as o", (1,)),
        (b"import  os", ()),
        (b"reimport os aside", (1,)),
        (b"'tool.pyw'", (2,)),
        (b"['copy']", (2,)),
        (b"(py, '-m', x)", (3,)),
        (b"from cpickle import loads", (4,)),
        (b"\xffos.system\xff", (0,)),
        (b"\xffsystem\xff", ()),
    ],
)
def test_lists_of_which_a_text_holds_a_word(text: bytes, numbers: tuple[int, ...]) -> None:
    vocabulary = Vocabulary(_LISTS)
    assert [vocabulary.of(text).lists for _ in range(2)] == [sum(1 << number for number in numbers)] * 2


def test_of_a_loose_list_the_letters_of_a_word_do() -> None:
    vocabulary = Vocabulary(((b"os.system(", b"find "), (b"find ", b"cp -")), loose=(1,))
    texts = (b"x.findall", b"cp", b"cp -r", b"system", b"x = 1", b"x.findall")
    assert [vocabulary.of(text).lists for text in texts] == [2, 0, 2, 0, 0, 2]


@pytest.mark.parametrize(("text", "found"), [(b"a.__b__", 0), (b"a._b", 2), (b"x_y _", 2), (b"f'{a}_b'", 2)])
def test_a_bit_of_its_own_for_runs_that_are_looked_for(text: bytes, found: int) -> None:
    vocabulary = Vocabulary(((b"os.system",),), is_private)
    assert [vocabulary.of(text).lists for _ in range(2)] == [found] * 2


@pytest.mark.parametrize(
    ("text", "matched"),
    [
        (b"a = 1\nb = 'x.y'\nc", [b"b = 'x.y'"]),
        (b"'x.y'", [b"'x.y'"]),
        (b"os.system\n'x.y' 'z.y'\r\n", [b"'x.y' 'z.y'\r"]),
        (b"a\n\n", []),
        (b"", []),
    ],
)
def test_lines_that_a_pattern_may_match_are_given_each_time(text: bytes, matched: list[bytes]) -> None:
    vocabulary = Vocabulary(_LISTS, pattern=re.compile(rb"'\w\.\w'"))
    for _ in range(3):
        assert vocabulary.of(text).matched.split(b"\n") == (matched or [b""])


@pytest.mark.parametrize("form", ["'x.y',", "os.system,", "os.system{},"])
def test_one_line_of_all_is_not_copied_for_each_word_in_it(form: str) -> None:
    """It took minutes, where it takes a second of a slow machine."""
    line = "".join(form.format(number) for number in range(100_000)).encode()
    for text in (line, line[: line.rindex(b",", 0, 190_000)]):
        found = Vocabulary(_LISTS, pattern=re.compile(rb"'\w\.\w'")).of(b"a = 1\n" + text)
        assert found == ((0, text) if b"'" in text else (1, b""))


def test_a_line_that_was_plain_beside_another_is_looked_at_with_every_file() -> None:
    vocabulary = Vocabulary(((b"os.system",), (b"from sys import",)))
    plain, line = b"x = system\n", b"from sys import"
    texts = (plain, plain + line, line, plain, b"x = os.system\n", plain)
    assert [vocabulary.of(text).lists for text in texts] == [0, 2, 2, 0, 1, 0]


@pytest.mark.slow
def test_of_the_library_and_our_tests_each_word_is_found_and_no_other() -> None:
    library = Path(sysconfig.get_paths()["stdlib"])
    files = [*library.glob("*.py"), *library.glob("importlib/*.py"), *Path(__file__).parents[2].rglob("*.py")]
    for source in (file.read_bytes() for file in files):
        found = sieve_module._VOCABULARY.of(source).lists
        for number, words in enumerate(sieve_module._WORDS):
            holds = any(word in source for word in words)
            assert found >> number & 1 == holds or (words is WALKS_WORDS and not holds)
