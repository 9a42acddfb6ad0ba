"""The simulated plant: the hidden truth of a demo site, and devices that obey orders. Nothing else may read its truth."""
