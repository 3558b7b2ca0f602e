"""Environment variables by what they are to the stores."""

from __future__ import annotations

from pytest_monorepo.inputs.record.shown import OPTION

CACHE_KEY = "PYTEST_MONOREPO_CACHE_KEY"
"""The secret that signs what is written into a remote store."""

PLAIN = frozenset(
    (
        *(
            "CI",
            "COLUMNS",
            "COLORTERM",
            "DISPLAY",
            "FORCE_COLOR",
            "HOME",
            "LANG",
            "LANGUAGE",
            "LINES",
            "LOGNAME",
        ),
        *("NO_COLOR", "PATH", "PWD", "PY_COLORS", "SHELL", "TEMP", "TERM", "TMP", "TMPDIR", "TZ", "USER"),
        *("USERNAME", "USERPROFILE", "VIRTUAL_ENV"),
        # not all of PYTEST_*: one of them is the key itself
        *(
            "PYTEST_ADDOPTS",
            "PYTEST_DEBUG",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD",
            "PYTEST_PLUGINS",
            "PYTEST_THEME",
        ),
        *("EXECNET_DEBUG", "PY_IGNORE_IMPORTMISMATCH", "TOX_ENV_DIR"),
    )
)
"""Variables that hold no secret: who reads a store without the writers' secret can compare them."""


def is_plain(name: str) -> bool:
    return name in PLAIN or name.startswith((OPTION, "LC_", "PYTHON", "XDG_", "COVERAGE_"))
