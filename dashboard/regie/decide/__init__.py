"""Deciding on a recommendation: simulated first, on the grid of the work process and not on air."""
