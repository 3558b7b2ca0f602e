"""The YAML of workflows, value by value as YAML 1.2.2 reads it, or refused."""

from __future__ import annotations

import pytest

from pytest_monorepo.affected.workflows.blocks import Node, UnreadableError, load


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("", ""),
        ("\n# only a comment\n", ""),
        ("\ufeffa: x", {"a": "x"}),
        ("---\na: x", {"a": "x"}),
        ("a:", {"a": ""}),
        ("a: x\nb:\n  c: y\n", {"a": "x", "b": {"c": "y"}}),
        ("a:\n- x\n- y\nb: z", {"a": ["x", "y"], "b": "z"}),
        ("a:\n  - x\n  -\n  - b: y\n    c: z", {"a": ["x", "", {"b": "y", "c": "z"}]}),
        ("- - x\n  - y\n- z", [["x", "y"], "z"]),
        ("-   a: x\n    b: y", [{"a": "x", "b": "y"}]),
        # what is a key, and what a text with a colon
        ("a: http://x:80/#y", {"a": "http://x:80/#y"}),
        ("a : x", {"a": "x"}),
        ("'a b': x\n\"c\": y", {"a b": "x", "c": "y"}),
        ("a:x", "a:x"),
        # comments begin at a line or behind a blank, and not between quotes
        ("a: x # y", {"a": "x"}),
        ("a: x#y", {"a": "x#y"}),
        ("a: '# x' # y", {"a": "# x"}),
        ('a: "x \\" # y"', {"a": 'x " # y'}),
        ("a: 'it''s # x'", {"a": "it's # x"}),
        ("a: it's # it's", {"a": "it's"}),
        ("a: |\n  # x\n  y", {"a": "# x\ny"}),
        # quotes end where nothing hides them
        ('a: "x\\\\"\nb: y', {"a": "x\\", "b": "y"}),
        ('a: "x\\\\\\""\nb: y', {"a": 'x\\"', "b": "y"}),
        ("a: 'x\\'\nb: y", {"a": "x\\", "b": "y"}),
        ("a: ''''\nb: y", {"a": "'", "b": "y"}),
        ("a: ''\nb: \"\"", {"a": "", "b": ""}),
        # what a backslash stands for is told from left to right
        ('a: "x\\ny"', {"a": "x\ny"}),
        ('a: "x\\\\ny"', {"a": "x\\ny"}),
        ('a: "\\t\\/\\r\\ \\\\"', {"a": "\t/\r \\"}),
        ("a: 'x\\ny'", {"a": "x\\ny"}),
        # a text of several lines: a break is a blank, an empty line is a break
        ("a: x\n  y\nb: z", {"a": "x y", "b": "z"}),
        ("a: x\n\n  y", {"a": "x\ny"}),
        ("a: x\n  y\n\n\n  z", {"a": "x y\nz"}),
        ('a: "x\n  y"', {"a": "x y"}),
        ("a: 'x\n\n  y'\nb: z", {"a": "x\ny", "b": "z"}),
        # one in block style holds its lines
        ("a: |\n  x\n\n  y\nb: z", {"a": "x\n\ny", "b": "z"}),
        ("a: >-\n  x\n  y", {"a": "x\ny"}),
        ("- |\n x\n- y", ["x", "y"]),
        ("a: |+2\n    x", {"a": "x"}),
        # brackets are kept as they are written, and those between quotes open and close nothing
        ("a: [x, y]", {"a": "[x, y]"}),
        ("a: [x, # y\n  z]\nb: u", {"a": "[x, z]", "b": "u"}),
        ("a: ['[', \"{\"]\nb: z", {"a": "['[', \"{\"]", "b": "z"}),
        ('a: ["]"]\nb: z\nc: ["["]', {"a": '["]"]', "b": "z", "c": '["["]'}),
        ("a: {x: it's}\nb: z", {"a": "{x: it's}", "b": "z"}),
        # no YAML, and what is around it counts all the same
        ("a: x\nno yaml\nb: y", {"a": "x", "\0no yaml": "", "b": "y"}),
    ],
)
def test_a_value_is_what_yaml_reads(text: str, node: Node) -> None:
    assert load(text) == node


@pytest.mark.parametrize(
    "text",
    [
        # what this reader does not know
        *(
            "a: &x y",
            "a: *x",
            "a: !t y",
            "? a\n: b",
            "<<: x",
            "a: @x",
            "a: `x`",
            "%YAML 1.2",
            "a: x\n---\nb: y",
        ),
        *("a: x\n...", "a:\n    b: c\n  d: e", "a:\n\tb: x", "a: |x\n  y", "a: - x", "a: ? x"),
        # a letter by its number, or a break that a backslash hides
        *('a: "\\x70ytest"', 'a: "\\u0070"', 'a: "\\e"', 'a: "x\\\n  y"'),
        # no YAML
        *("a: x\na: y", "a: 'x", 'a: "x', 'a: "x\\"', "a: [x", "a: {x"),
        *("a: 'x' y", 'a: "x" "y"', "a: 'x'y'\nb: z", "a: x\n - y\nb:\n   - x\n  - y"),
        # which # begins a comment in a text of several lines would be for another reader
        *('a: "x\n  # y"', "a: [x,\n  y, # z\n  u]", "a: 'x\n  y # z'"),
    ],
)
def test_what_is_not_known_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        load(text)


@pytest.mark.parametrize("hidden", ["# x", "'x'", '"x"', "|", "[x]", "x:", "- x", "\\", "''"])
@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_quoted_text_hides_nothing_that_follows(quote: str, hidden: str) -> None:
    """Whatever it holds: the key behind it is there, or nothing is told."""
    text = f"a: {quote}{hidden}{quote}\nb: pytest\nc: {quote}{hidden}{quote}"
    try:
        found = load(text)
    except UnreadableError:
        return
    assert isinstance(found, dict)
    assert found["b"] == "pytest"
