"""A queue at one office, which runs in no time: what tests of several rooms start from."""

from sim.scenario.schema import Scenario

STAGE = {
    "title": "Work",
    "steps": {"work": {"step": "team", "fte": {"staff": 1}, "days": {"distribution": "exponential", "mean": 9}}},
    "next": {"done": 1},
}
QUEUE = {
    "name": "queue",
    "title": "A queue",
    "start": "2024-01-01",
    "horizon": "2025-01-01",
    "replications": 6,
    "seed": 3,
    "procedure": {"name": "queue", "title": "A queue", "exits": {"done": "Done"}, "stages": {"work": STAGE}},
    "staffing": {"staff": {"headcount": 2}},
    "arrivals": {"cases": {"kind": "random", "stage": "work", "per_year": 50}},
}


def queue(**changes: object) -> Scenario:
    """A small scenario with some settings replaced."""
    return Scenario.model_validate(QUEUE | changes)
