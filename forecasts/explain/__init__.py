"""Why a forecast looks as it does."""
