"""Sphinx: ``sphinx-build -W docs build/docs``."""

project = "pytest-monorepo"
author = "The pytest-monorepo authors"
extensions = ["myst_parser"]
exclude_patterns = ["generate.py"]
html_theme = "furo"
html_title = "pytest-monorepo"
myst_heading_anchors = 3
