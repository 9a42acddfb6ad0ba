"""One file per zone of the screen; each turns a part of the snapshot into markup and knows nothing else."""
