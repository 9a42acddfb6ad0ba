"""Dissolved gas in oil: limits, ratios of IEC 60599, Duval's triangles."""
