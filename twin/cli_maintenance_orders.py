"""``regie maintenance orders``: work orders handed out, and what came back."""
