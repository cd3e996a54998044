"""The simulation itself: the only package that imports simpy. No tables, no files.

From below: `streams`, `sampler`, `plan`, `draws`, `limits`, `case`, `first_day`, `sharing`, `arrivals`, `staff`,
`engine`. Each imports those below it only. Read `engine.Replication` first, then `case.Case` and `staff.Staff`.
"""
