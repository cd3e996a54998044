"""The public record of enforcement: what was known on a day, its files, its spans and tables."""
