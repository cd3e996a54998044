"""From the public record, as it was known on a day, to a posterior of what is uncertain."""
