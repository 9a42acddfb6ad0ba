"""Load forecasts: a day-type profile and Prophet, both corrected and calibrated by the shared files of ``forecasts``."""
