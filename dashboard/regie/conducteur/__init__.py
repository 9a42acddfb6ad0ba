"""The conducteur: the run-of-show of the day, drafted from what is foreseen and edited by hand."""
