from __future__ import annotations

import json

import pytest

from pytest_monorepo.cluster.places import Places

HOME, TREE = "/home/ada/repo", "/var/dask/trees/1f"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HOME, TREE),
        (f"{HOME}/libs/a", f"{TREE}/libs/a"),
        (f"--ignore={HOME}/libs/a", f"--ignore={TREE}/libs/a"),
        (f"see {HOME}.", f"see {TREE}."),
        (f"'{HOME}': no", f"'{TREE}': no"),
        (f"{HOME}:{HOME}/x", f"{TREE}:{TREE}/x"),
        (f"{HOME}\n{HOME}\t{HOME}", f"{TREE}\n{TREE}\t{TREE}"),
        (f"\x1b[31m{HOME}/x\x1b[0m", f"\x1b[31m{TREE}/x\x1b[0m"),
        (f"\x1b[1;38;5;208m{HOME}\x1b[m {HOME}\x1b[0m", f"\x1b[1;38;5;208m{TREE}\x1b[m {TREE}\x1b[0m"),
        (f"\x1b[m{HOME}", f"\x1b[m{TREE}"),
        # names that only begin or end the same
        (f"[xm{HOME}", f"[xm{HOME}"),
        (f"{HOME}2/x", f"{HOME}2/x"),
        (f"{HOME}.git/x", f"{HOME}.git/x"),
        (f"{HOME}-old", f"{HOME}-old"),
        (f"{HOME}~", f"{HOME}~"),
        (f"{HOME}ä", f"{HOME}ä"),
        (f"/mnt{HOME}/x", f"/mnt{HOME}/x"),
        (f"..{HOME}", f"..{HOME}"),
        ("libs/a", "libs/a"),
    ],
)
def test_paths_are_translated_at_their_borders_and_back(text: str, expected: str) -> None:
    places = Places({HOME: TREE})
    assert json.loads(places.here(json.dumps(text))) == expected
    assert json.loads(places.home(places.here(json.dumps(text)))) == text
    # what a worker has printed is no JSON
    assert places.log_home(expected.encode()) == text.encode()


def test_the_innermost_folder_counts() -> None:
    places = Places({"/tmp/run": "/n/run", "/tmp/run/base": "/x/b", "/": "/no", "/same": "/same"})
    assert places.here('"/tmp/run/a /tmp/run/base/b /tmp/run/base2"') == '"/n/run/a /x/b/b /n/run/base2"'
    assert places.path_home("/x/b/b") == "/tmp/run/base/b"
    assert places.path_home("/x/bb") == "/x/bb"
    assert places.here('"/same"') == '"/same"'


@pytest.mark.parametrize("folder", ["/home/ä ö/repo", '/home/a"b', "C:\\Users\\ada\\repo", "/home/(x)+[y]"])
def test_any_name_is_only_a_name(folder: str) -> None:
    places = Places({folder: "/n"})
    assert json.loads(places.here(json.dumps(f"{folder}/libs"))) == "/n/libs"
    assert json.loads(places.home(json.dumps("/n/libs"))) == f"{folder}/libs"


def test_a_log_may_have_any_encoding_and_ends_of_lines() -> None:
    places = Places({HOME: TREE})
    log = b"\xff\xfe caf\xe9 " + TREE.encode() + b"/a.py:1\r\n\\n" + TREE.encode() + b"\\x\0" + TREE.encode()
    assert places.log_home(log) == log.replace(TREE.encode(), HOME.encode())


def test_nothing_to_translate_is_left_alone() -> None:
    assert Places({}).here("anything") == Places({}).home("anything") == "anything"
