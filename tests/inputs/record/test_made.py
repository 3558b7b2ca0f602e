"""Whether a path is the tests' own: it lies at or below what they made, however deep that is."""

from __future__ import annotations

import pytest

from pytest_monorepo.inputs.record.made import Made

ROWS = {
    "itself": ("/tmp/x/y", "/tmp/x/y", True),
    "below": ("/tmp/x/y", "/tmp/x/y/z/a", True),
    "below-two": ("/tmp/x", "/tmp/x/y/z", True),
    "below-one": ("/tmp", "/tmp/x/y/z", True),
    "one-in-one": ("/tmp", "/tmp/x", True),
    "the-same-one": ("/tmp", "/tmp", True),
    "above": ("/tmp/x/y", "/tmp/x", False),
    "far-above": ("/tmp/x/y", "/tmp", False),
    "beside": ("/tmp/x/y", "/tmp/x/yy", False),
    "elsewhere": ("/tmp/x/y", "/var/x/y", False),
    "a-name-that-begins-so": ("/tmp/x", "/tmp/xx/y", False),
    "written-otherwise": ("/tmp/x/y", "/tmp//x/./y/z", True),
    "with-dots": ("/tmp/x/y", "/tmp/a/../x/y/z", True),
    "out-of-it": ("/tmp/x/y", "/tmp/x/y/../z", False),
}


@pytest.mark.parametrize(("made", "asked", "own"), ROWS.values(), ids=ROWS)
def test_what_lies_below_is_the_tests_own(made: str, asked: str, own: bool) -> None:
    known = Made()
    assert known.place(asked) == asked
    known.surely([made])
    assert (known.place(asked) is None) == own


@pytest.mark.parametrize(
    "asked", ["/a/b/c/d", "/a/b/c/d/..", "/a/b/c/d/.", "/a/b/c/d/", "/a/b/c", "/a/b", "/a"]
)
@pytest.mark.parametrize("before", ["/a/b/c/d/x", "/a/b/c/x", "/a/b/x", "/a/x", "/a/b/c/../x", "/a//b/c/x"])
@pytest.mark.parametrize("made", ["/a/b/c", "/a/b", "/a", "/o/p/q"])
def test_what_was_asked_for_in_a_folder_says_nothing_else(made: str, before: str, asked: str) -> None:
    known, fresh = Made(), Made()
    for one in (known, fresh):
        one.surely([made])
    known.place(before)
    assert known.holds(asked) == fresh.holds(asked)
    assert known.place(asked) == fresh.place(asked)


@pytest.mark.parametrize("link", ["/t/link", "/t/deep/er/link", "/link"])
def test_a_link_of_their_own_leads_on(link: str) -> None:
    known = Made()
    known.surely([link])
    known.alias(link, "/data/there")
    assert known.place(f"{link}/a.txt") == "/data/there/a.txt"
    known.moves(link, "/moved/far/away")
    known.surely(["/moved/far/away"])
    assert known.place("/moved/far/away/a.txt") == "/data/there/a.txt"
