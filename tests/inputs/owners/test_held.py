"""Where pytest holds what files share, in private places too: each change is told, and none of its own."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

import pytest

from pytest_monorepo.inputs.owners.held import Held
from pytest_monorepo.inputs.record.homes import Homes

TESTS = """
import collections, io, pytest

KEY = pytest.StashKey()

@pytest.fixture(scope="session", params=["one"])
def shared():
    return [1]

@pytest.fixture(scope="session")
def broken():
    raise ValueError

def test_nothing(shared): ...
def test_own(monkeypatch, tmp_path, capsys): ...
def test_fails(): assert 0
def test_error(broken): ...
def test_skips(): pytest.skip("none")
def test_value(shared): shared.append(2)
def test_after_it(shared): ...
def test_config(pytestconfig): pytestconfig.mine = []
def test_inside(pytestconfig): pytestconfig.mine.append(1)
def test_stream(pytestconfig): pytestconfig.stream = io.StringIO()
def test_written(pytestconfig): pytestconfig.stream.write("1")
def test_private(pytestconfig): pytestconfig._mine = collections.deque()
def test_private_inside(pytestconfig): pytestconfig._mine.append(1)
def test_tuple(pytestconfig): pytestconfig.pair = ([], {})
def test_in_the_tuple(pytestconfig): pytestconfig.pair[0].append(1)
def test_function(pytestconfig): pytestconfig.function = lambda: 0
def test_of_the_function(pytestconfig): pytestconfig.function.calls = 1
def test_list_of_options(pytestconfig): pytestconfig.option.override_ini = ["a=b"]
def test_in_the_list(pytestconfig): pytestconfig.option.override_ini.append("c=d")
def test_manager(pytestconfig): pytestconfig.pluginmanager.mine = 1
def test_keyword(request): request.session.keywords["mine"] = 1
def test_session(request): request.session.mine = 1
def test_folder(request): request.node.parent.parent.mine = 1
def test_option(pytestconfig): pytestconfig.option.mine = 1
def test_stash(pytestconfig): pytestconfig.stash[KEY] = 1
def test_stash_of_session(request): request.session.stash[KEY] = 1
def test_plugin(pytestconfig): pytestconfig.pluginmanager.register(object(), "mine")
def test_marker(pytestconfig): pytestconfig.addinivalue_line("markers", "mine: of ours")
def test_known(pytestconfig): pytestconfig.known_args_namespace.mine = 1
def test_factory(tmp_path_factory): tmp_path_factory.mine = 1
def test_logging(pytestconfig): pytestconfig.pluginmanager.get_plugin("logging-plugin").log_level = 10
def test_setting(pytestconfig): pytestconfig._inicache["addopts"] = ["-x"]
def test_in_a_setting(pytestconfig): pytestconfig.getini("python_classes")[0] = "Zz"
def test_default(pytestconfig): pytestconfig.getini("mine").append("x")
def test_asked_first(pytestconfig): pytestconfig.getini("console_output_style")
def test_class(): pytest.Item.mine = 1
def test_filter(pytestconfig): pytestconfig.addinivalue_line("filterwarnings", "default:mine")
"""
TOLD = {
    "test_value": {"value of the fixture shared"},
    "test_config": {"mine of pytest's config"},
    "test_inside": {"mine of pytest's config"},
    "test_stream": {"stream of pytest's config"},
    "test_written": {"stream of pytest's config"},
    "test_private": {"_mine of pytest's config"},
    "test_private_inside": {"_mine of pytest's config"},
    "test_tuple": {"pair of pytest's config"},
    "test_in_the_tuple": {"pair of pytest's config"},
    "test_function": {"function of pytest's config"},
    "test_of_the_function": {"function of pytest's config"},
    "test_list_of_options": {"override_ini of pytest's options"},
    "test_in_the_list": {"override_ini of pytest's options"},
    "test_manager": {"mine of pytest's plugin manager"},
    "test_keyword": {"mine of keywords of the session"},
    "test_session": {"mine of pytest's session"},
    "test_folder": {"mine of the node ."},
    "test_option": {"mine of pytest's options"},
    "test_stash": {"key of the config's stash"},
    "test_stash_of_session": {"key of the session's"},
    "test_plugin": {"mine of pytest's plugins"},
    "test_marker": {"markers of pytest's settings"},
    "test_known": {"mine of the arguments that are known"},
    "test_class": {"attributes of pytest.Item"},
    "test_factory": {"mine of the factory of temporary folders"},
    "test_logging": {"log_level of pytest's logging"},
    "test_setting": {"addopts of pytest's settings"},
    "test_in_a_setting": {"python_classes of pytest's settings"},
    "test_default": {"mine of pytest's settings"},
    "test_filter": {"filterwarnings of pytest's settings"},
}


class Looks:
    """When a worker does: at a fixture that is set up, when all is collected, and behind each test."""

    def __init__(self, root: str) -> None:
        self.held = Held(Homes(root))
        self.told: dict[str, set[str]] = {}

    def pytest_addoption(self, parser: pytest.Parser) -> None:
        parser.addini("mine", "of a test", "linelist", [])

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Generator[None, object, object]:
        try:
            return (yield)
        finally:
            if fixturedef.argname in ("shared", "broken"):
                self.held.begins(fixturedef)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.held.session = session
        self.held.folders = {node.nodeid: node for node in session.items[0].listchain()[1:2]}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        if not self.told:
            self.held.look()
        result = yield
        words = {re.sub(r"key \d+", "key", word) for word in self.held.look()}
        self.told[item.name.partition("[")[0]] = words
        return result


def test_what_pytest_holds(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    looks = Looks(str(pytester.path))
    pytester.inline_run(pytester.makepyfile(TESTS), plugins=[looks])
    assert {name: words for name, words in looks.told.items() if words} == TOLD
    assert len(looks.told) == TESTS.count("def test_")
