"""What ``-k`` and ``-m`` choose by what is kept of tests is what they choose among the tests themselves."""

from __future__ import annotations

import json
import textwrap

import pytest

from pytest_monorepo.results.entries import trees
from pytest_monorepo.run.hooks import picking
from pytest_monorepo.worker import described
from pytest_monorepo.worker.paths import Paths
from pytest_monorepo.worker.tree import tree

FILES = {
    "pkg/__init__": "",
    "pkg/test_inner": """
        import pytest
        pytestmark = pytest.mark.component(level=1, odd=object())

        @pytest.mark.parametrize("size", [1, "b::c", pytest.param(3, marks=pytest.mark.slow)])
        def test_sizes(size): pass

        class TestGroup:
            @pytest.mark.component(level=2)
            def test_leveled(self): pass

            class TestDeeper:
                def test_deep(self): pass
        """,
    "test_outer": """
        import unittest

        def test_tagged(): pass
        test_tagged.by_attribute = True

        class Case(unittest.TestCase):
            def test_method(self): pass
        """,
}
EXPRESSIONS = [
    *(
        ("-k", word)
        for word in ("sizes", "SIZES", "slow", "Deeper", "pkg", "inner", "not group", "1 or deep")
    ),
    *(
        ("-k", word)
        for word in ("by_attribute", "extra", "Case and method", "component", "b", "root_of_it", "")
    ),
    *(("-m", word) for word in ("slow", "slo", "not slow", "component and not slow", "nowhere")),
    *(("-m", word) for word in ("component(level=1)", "component(level=2)", "component(odd=1)")),
]


@pytest.fixture
def items(pytester: pytest.Pytester) -> list[pytest.Item]:
    folder = pytester.mkdir("root_of_it")
    pytester.makeini("[pytest]\nmarkers =\n    slow\n    component\n")
    for name, text in FILES.items():
        path = folder / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text))
    pytester.path.joinpath("conftest.py").write_text(
        "def pytest_itemcollected(item):\n    item.extra_keyword_matches.add('extra_' + item.name)\n"
    )
    found, _ = pytester.inline_genitems("root_of_it", "-p", "no:asyncio")
    assert len(found) == 7
    return found


def test_as_pytest_itself(items: list[pytest.Item]) -> None:
    config = items[0].config
    root = str(config.rootpath)
    nodes = json.loads(json.dumps(tree(items, Paths(root, root))))
    facts = json.loads(json.dumps([described.fact(item) for item in items], default=repr))
    tests = [(picking.names(chain), fact) for chain, fact in zip(trees.chains(nodes), facts, strict=True)]
    plugin = config.pluginmanager.get_plugin("mark")
    assert plugin is not None
    seen = set()
    for option, words in EXPRESSIONS:
        config.option.keyword, config.option.markexpr = (words, "") if option == "-k" else ("", words)
        left = list(items)
        try:
            plugin.pytest_collection_modifyitems(items=left, config=config)
        except pytest.UsageError:  # arguments of marks came with pytest 8.3
            with pytest.raises(pytest.UsageError):
                picking.chosen(config, config.option.keyword, config.option.markexpr, tests)
            continue
        expected = [item in left for item in items]
        found = picking.chosen(config, config.option.keyword, config.option.markexpr, tests)
        assert found == expected, (option, words)
        seen.add(tuple(expected))
    assert len(seen) > 8


def test_an_expression_that_is_none_is_pytest_s_to_refuse(request: pytest.FixtureRequest) -> None:
    with pytest.raises(pytest.UsageError):
        picking.chosen(request.config, "not", "", [(["test"], [[], [], []])])
