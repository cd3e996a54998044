"""From the record to a posterior, from a posterior to scored forecasts."""
