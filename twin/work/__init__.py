"""The work process: what may take minutes and must not disturb the loop."""
