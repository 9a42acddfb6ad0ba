"""Columns of MATPOWER's tables, counted from 0, and the types of a bus.

Source: R. D. Zimmerman, C. E. Murillo-Sanchez, MATPOWER User's Manual, version 8.0, appendix B, tables B-1 (bus), B-2 (gen),
B-3 (branch) and B-5 (dcline). Powers in MW and Mvar, impedances in pu, angles in degrees.
"""

from __future__ import annotations

BUS_I, BUS_TYPE, PD, QD, GS, BS, VA, BASE_KV, ZONE, VMAX, VMIN = 0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12
GEN_BUS, PG, QG, QMAX, QMIN, VG, MBASE, GEN_STATUS, PMAX, PMIN = range(10)
F_BUS, T_BUS, BR_R, BR_X, BR_B, RATE_A, TAP, SHIFT, BR_STATUS = 0, 1, 2, 3, 4, 5, 8, 9, 10
PQ, PV, REF, ISOLATED = 1, 2, 3, 4

DC_STATUS = 2
