"""Which scenarios of a site are compared with which: each what-if with the baseline that it can be paired with."""

from collections.abc import Sequence
from typing import NamedTuple

from sim.errors import UserError
from sim.experiments.pairing import check_paired
from sim.results.run import Run
from sim.scenario.schema import Scenario
from sim.view.provenance import changed_settings


class Group(NamedTuple):
    """A baseline with the what-ifs that are compared with it, in the order given."""

    base: Run
    others: list[Run]


def groups(runs: Sequence[Run]) -> list[Group]:
    """The groups, the largest first, those of one size in the order given.

    Runs belong together if they can be paired. The baseline is the one from which all others together differ in the
    fewest settings, as what-ifs differ from each other in what both of them change; the first one of several such.
    """
    together: list[list[Run]] = []
    for run in runs:
        fitting = (group for group in together if _paired(group[0].scenario, run.scenario))
        if (group := next(fitting, None)) is not None:
            group.append(run)
        else:
            together.append([run])
    bases = [_base(group) for group in together]
    made = [Group(base, [run for run in group if run is not base]) for base, group in zip(bases, together, strict=True)]
    return sorted(made, key=lambda group: -len(group.others))


def _paired(one: Scenario, other: Scenario) -> bool:
    try:
        check_paired([one, other])
    except UserError:
        return False
    return True


def _base(group: Sequence[Run]) -> Run:
    """The run from which the others differ least."""
    if len(group) < 3:
        return group[0]
    return min(group, key=lambda run: sum(len(changed_settings(run.scenario, one.scenario).rows) for one in group))
