"""`sim run`: replications of scenarios, stored and summarised."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli.app import EXPLORE, RUN, app, cores, load_all, resumable
from sim.cli.material import beside
from sim.cli.options import AsJson, Cluster, Full, Jobs, Priors, Replications, Results, ScenarioFiles, Seed, Sets
from sim.cli.output import display, say, say_json, tell
from sim.errors import UserError

if TYPE_CHECKING:
    from sim.experiments.precision import Precision
    from sim.results.run import Run
    from sim.scenario.schema import Scenario

DEFAULT_INDICATOR = "pending_end"


Width = Annotated[
    str | None,
    typer.Option(
        metavar="WIDTH",
        help="Instead of a number of replications: run until the 95% confidence interval of --indicator has this"
        " half-width: 5%, or 3 in its unit.",
    ),
]
OfWhat = Annotated[
    str | None, typer.Option(metavar="NAME", help=f"For --precision; see `sim indicators`. [{DEFAULT_INDICATOR}]")
]


@app.command(rich_help_panel=RUN)
def run(
    scenarios: ScenarioFiles,
    replications: Replications = None,
    seed: Seed = None,
    precision: Width = None,
    indicator: OfWhat = None,
    floor: Annotated[int, typer.Option(min=1, help="With --precision: the fewest replications.")] = 200,
    ceiling: Annotated[int, typer.Option(min=1, help="With --precision: the most replications.")] = 100_000,
    jobs: Jobs = None,
    cluster: Cluster = None,
    set_: Sets = None,
    priors: Priors = False,
    results: Results = Path("results"),
    full: Full = False,
    as_json: AsJson = False,
) -> None:
    """Run scenarios, store the results, and print the answer of each; with --full all tables.

    A finished run is shown and not run again; an interrupted one is resumed.

    Example: sim run scenarios/three-probes.yaml --replications 200 --set staffing.legal.headcount=12
    """
    from sim.experiments.simulate import simulate

    loaded = load_all(scenarios, set_, replications, seed, priors)
    wanted = _precision(precision, indicator, floor, ceiling, replications, loaded)
    shown = []
    for number, scenario in enumerate(loaded):
        _tell_what_is_stored(scenario, results, wanted)
        with resumable(scenario.name) as progress:
            finished = simulate(
                scenario, jobs=jobs or cores(), cluster=cluster, results=results, precision=wanted, progress=progress
            )
        if wanted:
            _tell_precision(finished, wanted)
        if as_json:
            shown.append(as_data(finished))
        else:
            say("\n" if number else "", end="")
            show_run(finished, full)
            _tell_what_to_compare_with(scenarios[number])
    if as_json:
        say_json(shown if len(shown) > 1 else shown[0])


def _tell_what_to_compare_with(path: Path) -> None:
    """How to see what a scenario changes, if it extends another scenario of its folder: a run alone cannot say it."""
    from sim.scenario.loading import base_of

    base = base_of(path) if path.is_file() else None
    if base and base.parent.resolve() == path.parent.resolve():
        tell(f"what this changes: sim compare {path.parent / base.name} {path}")


def _precision(
    width: str | None,
    indicator: str | None,
    floor: int,
    ceiling: int,
    replications: int | None,
    loaded: "list[Scenario]",
) -> "Precision | None":
    """The precision asked for, checked before anything runs."""
    if width is None:
        if indicator is not None:
            raise UserError("--indicator names what --precision is for; give both")
        return None
    if replications is not None:
        raise UserError("give either --replications or --precision: the latter determines how many are needed")
    from sim.experiments.precision import Precision
    from sim.results.estimates import check_label

    name = indicator or DEFAULT_INDICATOR
    for scenario in loaded:
        check_label(scenario, name)
    return Precision.parse(width, name, floor, ceiling)


def _tell_what_is_stored(scenario: "Scenario", results: Path, precision: "Precision | None") -> None:
    """Say what is stored of a scenario's run, and of runs of it that are not the same because others computed them."""
    from sim.experiments.simulate import Work

    location = Work(results, scenario, precision).location
    if location.finished:
        tell(f"{scenario.name}: this run was finished before and is loaded from {location.folder}")
        return
    if parts := location.count_parts():
        tell(f"{scenario.name}: an unfinished run exists; resuming from its {parts} finished parts")
    for other in location.made_otherwise():
        if other.difference:
            which = "an earlier run" if other.finished else "an unfinished run"
            what = "so this is a new one" if other.finished else "so its parts are not used"
            tell(f"{scenario.name}: {which} of this scenario, {other.folder}, was made with {other.difference}, {what}")


def _tell_precision(finished: "Run", precision: "Precision") -> None:
    reached = precision.reached(finished)
    half = reached.high - reached.value
    share = f" ({half / abs(reached.value):.1%})" if reached.value else ""
    verdict = "reached" if precision.met(finished) else f"NOT reached with the ceiling of {precision.ceiling:,}"
    mean = f"{precision.indicator} is {reached.value:.4g} +- {half:.2g}{share} at {precision.level:.0%}"
    tell(f"{finished.scenario.name}: precision {verdict}: {mean} after {finished.replications:,} replications")


def show_run(finished: "Run", full: bool) -> None:
    """Print the first screen of a run, or all of its tables too."""
    from sim.view.brief import brief
    from sim.view.terminal.brief import summary

    display(summary(finished, brief([finished], *beside(finished)), full))


def as_data(finished: "Run") -> dict[str, Any]:
    """A run's answer and its tables as JSON takes them."""
    from sim.view.as_json import of_run
    from sim.view.brief import brief

    return of_run(finished, brief([finished], *beside(finished)))


@app.command(rich_help_panel=EXPLORE)
def indicators(as_json: AsJson = False) -> None:
    """List the indicators for --precision, compare, sweep and sensitivity, with their meaning.

    Example: sim indicators
    """
    from sim import indicators as known

    rows = known().set_index("name").to_dict("index")
    if as_json:
        say_json(rows)
        return
    from sim.view.terminal.tables import Column, Grid

    columns = [Column("indicator"), Column("unit", words=True), Column("meaning", words=True)]
    shown = [
        [f"{name}:{row['of'].upper()}" if row["of"] else name, row["unit"], f"{row['title']}: {row['formula']}"]
        for name, row in rows.items()
    ]
    display(Grid(columns, shown))
