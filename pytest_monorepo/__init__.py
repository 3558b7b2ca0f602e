"""Run every project of a Python monorepo as one pytest session."""

# Imports nothing: every worker pays for what stands here.
