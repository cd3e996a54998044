"""How large and how many things may be: what is beyond cannot be meant, or could not be computed.

Every bound is generous, ten times and more what a study needs, and has its reason here. A number that is refused is
most often a slip: a rate in a wrong unit, a zero too many, a table that a program has written.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bound:
    """The most of something, what it is of, and why."""

    most: float
    what: str
    why: str

    @property
    def count(self) -> int:
        """The most as a whole number."""
        return int(self.most)


NUMBER = Bound(1e9, "a number", "as days 2.7 million years; products of several numbers stay finite")
SMALLEST = 1e-9
"""The least that a number above zero may be, for the same reason: one is divided by it."""
ELASTICITY = Bound(3, "`elasticity`", "it is a power; at 1 effort is proportional to the obligations")
YEARS = Bound(1_000, "years from `start` to `horizon`, or since a probe's `since`", "capacity is followed day by day")
FIRST_YEAR, LAST_YEAR = 1000, 9000
"""Years between which a scenario starts, so that no day that follows from it leaves the calendar."""
RAMP_UP = Bound(3650, "days of `ramp_up`", "ten years; recruits are followed day by day")
PRIORITY = Bound(99, "a priority", "every pool has a queue for each")
STRANDS = Bound(1000, "strands of a case", "each is followed by itself")
FLOOR = 0.01
"""The least share of a pool's output that multitasking may leave: with none it would do no work for ever."""
STAGES = Bound(500, "stages, and exits", "tables and figures have a row for each")
STEPS = Bound(200, "steps of a stage, or of a route", "a visit is drawn with all of them")
ROLES = Bound(200, "roles", "the event log has columns for each")
STREAMS = Bound(1000, "streams of arrivals", "each has random numbers of its own")
PLATFORMS = Bound(10_000, "platforms, and those of one stream", "a wave draws a number for each")
PROBES = Bound(10_000, "probes", "a run keeps their times in every replication")
UNCERTAIN = Bound(1000, "uncertain parameters", "a scenario is checked at the extremes of each")
POSTERIOR = Bound(200_000, "numbers in the table of a `posterior`", "every stored run has all of them")
TARGETS = Bound(200, "targets", "a run counts each in every replication")
REPLICATIONS = Bound(100_000, "replications", "a share is then known to 0.3 percentage points")
CASES = Bound(1_000_000, "cases expected in a replication, strands counted", "each takes 1 kB of memory and more")
VISITS_OF_A_CASE = Bound(100_000, "visits to stages expected of one case", "a case may not go round without time")
VISITS_AT_ONCE = Bound(5_000_000, "visits expected in the replications that are in memory at once", "they take 3 GB")
AT_ONCE = 25
"""Replications that are in memory at once: those of a chunk, see `sim.experiments.chunks`."""
VISITS_IN_ALL = Bound(1e10, "visits expected in all replications", "they take weeks")
PROCESSES = Bound(1024, "processes (`--jobs`)", "each is a Python of its own")
DRAWS = Bound(REPLICATIONS.most, "draws of `sim calibrate` and `sim backtest`", "each is a replication")
