"""A run on air: the loop's pace, the screens' processes, and the figures at the end."""
