"""Experts: each one way to forecast a series. A new one is one file with one class; `forecasts.expert` says how."""
