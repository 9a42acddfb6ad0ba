"""The outside world behind ports: grids, telemetry, weather, prices, files. Knows no box and no stage of the loop."""
