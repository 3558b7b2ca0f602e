"""Trains and asks models over HTTP."""
