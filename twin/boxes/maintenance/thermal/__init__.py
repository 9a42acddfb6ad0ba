"""Temperatures and ageing of transformers by IEC 60076-7, and what their nameplates say."""
