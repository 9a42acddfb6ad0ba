"""``regie maintenance evaluate``: how well the watch finds faults in a history of the user's own."""
