"""The boxes that live beside the forecasts: maintenance, flexibility, tariffs. Strangers to each other."""
