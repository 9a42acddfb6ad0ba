"""The dispatcher's screen: a Dash app on FastAPI in a process of its own, fed by the loop's snapshots."""
