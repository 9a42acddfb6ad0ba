"""One run of the régie in a scenario: loop, boxes and plant, without screens; then its figures."""
