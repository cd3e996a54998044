"""The contract of the event log: one row per visit of a case to a stage. Everything else is computed from it.

Times are days since the scenario's start, as float; negative for what began before it. A visit still in progress at
the horizon has no `left` (NaN): it is right-censored. A case still queueing to enter has no `entered` either.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.scenario.schema import REASONS

if TYPE_CHECKING:
    import pyarrow as pa

CASE_COLUMNS = {
    "case": "name of the case, unique within a replication",
    "parent": "the case that forked into this one; empty for a case that did not come from a fork",
    "platform": "the service or services concerned",
    "topic": "topic of the concern",
    "strand": "name of the strand, empty for a case that is none",
    "origin": "what brought the case about (complaint, sweep, crisis, ...)",
}
"""What a row says of its case; categories."""

REASON_COLUMNS = tuple(f"{reason}_days" for reason in REASONS)

VISIT_COLUMNS = {
    "stage": "stage visited (category, in the procedure's order)",
    "visit": "which visit of this case to this stage, from 1",
    "requested": "days since start when the case asked to enter; before `entered` where a limit made it queue",
    "entered": "days since start when the stage began: the date of its milestone",
    "left": "days since start when it ended; NaN: still in the stage at the horizon",
    "outcome": "the stage or exit it went to; missing while it is in the stage",
    "unconstrained_days": "days that the visit takes with unlimited staff, so far as it has gone",
    **{name: f"days waited for the reason {reason!r}" for name, reason in zip(REASON_COLUMNS, REASONS, strict=True)},
    "fine_eur_m": "fine set on entering the stage, EUR million; 0 if none",
}
"""What a row says of the visit."""

EFFORT_PREFIX = "effort_"
"""Then one column per role: FTE-days of work done on this visit since the scenario's start."""
DELAY_PREFIX = "delay_"
"""Then one column per role: the days of delay that are charged to it. A step of effort ends when all roles are done, so
the one that is done last is charged with all of its delay; a team that waits is delayed by the role of which people are
last set aside for it, one that goes on more slowly because a headcount fell by the role that is shortest of people."""


def columns(roles: Sequence[str]) -> dict[str, str]:
    """All columns of the event log with their meaning, in order."""
    effort = {f"{EFFORT_PREFIX}{role}": f"FTE-days of work by {role} since the start" for role in roles}
    delay = {
        f"{DELAY_PREFIX}{role}": f"days of delay charged to {role}, the last to be done or free; over roles they add "
        "up to what the visit took beyond `unconstrained_days`"
        for role in roles
    }
    return {"replication": "number of the replication, from 0", **CASE_COLUMNS, **VISIT_COLUMNS, **effort, **delay}


def table(
    visits: NDArray[np.float64],
    replications: NDArray[np.int32],
    cases: Mapping[str, Sequence[str]],
    case_of: NDArray[np.int64],
    stages: Sequence[str],
    outcomes: Sequence[str],
    roles: Sequence[str],
) -> "pa.Table":
    """The event log as a table.

    `visits`: one row per visit: stage, visit, requested, entered, left, outcome (-1: none yet), unconstrained days,
    days by reason, fine, effort by role, delay by role. `cases`: the columns of `CASE_COLUMNS`, one entry per case;
    `case_of`: the case of each row. Arrow, not pandas: workers write tables and never read one.
    """
    import pyarrow as pa

    data: dict[str, Any] = {"replication": replications}
    for name in CASE_COLUMNS:
        words: dict[str, int] = {}
        codes = np.array([words.setdefault(word, len(words)) for word in cases[name]], dtype=np.int32)
        data[name] = pa.DictionaryArray.from_arrays(pa.array(codes[case_of]), pa.array(list(words), pa.string()))
    data["stage"] = _coded(visits[:, 0], stages)
    data["visit"] = visits[:, 1].astype(np.int16)
    data |= {name: visits[:, 2 + place] for place, name in enumerate(("requested", "entered", "left"))}
    data["outcome"] = _coded(visits[:, 5], outcomes)
    rest = ["unconstrained_days", *REASON_COLUMNS, "fine_eur_m"]
    rest += [f"{prefix}{role}" for prefix in (EFFORT_PREFIX, DELAY_PREFIX) for role in roles]
    data |= {name: visits[:, 6 + place] for place, name in enumerate(rest)}
    return pa.table(data)


def _coded(codes: NDArray[np.float64], names: Sequence[str]) -> Any:
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(
        pa.array(codes.astype(np.int32), mask=codes < 0), pa.array(list(names), pa.string())
    )
