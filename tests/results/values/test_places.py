"""Paths by the names of the places that they lie in."""

from __future__ import annotations

from pytest_monorepo.results.values.places import Places

PLACES = Places((("root", "/home/ada/repo"), ("home", "/home/ada")))


def test_the_home_is_named_in_paths_and_counts_as_what_home_is() -> None:
    assert PLACES.variable("CACHE", "/home/ada/cache") == "<home>/cache"
    assert PLACES.variable("HOME", "/home/ada") == "/home/ada"
