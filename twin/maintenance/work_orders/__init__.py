"""Work orders: from the ranking to what a crew takes along, and from its report to what the ranking knows."""
