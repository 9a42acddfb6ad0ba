"""What a move does to voltages and loadings: derivatives at every state of a batch."""
