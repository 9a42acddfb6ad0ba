"""``regie maintenance rank``: what to visit next, by CHF of risk avoided per CHF spent."""
