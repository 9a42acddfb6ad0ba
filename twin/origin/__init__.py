"""Where electricity comes from: flow tracing along the lines of the grid, and what is inside its storages."""
