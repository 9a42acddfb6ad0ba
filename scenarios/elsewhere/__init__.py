"""A site's scenario on another grid: by the names of its elements, or every mismatch listed."""
