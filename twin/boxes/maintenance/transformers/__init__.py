"""A transformer on air: its health from telemetry, what is ahead, how much more it bears, what must be said of it."""
