"""Maintenance as commands: evaluation on a history, ranking of a fleet, work orders, the simulated fleet."""
