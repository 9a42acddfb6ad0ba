"""What a run leaves on disk: one folder a scenario, written beside and renamed."""
