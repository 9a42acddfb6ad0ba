"""What city and country publish about electricity: files as they are published, and what follows from them for a town."""
