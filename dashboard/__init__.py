"""The two screens: the régie (dispatcher) and the public view. They read snapshots and nothing else."""
