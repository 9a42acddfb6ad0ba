"""The rehearsal: scenarios run beside the air, compared, debriefed, and put on air by a person's own commands."""
