"""The champion: experts weighed by what they were worth, with bands that held, bent by what was just measured."""
