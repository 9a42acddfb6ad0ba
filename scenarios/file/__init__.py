"""Scenario files: their schema, every fault of one at once, and what they make of a site."""
