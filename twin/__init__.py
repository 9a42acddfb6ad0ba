"""Régie: a digital twin of a local electricity grid, run like a live broadcast."""
