"""The room of the data-protection officer."""
