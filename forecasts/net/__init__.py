"""A net load split into consumption and the panels behind the meter."""
