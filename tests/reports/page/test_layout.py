from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import pytest

from pytest_monorepo.reports.page.layout import ACROSS, NODE_HEIGHT, Map, lay_out, shortened

from .samples import large


def mapped(needs: Mapping[str, Sequence[str]]) -> Map:
    return lay_out({path: path for path in needs}, needs)


def lines(picture: Map) -> set[tuple[str, str]]:
    return {(line.dependency, line.dependent) for line in picture.lines}


def columns(picture: Map) -> dict[str, float]:
    return {node.project: node.x for node in picture.nodes}


def test_a_project_stands_right_of_everything_it_needs() -> None:
    x = columns(mapped({"app": ["ml", "core"], "ml": ["core"], "core": [], "web": ["app"]}))
    assert x["core"] < x["ml"] < x["app"] < x["web"]


def test_an_edge_that_a_longer_path_implies_is_left_out_and_counted() -> None:
    picture = mapped({"app": ["ml", "core"], "ml": ["core"], "core": []})
    assert lines(picture) == {("core", "ml"), ("ml", "app")}
    assert picture.implied == 1


def test_an_edge_is_kept_where_only_a_sibling_shares_the_dependency() -> None:
    picture = mapped({"app": ["a", "b"], "a": ["core"], "b": ["core"], "core": []})
    assert lines(picture) == {("a", "app"), ("b", "app"), ("core", "a"), ("core", "b")}


def test_a_cycle_is_drawn_with_one_line_backward() -> None:
    picture = mapped({"a": ["b"], "b": ["c"], "c": ["a"]})
    assert len(picture.lines) == 3
    assert [line.backward for line in picture.lines].count(True) == 1


def test_a_chain_of_2000_projects_meets_no_recursion_limit() -> None:
    needs = {f"p{n}": [f"p{n + 1}"] if n < 1999 else [] for n in range(2000)}
    assert len(mapped(needs).lines) == 1999


def test_a_dependency_outside_the_map_is_no_line() -> None:
    assert mapped({"app": ["gone"]}).lines == ()


def test_no_project_makes_an_empty_map() -> None:
    assert mapped({}).nodes == ()


def test_projects_on_their_own_stand_last() -> None:
    x = columns(mapped({"alone": [], "core": [], "app": ["core"]}))
    assert x["alone"] > x["app"]


def test_projects_of_one_folder_stand_together_under_its_name() -> None:
    picture = mapped({"libs/b": [], "tools/a": [], "libs/a": [], "app": ["libs/b", "tools/a", "libs/a"]})
    first = [node.project for node in picture.nodes if node.project != "app"]
    assert first == ["libs/a", "libs/b", "tools/a"]
    assert [heading.text for heading in picture.headings] == ["libs/", "tools/", "./"]


def test_300_projects_do_not_overlap_and_fit_a_screens_shape() -> None:
    sample = large()
    paths = sample.graph.projects
    picture = lay_out(
        {path: path for path in paths}, {path: sample.graph.dependencies(path) for path in paths}
    )
    boxes = sorted((node.x, node.y, node.width) for node in picture.nodes)
    assert len(boxes) == 300
    for index, (x, y, width) in enumerate(boxes):
        for other_x, other_y, _ in boxes[index + 1 :]:
            assert other_x >= x + width or abs(other_y - y) >= NODE_HEIGHT


def test_200_projects_that_need_one_wrap_into_several_columns() -> None:
    picture = mapped({"core": [], **{f"libs/p{n}": ["core"] for n in range(200)}})
    assert 1 < picture.width / picture.height < 4


def test_a_long_name_keeps_both_ends() -> None:
    short = shortened("acme-" + "very-" * 10 + "long-service")
    assert short.startswith("acme-")
    assert short.endswith("-service")
    assert len(short) < 30


def test_the_projects_of_a_cycle_are_known() -> None:
    needs = {"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"], "e": [], "b2": ["e"]}
    assert lay_out({path: path for path in needs}, needs).cycles == {"a", "b", "c"}
    assert lay_out({"a": "a", "b": "b"}, {"a": ["b"]}).cycles == frozenset()


def _layers(projects: int, behind: int) -> dict[str, list[str]]:
    paths = [f"libs/project-{n:03}" for n in range(projects)]
    return {path: paths[max(0, n - behind) : max(0, n - behind + 1)] for n, path in enumerate(paths)}


def _sample(projects: int) -> dict[str, Sequence[str]]:
    graph = large(projects, 1, 1).graph
    return {path: graph.dependencies(path) for path in graph.projects}


@pytest.mark.parametrize(
    ("needs", "bands"),
    [
        pytest.param(_layers(120, 18), 1, id="seven layers"),
        pytest.param(_layers(120, 1), 15, id="a chain"),
        pytest.param(_layers(120, 5), 3, id="twenty-four layers"),
        pytest.param({**_layers(120, 119), "libs/" + "long" * 30: []}, 1, id="one layer and a long name"),
        pytest.param(_sample(120), 8, id="the sample"),
        pytest.param(_sample(300), 17, id="300 of the sample"),
    ],
)
def test_projects_fit_across_a_window(needs: Mapping[str, Sequence[str]], bands: int) -> None:
    """More rows are taken before more columns, and what no row has room for goes on in a band below."""
    picture = mapped(needs)
    assert picture.width <= ACROSS
    assert picture.bands == bands
    assert picture.height >= max(node.y for node in picture.nodes) + NODE_HEIGHT
    boxes = sorted((node.x, node.y, node.width) for node in picture.nodes)
    for (x, y, width), (other_x, other_y, _) in itertools.combinations(boxes, 2):
        assert other_x >= x + width or abs(other_y - y) >= NODE_HEIGHT


def test_a_project_stands_right_of_or_below_all_it_needs() -> None:
    at = {node.project: (node.y, node.x) for node in mapped(_layers(120, 1)).nodes}
    assert all(at[need] < at[path] for path, others in _layers(120, 1).items() for need in others)
