"""The batch engine: its kernel, years as statistics, outages in lanes."""
