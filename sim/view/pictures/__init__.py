"""What is found -> pictures: figures with findings in words, computed from the data."""
