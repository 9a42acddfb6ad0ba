"""Town load by heating degree days: an example of a box that comes from outside Régie."""
