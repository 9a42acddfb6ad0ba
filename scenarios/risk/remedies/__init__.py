"""Remedies: what would help most against a scenario's violations, each tried by AC power flow."""
