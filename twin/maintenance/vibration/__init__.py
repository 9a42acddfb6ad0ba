"""Raw vibration records of a machine, from a file to features and a zone."""
