"""What is imported once, for whom: values only."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

import pytest_monorepo
from pytest_monorepo.run.plan import imports
from pytest_monorepo.run.plan.preload import Preload

ALL = {"numpy": 0.6, "fastapi.testclient": 0.9}
Found = list[tuple[tuple[str, ...], tuple[str, ...]]]


@pytest.mark.parametrize(
    ("seconds", "allowed", "refused", "expected", "at_once"),
    [
        (*row, 1)[:5]
        for row in [
            ({"a": ALL, "b": ALL}, None, (), [(("numpy", "fastapi.testclient"), ("a", "b"))]),
            ({"a": ALL}, None, (), []),
            ({"a": {"numpy": 0.6}, "b": {"polars": 0.6}}, None, (), []),
            # too little to start a server for: two that would import side by side, ten by turns
            ({"a": {"numpy": 0.6}, "b": {"numpy": 0.6}}, None, (), [], 2),
            ({str(n): {"numpy": 0.02} for n in range(10)}, None, (), [], 2),
            ({"a": {"numpy": 0.06}, "b": {"numpy": 0.06}}, None, (), []),
            ({"a": {"numpy": 0.3}, "b": {"numpy": 0.3}}, None, (), [(("numpy",), ("a", "b"))]),
            # one waits for the import of all and gains nothing, the third waits for its turn
            ({name: {"numpy": 0.6} for name in "abc"}, None, (), [(("numpy",), ("a", "b", "c"))], 2),
            ({name: {"numpy": 0.6} for name in "abc"}, None, (), [], 3),
            ({"a": {"numpy": 0.6}, "b": {"numpy": 0.6}}, ("numpy",), (), [(("numpy",), ("a", "b"))]),
            ({"a": {"yaml": 0.01}, "b": {"yaml": 0.01}}, ("yaml",), (), [(("yaml",), ("a", "b"))], 2),
            ({str(n): {"yaml": 0.01} for n in range(200)}, None, (), []),
            # a name allows for what is below it, and not for what only begins so
            ({"a": ALL, "b": ALL}, ("fastapi",), (), [(("fastapi.testclient",), ("a", "b"))]),
            ({"a": ALL, "b": ALL}, ("fast",), (), []),
            # the package around what is refused is imported by all who import that
            ({"a": ALL, "b": ALL}, None, ("fastapi.testclient",), [(("numpy", "fastapi"), ("a", "b"))]),
            ({"a": ALL, "b": ALL}, ("numpy", "fastapi"), ("fastapi",), [(("numpy",), ("a", "b"))]),
            # what one of them does not import is shared by the others alone
            (
                {"a": {"x": 1.0, "y": 3.0}, "b": {"x": 1.0, "y": 3.0}, "c": {"y": 3.0}},
                None,
                (),
                [(("y",), ("a", "b", "c"))],
            ),
            (
                {"a": {"x": 9.0, "y": 0.1}, "b": {"x": 9.0}, "c": {"y": 3.0}, "d": {"y": 3.0}},
                None,
                (),
                [(("x",), ("a", "b")), (("y",), ("c", "d"))],
            ),
        ]
    ],
)
def test_groups(
    seconds: Mapping[str, Mapping[str, float]],
    allowed: Collection[str] | None,
    refused: Collection[str],
    expected: Found,
    at_once: int,
) -> None:
    none = dict.fromkeys(refused, imports.Refusal("why"))
    assert imports.groups(seconds, allowed, none, at_once=at_once) == expected


@pytest.mark.parametrize(
    ("modules", "refused", "expected"),
    [
        (("a.b.c", "a.d"), (), ("a.b.c", "a.d")),
        (("a.b.c", "a.d"), ("a.b.c",), ("a.b", "a.d")),
        (("a.b.c", "a.d"), ("a.b",), ("a", "a.d")),
        (("a.b.c", "a.d", "e"), ("a",), ("e",)),
        (("ab",), ("a",), ("ab",)),
    ],
)
def test_without(modules: tuple[str, ...], refused: Collection[str], expected: tuple[str, ...]) -> None:
    assert imports.without(modules, dict.fromkeys(refused, imports.Refusal("why"))) == expected


@pytest.mark.parametrize(
    ("modules", "instead", "allowed", "expected"),
    [
        # after the packages around it, which come first
        (("a.b", "c"), {"a.b": ("x.y", "z")}, None, ("a", "x.y", "z", "c")),
        (("a", "c"), {"a": ("x",)}, None, ("x", "c")),
        # what is refused of that in turn
        (("a",), {"a": ("b", "d"), "b": ("x", "y")}, None, ("x", "y", "d")),
        (("a",), {"a": ("b.c",), "b.c": ("a", "x")}, None, ("b", "x")),
        # what a package begins with is imported before what lies below it
        (("a.b.c",), {"a.b": ("x",), "a.b.c": ("y",)}, None, ("a", "x", "y")),
        # a list says what may be taken
        (("a.b",), {"a.b": ("x.y", "a.z")}, ("a",), ("a", "a.z")),
        # a name that stands for nothing else ends it
        (("a",), {"a": ("a",)}, None, ()),
    ],
)
def test_what_a_refused_one_begins_with_stands_for_it(
    modules: tuple[str, ...],
    instead: Mapping[str, tuple[str, ...]],
    allowed: Collection[str] | None,
    expected: tuple[str, ...],
) -> None:
    refused = {name: imports.Refusal("why", own) for name, own in instead.items()}
    assert imports.without(modules, refused, allowed) == expected
    seconds = {path: dict.fromkeys(modules, 1.0) for path in "ab"}
    modules_of_groups = [group[0] for group in imports.groups(seconds, allowed, refused)]
    if set(modules) <= refused.keys():
        assert modules_of_groups == ([expected] if expected else [])


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {"version": 1, "projects": {"a": ["", {"x": 1.0}]}},
        {"version": 2, "projects": {"a": {"x": 1.0}, "b": ["", ["x"]], "c": [1, {}]}, "refused": [1]},
        {"version": 2, "projects": {"b": ["", {"x": float("nan"), "y": "1", "z": -1}]}},
        {"version": 2, "projects": {"b": ["", {"x": 10**400}]}},
        {"version": 2, "refused": {"py": {"x": "why", "y": ["why"], "z": ["why", "when"]}}},
        {"version": 2, "refused": {"py": {"x": ["why", 10**400, []], "y": ["why", float("nan"), []]}}},
    ],
)
def test_what_is_no_record_of_ours_is_left_out(data: object) -> None:
    known = imports.parsed(data)
    assert not any(known.seconds.values())
    assert not any(known.refused.values())


def test_a_refusal_is_forgotten_after_a_day() -> None:
    threads = imports.Refusal("starts native threads", ("y",))
    known = imports.Known(refused={"py": {"x": (threads, 1000.0)}})
    assert known.refused_by("py", 2000.0) == {"x": threads}
    assert known.refused_by("py", 1000.0 + 86400) == {}
    assert known.refused_by("py", 0.0) == {}, "a clock that was set back"
    assert known.refused_by("other", 2000.0) == {}


def test_what_is_known_after_a_run() -> None:
    why, because = imports.Refusal("why"), imports.Refusal("because", ("z",))
    before = imports.Known(
        {"a": {"x": 1.0}, "b": {"y": 1.0}}, {"a": "1", "b": "2"}, {"py": {"x": (why, 1.0)}}
    )
    preload = Preload(before, digests={"a": "3", "b": "4"})
    known = preload.after({"a": {"z": 2.0}}, {"py": {"y": because}}, 5.0)
    assert known.seconds == {"a": {"z": 2.0}, "b": {"y": 1.0}}
    assert known.digests == {"a": "3", "b": "2"}, "b was not measured, and is what it was then"
    assert known.refused == {"py": {"x": (why, 1.0), "y": (because, 5.0)}}


def test_what_is_known_is_kept(pytester: pytest.Pytester) -> None:
    config = pytester.parseconfigure()
    refused = {"py": {"x": (imports.Refusal("why", ("y", "z")), 1.0)}}
    known = imports.Known({"a": {"x": 1.0}, "gone": {"x": 1.0}}, {"a": "1", "gone": "2"}, refused)
    imports.save(config, known, ["a"])
    assert imports.load(config) == imports.Known({"a": {"x": 1.0}}, {"a": "1"}, refused)


def test_the_hint_adds_up() -> None:
    names, total, projects, saved = imports.hint({"a": ALL, "b": ALL}) or ((), 0.0, 0, 0.0)
    assert (names, total, projects) == (("fastapi.testclient", "numpy"), 3.0, 2)
    assert saved == pytest.approx(3.0 - 1.5 * imports.WATCHED)
    assert imports.hint({"a": ALL}) is None


GROUP = ("py", ("numpy", "pandas"))


@pytest.mark.parametrize("more", ["-x", "--basetemp=caf\udce9"])
def test_what_was_shared_is_kept(pytester: pytest.Pytester, more: str) -> None:
    """Also where a word of the command is no text."""
    config = pytester.parseconfigure("-q", more)
    assert imports.load_served(config) == imports.Served()
    imports.save_served(config, imports.Served())
    assert imports.load_served(config) == imports.Served(), "nothing is written of nothing"
    served = imports.Served(imports.call_of(config), {GROUP: frozenset({"b", "a"})})
    imports.save_served(config, served)
    assert imports.load_served(config) == served
    assert "-q" in served.call
    imports.save_served(config, imports.Served())
    assert not imports.load_served(config).groups


@pytest.mark.sampled("text")
@pytest.mark.parametrize("text", ["", "[]", "[" * 100_000, '{"version": 0}', '{"version": 2, "groups": 3}'])
def test_a_damaged_record_of_what_was_shared_is_none(pytester: pytest.Pytester, text: str) -> None:
    config = pytester.parseconfigure()
    file = pytester.path / ".pytest_cache/v/monorepo/shared"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    assert imports.load_served(config) == imports.Served()


@pytest.mark.parametrize(
    "entry",
    [
        *(3, [], ["py", []], ["py", [], []], ["py", [1], []], [1, ["x"], []], ["py", "x", "y"]),
        *(["py", ["x"], others] for others in (None, 5, {"a": 1}, "a", [1])),
    ],
)
def test_what_is_no_group_is_left_out(entry: object) -> None:
    good = ["py", ["numpy", "pandas"], ["a"]]
    assert imports.parsed_served({"version": 2, "call": ["-q"], "groups": [entry, good]}) == imports.Served(
        ("-q",), {GROUP: frozenset({"a"})}
    )


def test_no_other_record_has_the_name_of_its_file() -> None:
    sources = Path(pytest_monorepo.__file__).parent.rglob("*.py")
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    names = re.findall(r'cache_file\(\w+(?:\.\w+)*, "(\w+)"\)|with_name\("(\w+)"\)', text)
    found = {one or other for one, other in names}
    assert {"imports", "base"} <= found, "the pattern finds them"
    assert imports._KEY.rpartition("/")[2] not in found
