#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "$0")/.."
poetry install --with test,lint
poetry run ruff check .
poetry run ruff format --check .
poetry run mypy
