"""A scenario made ready: the changed site, checked against its grid, and the window."""
