"""Where pytest keeps things from one run to the next, before its cache plugin is configured."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

_CACHE_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# https://bford.info/cachedir/spec.html\n"


def cache_file(config: pytest.Config, name: str) -> Path | None:
    """Where to remember what is known of unchanged files; ``None`` without pytest's cache."""
    folder = _folder(config)
    if folder is None:
        return None
    if not folder.exists():
        _make_cache(folder)
    return folder / "v" / "monorepo" / name


def _folder(config: pytest.Config) -> Path | None:
    if config.pluginmanager.is_blocked("cacheprovider"):
        return None
    folder: Path = config.rootpath / os.path.expandvars(config.getini("cache_dir"))
    return folder


def recorded(config: pytest.Config, key: str, default: Any = None) -> Any:
    """What pytest's cache holds; the default also without one (``-p no:cacheprovider``)."""
    if (cache := getattr(config, "cache", None)) is not None:
        return cache.get(key, default)
    # no session begins where a list is printed or changes are waited for, and pytest opens its cache for one
    folder = _folder(config)
    try:
        return default if folder is None else json.loads((folder / "v" / key).read_bytes())
    except (OSError, ValueError):
        return default


def _make_cache(folder: Path) -> None:
    """As pytest makes it; a folder that is there it would leave as it is, and git would see the files."""
    try:
        folder.mkdir(parents=True)
        (folder / ".gitignore").write_text("# Created by pytest automatically.\n*\n", encoding="utf-8")
        (folder / "CACHEDIR.TAG").write_text(_CACHE_TAG, encoding="utf-8")
    except OSError:
        pass  # whoever writes into it is told
