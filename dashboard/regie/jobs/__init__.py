"""Long work that people at the desk ask for: how it stands, what it says, how it is ended and taken up again."""
