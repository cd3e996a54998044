"""Results -> pictures: figures with findings in words, computed from the data."""
