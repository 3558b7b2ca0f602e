"""Scores files in batches."""
