"""Transformer health: temperatures and ageing by IEC 60076-7, and a watch on the cooling."""
