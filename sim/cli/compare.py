"""`sim compare`: scenarios side by side."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli.app import (
    AsJson,
    Cluster,
    Indicators,
    Jobs,
    Replications,
    Results,
    ScenarioFiles,
    Seed,
    Sets,
    app,
    console,
    cores,
    progress_bar,
)
from sim.cli.runs import going_on, load_all
from sim.errors import UserError

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario


class Adjust(StrEnum):
    """How p-values are adjusted for the number of comparisons."""

    holm = "holm"
    bonferroni = "bonferroni"


@app.command()
def compare(
    scenarios: ScenarioFiles,
    replications: Replications = None,
    seed: Seed = None,
    indicator: Indicators = None,
    adjust: Annotated[Adjust, typer.Option(help="For the number of comparisons.")] = Adjust.holm,
    control_variates: Annotated[bool, typer.Option("--control-variates/--no-control-variates", hidden=True)] = False,
    every: Annotated[bool, typer.Option("--all", help="Show indicators that do not differ, too.")] = False,
    jobs: Jobs = None,
    cluster: Cluster = None,
    set_: Sets = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Compare scenarios with the first one: paired differences of the same replications, with confidence intervals.

    All run with the seed and the number of replications of the first.

    Example: sim compare scenarios/status-quo.yaml scenarios/more-staff.yaml --replications 100
    """
    from sim.experiments.compare import compare as compared
    from sim.experiments.simulate import simulate
    from sim.results.measures import check_label
    from sim.view.terminal.comparison import comparison

    if control_variates:
        raise UserError("--control-variates is gone; more replications (--replications) narrow the intervals")
    loaded = _paired(load_all(scenarios, set_, replications, seed))
    for scenario in loaded:
        for label in indicator or ():
            check_label(scenario, label)
    runs = []
    for scenario in loaded:
        with going_on(), progress_bar(scenario.name) as progress:
            runs.append(simulate(scenario, jobs=jobs or cores(), cluster=cluster, results=results, progress=progress))
    table = compared(runs, indicator, adjust=adjust.value)
    if as_json:
        print(table.to_json(orient="records", double_precision=10))
    else:
        console().print(comparison(runs, table, adjust.value, every))


def _paired(loaded: "list[Scenario]") -> "list[Scenario]":
    """The scenarios with the seed and numbers of replications of the first."""
    from sim.experiments.compare import pairable

    if len(loaded) < 2:
        raise UserError("compare wants at least two scenarios; the others are compared with the first")
    names = [scenario.name for scenario in loaded]
    if len(set(names)) < len(names):
        raise UserError(f"two of the scenarios have the same name: {', '.join(names)}")
    return [pairable(scenario, loaded[0]) for scenario in loaded]
