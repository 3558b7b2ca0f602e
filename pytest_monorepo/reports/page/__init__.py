"""``--monorepo-html``: the static test and coverage page."""
