"""`regie backtest`: a series replayed with rolling origins, every expert scored on the same issues, and the run resumable."""
