"""The loop and its stages: observe, estimate, run boxes, decide, journal, publish. The stages meet only in ``loop.py``."""
