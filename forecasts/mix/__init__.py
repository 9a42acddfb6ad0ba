"""The mix of sources: a country's by carrier, a town's from what it uses, makes and imports, and the box that says it live."""
