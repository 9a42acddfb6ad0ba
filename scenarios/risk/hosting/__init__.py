"""Hosting capacity: how much more each bus can take."""
