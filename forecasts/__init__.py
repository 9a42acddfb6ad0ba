"""Forecasts of load, photovoltaics, wind, water and the mix: quantiles for the next 48 hours, corrected at every tick.

Rooms, each of which may only look down: ``load``, ``pv``, ``mix`` (boxes), ``tune``, ``explain``, ``net`` (commands);
``backtest`` and ``report``; ``on_air`` (what the boxes do at a tick); ``champion`` (experts weighed, bands, correction);
``rehearsal`` (issues of the past, without the future) and ``futures`` (coherent paths); ``experts``; ``sky`` and ``data``
(loaders). The files beside them are what all share: an expert's interface, a series, its past by local days, features,
quantiles.
"""
