"""What people see: the console's summary. The only place that formats numbers."""
