"""What may be said in a scenario file: settings, their meaning, their checks. No simulation, no tables."""
