"""Which sources can ask what the call has asked for, by whatever name they come to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.results.values.asks import asks

ASKING = [
    "import sys\nassert sys.argv[1:]",
    "assert not request.config.option.keyword",
    "opt = config.option\nif opt.keyword:\n    pass",
    "opt = request.config.option  # all of them\nassert opt.markexpr",
    "opt = config.option; assert opt.keyword",
    "opt = config.option\r\nassert opt.keyword",
    "def options(config):\n    return config.option",
    "if (opt := pytestconfig.option) and opt.lf: pass",
    "opt = config.option if config else None",
    "seen = {config.option}",
    "seen = config.option.__dict__",
    "opt = getattr(config, 'option')",
    "known = config.known_args_namespace\nassert known.keyword",
    "assert session.items",
    "s = request.node.session\nassert len(s.items) > 1",
    "s = session\nassert s.testscollected",
    "import helpers\nhelpers.count(request.node.session)",
    "def count(s):\n    return s.items\ndef test(item):\n    count(item.session, 1)",
    "items = getattr(request.session, 'items')",
    "assert pytestconfig.args",
    "cfg = request.config\nassert cfg.args == []",
    "cfg = pytestconfig\nassert cfg.args == []",
    "config.getoption(name)",
]
OTHERS = [
    "parser.addoption('--size')\nconfig.getoption('--size')",
    "assert config.option.size == 1",
    "self.option = 1",
    "@click.option('--size')\ndef command(): pass",
    "for name, value in session.headers.items(): pass",
    "s = requests.Session()\nsession = s\nfor one in session.headers.items(): pass",
    "session['items'] = basket.items",
    "request.session['name'] = 1",
    "app.config['a'] = error.args",
]


@pytest.mark.parametrize("source", ASKING)
def test_a_source_that_may_ask_is_told(tmp_path: Path, source: str) -> None:
    (tmp_path / "conftest.py").write_bytes(source.encode())
    assert asks(str(tmp_path / "conftest.py"))


@pytest.mark.parametrize("source", OTHERS)
def test_a_source_that_asks_for_other_things_is_not(tmp_path: Path, source: str) -> None:
    (tmp_path / "conftest.py").write_bytes(source.encode())
    assert asks(str(tmp_path / "conftest.py")) is None
