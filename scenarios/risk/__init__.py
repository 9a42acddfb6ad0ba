"""What the futures say: probability, size and money of every violation by hour; what would help."""
