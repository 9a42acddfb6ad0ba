"""Photovoltaic forecasts: the ratio of generation to what a clear sky would give."""
