"""Go or no-go before going on air."""
