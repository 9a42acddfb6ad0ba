"""Maintenance: the health of transformers, lines and machines on air, and the mathematics of risk behind the ranking."""
