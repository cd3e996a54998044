"""The rival engines of the speed benchmark: one workload ("W2"), written once for each library."""
