"""What people see, and the only place that formats numbers."""
