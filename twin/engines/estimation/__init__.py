"""The most likely state from measurements: by power-grid-model, checked, with bad data found."""
