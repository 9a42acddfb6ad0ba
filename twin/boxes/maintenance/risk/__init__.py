"""Health score, probability of failure, consequence in CHF, and the choice of interventions."""
