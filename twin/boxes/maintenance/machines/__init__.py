"""Rotating machines: features of vibration and temperature, and a watch on them."""
