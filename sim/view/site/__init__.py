"""A static site for any web host: the answer of each scenario with its report, the record, how forecasts fared."""
