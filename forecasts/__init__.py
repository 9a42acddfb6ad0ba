"""Forecasts of load and photovoltaics: quantiles for the next 48 hours, corrected at every tick by what was just measured."""
