"""The wires in a plan: limits as rows of the linear programme, AC proof, and linearising again where it was off."""
