"""Measurement and verification of demand response: what a call has delivered, how sure that is, and what came back after it."""
