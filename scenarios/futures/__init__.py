"""A thousand futures of a scenario: sampled, solved in chunks on Dask, streamed to Zarr."""
