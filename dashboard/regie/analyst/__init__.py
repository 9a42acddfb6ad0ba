"""The analyst's room: boxes and their roles, backtests, tuning, what a box would have earned, trials and promotions."""
