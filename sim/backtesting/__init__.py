"""Forecasts as they would have been made, scored against what happened."""
