"""How well the watch finds faults: on a history of the user's own, and in a trial with faults injected by seed."""
