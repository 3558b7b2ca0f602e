"""Which words of a call are about how it is shown, and where pytest keeps its options."""

from __future__ import annotations

import argparse

import pytest

from pytest_monorepo.inputs.record.shown import OF, OPTION, told


@pytest.mark.parametrize(
    ("words", "counted", "shown"),
    [
        (["-v"], [], {"verbose": "['more']"}),
        (["-vv", "-q"], [], {"verbose": "['more', 'more', 'less']"}),
        (["-xv"], [], {"maxfail": "['first']", "verbose": "['more']"}),
        (["--verbosity", "2"], [], {"verbose": "['2']"}),
        (["--tb=short", "-rfE"], [], {"tbstyle": "['short']", "reportchars": "['fE']"}),
        (["--basetemp=/tmp/x"], [], {}),
        (["-p", "no:x", "-m", "a"], ["-p", "no:x", "-m", "a"], {}),
        (["-W", "error", "-l"], ["-W", "error"], {"showlocals": "[True]"}),
        (["--verb"], ["--verb"], {}),
        (["-v", "--tb"], ["-v", "--tb"], {}),
    ],
)
def test_words(words: list[str], counted: list[str], shown: dict[str, str]) -> None:
    assert told(words) == (counted, {OPTION + name: text for name, text in shown.items()})


def test_the_options_are_pytests(pytestconfig: pytest.Config) -> None:
    later = {"code_highlight", "fold_skipped", "force_short_summary", "xfail_tb", "durations_min"}
    assert {name for name in OF if not hasattr(pytestconfig.option, name)} <= {*later, "quiet"}
    # what the tracer gives another class
    assert isinstance(pytestconfig.option, argparse.Namespace)
    assert isinstance(pytestconfig.known_args_namespace, argparse.Namespace)
    assert isinstance(pytestconfig.invocation_params.args, tuple)


@pytest.mark.parametrize(
    ("words", "apart"),
    [
        (["-vk", "name", "-x"], (["-k", "name"], {"verbose": "['more']", "maxfail": "['first']"})),
        (["-xvs"], (["-s"], {"maxfail": "['first']", "verbose": "['more']"})),
    ],
)
def test_clusters_with_a_word_of_another_kind_are_taken_apart_or_count(
    words: list[str], apart: tuple[list[str], dict[str, str]]
) -> None:
    """Older versions of argparse refuse them (tried: 3.11 does, 3.13 does not)."""
    counted, shown = apart
    assert told(words) in ((words, {}), (counted, {OPTION + name: text for name, text in shown.items()}))
