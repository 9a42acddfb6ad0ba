"""The rolling-origin rehearsal that every backtest and every training is."""
