"""What of people a state directory holds, why, and how it goes after twelve months."""
