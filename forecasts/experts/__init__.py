"""Experts: each one way to forecast a series. A new one is one file with one class; `forecasts.experts.expert` says how."""
