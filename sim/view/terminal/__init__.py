"""What each command prints, and what it gives to programs instead."""
