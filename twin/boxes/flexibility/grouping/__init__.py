"""Thousands of devices: like ones planned as one, and the plan handed out to each of them."""
