"""Publication: month and year figures, the publisher's deeds on them, and the files that the public may read."""
