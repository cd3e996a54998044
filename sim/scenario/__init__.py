"""The language of scenario files: settings, their meaning and their checks. No simulation, no tables."""
