"""Why a plan looks as it does: prices at every device, reasons, refusals, equal plans, and what cannot be kept."""
