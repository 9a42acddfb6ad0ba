"""What the forecast boxes do at every tick: zones out of a view, forecasts that sum, the report."""
