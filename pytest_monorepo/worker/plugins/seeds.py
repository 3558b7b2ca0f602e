"""One seed for the whole run, drawn in the controller, except where a project's own settings name one."""

from __future__ import annotations

from typing import Any, Dict

_DRAWN = "default:"  # pytest-random-order's mark of a seed that nobody has named


def keep_own(option: Any, workerinput: Dict[str, Any]) -> None:
    """Change ``workerinput``, from which the plugins take the seed: in a worker they look at nothing else."""
    # pytest-randomly 5.1 (pytest_configure): whatever the option says, a worker takes this
    seed = getattr(option, "randomly_seed", None)
    if isinstance(seed, int):
        workerinput["randomly_seed"] = seed
    # pytest-random-order 1.2 (plugin.py): likewise, and its own default is drawn anew in each process
    order = getattr(option, "random_order_seed", None)
    if isinstance(order, str) and (not order.startswith(_DRAWN) or "random_order_seed" not in workerinput):
        workerinput["random_order_seed"] = order
