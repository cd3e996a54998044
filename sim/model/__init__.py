"""The simulation itself: the only place that imports simpy. No tables, no files."""
