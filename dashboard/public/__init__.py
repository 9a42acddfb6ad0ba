"""The citizens' page: an app, a port and a process of its own that reads ``public.json`` and nothing else."""
