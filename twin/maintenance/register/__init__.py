"""The fleet as its owner keeps it: assets, inspections, gas samples and failures, read from CSV with every fault named."""
