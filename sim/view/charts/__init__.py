"""The figures: tidy tables in, plotly figures with their words out."""
