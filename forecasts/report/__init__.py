"""The backtest's report: one HTML file that an analyst opens offline."""
