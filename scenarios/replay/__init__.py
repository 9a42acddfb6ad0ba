"""Journalled days once more, with another box in one place."""
