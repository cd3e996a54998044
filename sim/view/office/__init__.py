"""Slides and text for those who work in office programs: what of a report they say, and how each is written."""
