"""A past hour as a blind exercise: own, plan's and perfect-hindsight figures side by side."""
