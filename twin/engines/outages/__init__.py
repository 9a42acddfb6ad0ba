"""What an outage darkens, which closures bring supply back, and whether they may be made."""
