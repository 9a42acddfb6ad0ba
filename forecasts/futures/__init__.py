"""Coherent futures: paths along a forecast, and the peaks and ramps that they tell of."""
