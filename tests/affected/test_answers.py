"""What contents say is kept between runs, and believed of the same contents and the same code alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.affected import answers as answering
from pytest_monorepo.affected.answers import Answers, Question, digest_of
from pytest_monorepo.affected.locks.change import compare
from pytest_monorepo.affected.meaning.finding import Finder
from pytest_monorepo.affected.meaning.handed import Handed
from pytest_monorepo.affected.search import Search
from pytest_monorepo.workspace.graph import Graph
from pytest_monorepo.workspace.model import Workspace
from tests.affected.locks.changing import TOML_LOCKS
from tests.affected.locks.samples import PIPFILE_LOCK, REQUIREMENTS


class Asked:
    """Answers with a number, and counts how often it had to."""

    def __init__(self, file: Path, source: Path) -> None:
        self.file = file
        self.source = source
        self.times = 0

    def __call__(self, *about: str, question: str = "how many", keep: bool = True) -> object:
        """One run, which begins with what is in the file."""
        answering._rules.cache_clear()
        answers = Answers(self.file)
        found = answers.to(Question(question, (str(self.source),)), about, self._find)
        if keep:
            answers.save()
        return found

    def _find(self) -> list[int]:
        self.times += 1
        return [self.times]


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    source = tmp_path / "source.py"
    source.write_text("RULE = 1\n")
    return Asked(tmp_path / "answers", source)


def test_an_answer_is_kept(asked: Asked) -> None:
    assert asked("a", "b") == asked("a", "b") == [1]


@pytest.mark.parametrize("about", [("a",), ("b", "a"), ("ab",), ("a", "b", "")])
def test_of_other_contents_it_is_asked_again(asked: Asked, about: tuple[str, ...]) -> None:
    assert asked("a", "b") == [1]
    assert asked(*about) == [2]
    assert asked("a", "b") == [1]


def test_another_question_is_asked(asked: Asked) -> None:
    assert asked("a") == [1]
    assert asked("a", question="how much") == [2]


def test_of_other_code_nothing_is_believed(asked: Asked) -> None:
    assert asked("a") == [1]
    asked.source.write_text("RULE = 2\n")
    assert asked("a") == [2]


def test_without_its_source_no_code_is_known(asked: Asked) -> None:
    asked.source.unlink()
    assert asked("a") == [1]
    assert asked("a") == [2]


@pytest.mark.parametrize("spoil", [lambda data: data[:-1], lambda data: data.replace(b"[1]", b"[7]")])
def test_a_torn_file_tells_nothing(asked: Asked, spoil: object) -> None:
    assert callable(spoil)
    assert asked("a") == [1]
    asked.file.write_bytes(spoil(asked.file.read_bytes()))
    assert asked("a") == [2]


def test_what_is_long_goes_first_and_what_was_asked_last_stays(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "_IN_ALL", 80)
    assert [asked("a"), asked("b"), asked("c")] == [[1], [2], [3]]
    assert [asked("c", keep=False), asked("b", keep=False), asked("a", keep=False)] == [[3], [2], [4]]
    monkeypatch.setattr(answering, "_LONGEST", 2)
    assert asked("d") == [5]
    assert asked("d") == [6]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *((name, text) for name, (text, _) in TOML_LOCKS.items()),
        ("Pipfile.lock", PIPFILE_LOCK),
        ("requirements.txt", REQUIREMENTS),
    ],
)
def test_a_lock_that_is_remembered_says_what_it_said(tmp_path: Path, name: str, text: str) -> None:
    before = text.encode()
    after = before.replace(b"2.3", b"2.4").replace(b"1.0", b"1.1")
    assert after != before
    plain = compare(name, before, after)
    for _ in range(2):
        answers = Answers(tmp_path / "answers")
        found = compare(name, before, after, answers)
        assert found == plain
        assert (found.before.known, found.after.known) == (plain.before.known, plain.after.known)
        # as it is, and as it is new
        assert compare(name, None, after, answers).after.known == plain.after.known
        assert compare(name, after, before, answers) == compare(name, after, before)
        answers.save()


def test_a_lock_that_cannot_be_read_is_a_doubt_each_time(tmp_path: Path) -> None:
    for _ in range(2):
        answers = Answers(tmp_path / "answers")
        assert compare("uv.lock", b"version = 1\n", b"not [toml", answers).doubt is not None
        answers.save()


TEXTS = {
    "walks": "import os\nfor it in os.walk('../..'):\n    pass\n",
    "says so": '"""It never calls os.walk("../..")."""\n',
    "looks": "from pathlib import Path\nfound = Path(__file__).parents[3].glob('*.rst')\n",
    "prints": "from pathlib import Path\nprint('*.rst', Path(__file__).parents[3])\n",
    "cannot be parsed": "def (:\n    glob('*.rst')\n '../'\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_that_is_remembered_says_what_it_said(tmp_path: Path, text: str) -> None:
    def told(answers: Answers | None) -> list[bool]:
        workspace = Workspace(root=tmp_path, projects=())
        handed = Handed(Search(workspace, None), workspace, Graph((), ()), answers)
        within = "tests/test_it.py"
        finder = Finder(
            text, within, lambda text, within: handed.climbs("a", text, within), handed.remember(text, within)
        )
        return [finder.walks, finder.finds("docs/a.rst"), finder.climbs]

    plain = told(None)
    for _ in range(2):
        answers = Answers(tmp_path / "answers")
        assert told(answers) == plain
        answers.save()


def test_a_content_that_is_not_there_is_none_that_is_empty() -> None:
    assert len({digest_of(None), digest_of(b""), digest_of(b"a")}) == 3
    assert digest_of("ä") == digest_of("ä".encode())
