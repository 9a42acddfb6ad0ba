"""Switching orders: drafted, checked by the engine, released, carried out step by step, signed off. A what-if is none."""
