"""What acts by itself inside a batch: inverters on their curves, tap changers one step at a time."""
