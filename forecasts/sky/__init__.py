"""The sun over a plant: clear-sky irradiance, where the plant is, how it is tilted, and what its power is a ratio of."""
