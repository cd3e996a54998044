"""What a run gives: event log, summary, the catalogue of results, and the folder in which they are stored."""
