"""``--monorepo-init``: the first settings, the workflow and the editor's settings, fitted to a workspace."""
