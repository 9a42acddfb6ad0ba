"""What happened and what to learn from it: key moments, figures, pictures."""
