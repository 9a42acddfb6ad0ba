"""Flexibility: plans batteries and cars on the site's tariff, inside the grid's limits, with reasons."""
