"""What the last run's outcome does to this one: the controller's record counts, not the project's own."""

from __future__ import annotations

from typing import Any, Dict, List

_OPTIONS = (
    ("lf", "--lf"),
    ("failedfirst", "--ff"),
    ("newfirst", "--nf"),
    ("stepwise", "--sw"),
)


def dependence(option: Any, handed_over: bool) -> List[str]:
    """In words, the options, a project's own included, with which the last run chooses or orders tests.

    ``option`` is ``config.option``, or ``None`` where pytest came to no session; ``handed_over``: the
    controller has given its record, which counts as an option does.
    """
    return [
        f"{words} chooses or orders tests by the last run"
        for name, words in _OPTIONS
        if getattr(option, name, False) and not (handed_over and name in ("lf", "failedfirst"))
    ]


def hand_over(config: Any, nodeids: List[str]) -> None:
    """Let pytest's own ``--lf``/``--ff`` work on the controller's record instead of the project's.

    The record is an attribute of a private plugin class; there is no public way to hand it one.
    ``tests/worker`` fails when it moves.
    """
    plugin = config.pluginmanager.get_plugin("lfplugin")
    if plugin is None:
        return
    known: Dict[Any, bool] = dict.fromkeys(nodeids, True)
    try:
        from _pytest.nodeid import NodeId  # pytest >= 9.2 keys the record by objects
    except ImportError:
        pass
    else:
        known = {NodeId.parse(nodeid): True for nodeid in nodeids}
    plugin.lastfailed = known
