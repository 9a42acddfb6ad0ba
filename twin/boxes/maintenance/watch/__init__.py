"""The watch on measured against modelled temperatures: reference, CUSUM, sensor rules, alarms and their likely causes."""
