"""A fleet whose hazards are known, because they were written down: the only place where 'outages avoided' can be counted.

Every figure from here carries the words 'simulated fleet'.
"""
