"""The field's vocabulary: time, quality, signals, the grid as plain arrays, problems. Imports no engine and no framework."""
