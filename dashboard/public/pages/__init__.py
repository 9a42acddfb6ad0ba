"""The pages as HTML, readable before, or without, any script."""
