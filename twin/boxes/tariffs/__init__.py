"""The dynamic grid-usage tariff and its published form."""
