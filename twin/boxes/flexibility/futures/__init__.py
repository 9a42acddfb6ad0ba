"""Several futures in one plan: forecast paths with probabilities, one first step, expected cost and its tail."""
