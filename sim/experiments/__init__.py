"""Many replications on executors, and what is done with them."""
