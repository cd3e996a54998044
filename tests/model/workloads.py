"""Scenarios that several tests of the model share, and how they run them."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from invariants import uncoded

from sim.experiments.chunks import ChunkRunner
from sim.scenario.checks import problems
from sim.scenario.loading import load_scenario
from sim.scenario.schema import Scenario
from sim.scenario.settings import parse_settings

SHIPPED = Path(__file__).parents[2] / "scenarios"
Settings = dict[str, Any]

OFFICE: Settings = {
    "name": "office",
    "start": "2024-01-01",
    "horizon": "2027-01-01",
    "replications": 3,
    "seed": 7,
    "procedure": {
        "name": "office",
        "title": "Every construct of the language in one small procedure",
        "exits": {"closed": "Closed", "done": "Done"},
        "complexity": {"elasticity": 0.5, "topics": {"hard": 1.5}},
        "priority_weights": {0: 2.0, 1: 1.0},
        "stages": {
            "ask": {
                "title": "Request",
                "steps": {
                    "reply": {"step": "wait", "reason": "party", "days": {"distribution": "exponential", "mean": 20}},
                    "read": {
                        "step": "effort",
                        "fte_days": {"handlers": {"distribution": "gamma", "mean": 12, "cv": 0.7}, "legal": 3},
                        "most_fte": {"handlers": 1},
                        "at_least": {"distribution": "uniform", "low": 2, "high": 9},
                    },
                },
                "next": {
                    "ask": 0.2,
                    "probe": {
                        "probability": 0.4,
                        "steps": {"weigh": {"step": "wait", "reason": "procedure", "days": 10, "probability": 0.5}},
                    },
                    "closed": "rest",
                },
            },
            "probe": {
                "title": "Proceedings",
                "priority": 1,
                "limit": {"cases": 4, "including": ["decide"]},
                "fork": {"strands": {1: 0.5, 2: 0.3, 3: 0.2}},
                "steps": {
                    "hold": {
                        "step": "wait",
                        "reason": "hold",
                        "days": {"distribution": "lognormal", "median": 40, "cv": 0.5},
                        "when": {"topic": "hard"},
                    },
                    "inquire": {
                        "step": "team",
                        "fte": {"handlers": 2.5, "legal": 1},
                        "days": {"distribution": "weibull", "mean": 60, "cv": 0.6},
                    },
                },
                "next": {"decide": 0.6, "closed": "rest"},
                "next_when": [{"when": {"topic": "hard"}, "next": {"decide": 0.8, "ask": 0.1, "closed": "rest"}}],
            },
            "decide": {
                "title": "Decision",
                "fine": {
                    "share_of_turnover": {"distribution": "pert", "low": 0, "mode": 0.01, "high": 0.08},
                    "most": 0.06,
                },
                "steps": {
                    "write": {
                        "step": "effort",
                        "fte_days": {"legal": {"distribution": "triangular", "low": 5, "mode": 20, "high": 60}},
                        "scale": {"distribution": "lognormal", "mean": 1, "cv": 0.4},
                        "most_fte": {"legal": 2},
                    }
                },
                "next": {"done": 1},
            },
        },
    },
    "staffing": {
        "handlers": {
            "headcount": {"2024-01-01": 6, "2025-01-01": 4, "2025-07-01": 9},
            "multitasking": {"loss": 0.1, "floor": 0.5},
        },
        "legal": {"headcount": 3},
    },
    "platforms": {name: {"provider": f"{name} Inc", "turnover_eur_bn": 20.0} for name in ("Alpha", "Beta", "Gamma")},
    "probes": {
        "old": {"stage": "ask", "since": "2023-11-20", "platform": "Alpha", "topic": "easy"},
        "split": {
            "stage": "probe",
            "since": "2023-10-01",
            "platform": "Beta",
            "topic": "hard",
            "strands": {"a": {}, "b": {"stage": "decide", "since": "2023-12-24"}},
        },
        "newcomer": {"stage": "probe", "arrives": "2024-03-01", "platform": "Gamma", "topic": "hard", "obligations": 3},
    },
    "arrivals": {
        "complaints": {
            "kind": "random",
            "stage": "ask",
            "per_year": {"2024-01-01": 10, "2025-03-01": 25},
            "platforms": {"Alpha": 2, "Beta": 1},
            "topics": {"easy": 2, "hard": 1},
            "obligations": {"distribution": "uniform", "low": 1, "high": 4},
        },
        "sweep": {"kind": "wave", "stage": "ask", "on": "2024-05-02", "platforms": {"Alpha": 1, "Beta": 1, "Gamma": 1}},
        "sweeps": {
            "kind": "random_waves",
            "stage": "ask",
            "per_year": 2,
            "size": {"distribution": "uniform", "low": 1, "high": 3},
            "platforms": {"Alpha": 2, "Beta": 1, "Gamma": 1},
        },
    },
}
"""Waits of several reasons, shared effort, teams, a loop, a fork, a limit, fines, staff that falls and rises."""


def scenario(settings: Settings) -> Scenario:
    """A checked scenario from settings as a file would hold them."""
    made = Scenario.model_validate(settings)
    assert problems(made) == []
    return made


def office(**changes: Any) -> Scenario:
    """The office with some of its top-level settings replaced."""
    return scenario({**deepcopy(OFFICE), **changes})


def three_probes(*sets: str, replications: int = 3) -> Scenario:
    """The shipped scenario of the three probes, with few replications."""
    return load_scenario(SHIPPED / "three-probes.yaml", parse_settings([f"replications={replications}", *sets]))


def queue(days: Any = 10, servers: float = 2, per_year: Any = 60, **changes: Any) -> Scenario:
    """One stage with teams of one person: a plain queue."""
    stage = {
        "title": "Work",
        "steps": {"work": {"step": "team", "fte": {"staff": 1}, "days": days}},
        "next": {"done": 1},
    }
    settings = {
        "name": "queue",
        "start": "2024-01-01",
        "horizon": "2027-01-01",
        "replications": 3,
        "seed": 3,
        "procedure": {"name": "queue", "title": "A queue", "exits": {"done": "Done"}, "stages": {"work": stage}},
        "staffing": {"staff": {"headcount": servers}},
        "arrivals": {"cases": {"kind": "random", "stage": "work", "per_year": per_year}},
    }
    return scenario({**settings, **changes})


def plain(stages: Settings, **changes: Any) -> Scenario:
    """A procedure of these stages; one replication, no arrivals but those given."""
    procedure = {"name": "p", "title": "P", "exits": {"done": "Done"}, "stages": stages}
    return queue(**{"replications": 1, "arrivals": {}, "procedure": procedure, **changes})


def stage(next_: Settings, steps: Settings | None = None, **more: Any) -> Settings:
    """A stage with these routes and steps."""
    return {"title": "Stage", "next": next_, "steps": steps or {}, **more}


def events(of: Scenario) -> pd.DataFrame:
    """The event log of all replications, with plain columns instead of categories."""
    return uncoded(ChunkRunner(of).table(range(of.replications)))


def visits(of: Scenario) -> pd.DataFrame:
    """The event log indexed by what names a visit."""
    found = events(of).set_index(["replication", "case", "stage", "visit"])
    assert found.index.is_unique
    return found


def same(left: Any, right: Any) -> bool:
    """Whether numbers are equal to the last bit; a missing one equals a missing one."""
    return np.array_equal(np.asarray(left, dtype=float), np.asarray(right, dtype=float), equal_nan=True)
