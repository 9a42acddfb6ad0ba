"""A box's inside page: what every box has, and what a third party's package adds to its own."""
