"""The search for a better configuration of a forecast, and its proposal as a shadow box."""
