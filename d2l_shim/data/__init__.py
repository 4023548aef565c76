"""The data sets: fetched, checked, decoded, in batches. NumPy only."""
