#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "$0")/.."
poetry install --with lint
poetry run ruff check --fix .
poetry run ruff format .
