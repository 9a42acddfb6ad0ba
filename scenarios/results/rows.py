"""Figures as a terminal tells them, in their order."""

from __future__ import annotations

ROWS = (
    ("economic", "total_chf", "cost", "CHF", 2),
    ("grid", "losses_mwh", "losses", "MWh", 3),
    ("grid", "overload_percent_h", "overload", "%.h", 2),
    ("grid", "voltage_violation_pu_h", "voltage outside its band", "pu.h", 4),
    ("grid", "energy_not_served_mwh", "energy not served", "MWh", 3),
    ("grid", "peak_import_kw", "peak of the month's import", "kW", 0),
    ("grid", "n1_margin_percent", "N-1 margin, least", "%", 1),
    ("grid", "saidi_unplanned_min", "SAIDI, unplanned", "min", 2),
    ("climate", "co2_t", "emissions", "t CO2", 3),
    ("climate", "renewable_share", "local renewable share", "1", 3),
)
"""Group, figure, words, unit, decimals."""
ADD_UP = ("total_chf", "losses_mwh", "overload_percent_h", "voltage_violation_pu_h", "energy_not_served_mwh", "co2_t")
"""Those that add up, over ticks and over sites; the others are made from a whole journal."""
