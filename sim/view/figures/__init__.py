"""Results -> figures: figures with findings in words, computed from the data."""
