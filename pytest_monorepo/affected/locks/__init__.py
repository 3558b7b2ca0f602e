"""The lock formats: text in, entries and edges out. Pure."""
