"""From a view of the grid to a planning problem, and from a plan to proposals."""
