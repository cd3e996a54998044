"""Runs -> one offline page that can be presented, printed and mailed.

`content` gathers what the page says, in plain data; `page` writes it as HTML; `images` writes the figures as files.
"""
