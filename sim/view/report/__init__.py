"""Runs -> one offline page that can be presented, printed and mailed."""
