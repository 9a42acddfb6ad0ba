"""Ratings of overhead lines and cables by weather, soil and what they carried before."""
