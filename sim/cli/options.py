"""The options that several commands share, each declared once, and the messages of former options."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from sim.errors import UserError
from sim.scenario import bounds

ScenarioFiles = Annotated[list[Path], typer.Argument(help="Scenario files.", metavar="SCENARIO...")]
ScenarioFile = Annotated[Path, typer.Argument(help="A scenario file.", metavar="SCENARIO")]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Set any setting, such as staffing.legal.headcount=12."),
]
Priors = Annotated[
    bool,
    typer.Option(
        "--priors", help="Draw the uncertain parameters from their priors, not from the scenario's posterior."
    ),
]
Replications = Annotated[
    int | None,
    typer.Option("--replications", "-n", min=1, max=bounds.REPLICATIONS.count, help="Override the file's."),
]
Seed = Annotated[int | None, typer.Option(min=0, max=2**64 - 1, help="Override the file's.")]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", "-j", min=1, max=bounds.PROCESSES.count, help="Number of processes; default: one per core."),
]
Cluster = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Run on the Dask cluster with this scheduler, see docs/cluster.md."),
]


def _folder(given: Path | None) -> Path | None:
    """A folder that exists or can be made; UserError for something else in its place."""
    if given is not None and not given.is_dir() and (given.exists() or given.is_symlink()):
        what = "a file" if given.exists() else "a link to nowhere"
        raise UserError(f"{given}: is {what}; --results names a folder")
    return given


Results = Annotated[Path, typer.Option(help="Folder of stored runs.", callback=_folder)]
StoredRuns = Annotated[
    Path | None,
    typer.Option(
        "--results",
        callback=_folder,
        metavar="FOLDER",
        help="Store the simulated runs in this folder; the same call then uses them again.",
    ),
]
Indicators = Annotated[
    list[str] | None, typer.Option("--indicator", metavar="NAME", help="Only these, see `sim indicators`; repeatable.")
]
RecordFolder = Annotated[
    Path | None, typer.Option("--record", metavar="FOLDER", help="A record other than the one named in the scenario.")
]
RecordBeside = Annotated[
    Path | None,
    typer.Option(
        "--record", metavar="FOLDER", help="Public record to show; default: the one that each scenario names."
    ),
]
KeptForecasts = Annotated[
    Path | None,
    typer.Option(
        "--forecasts", metavar="FOLDER", help="Kept forecasts to show; default: the folder forecasts beside the record."
    ),
]
Draws = Annotated[int, typer.Option(max=bounds.DRAWS.count, help="Draws of the uncertain parameters, in each round.")]
Figures = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Write the figures to this folder: plotly JSON and CSV, for sim report --with FOLDER and the dashboard.",
    ),
]
Full = Annotated[bool, typer.Option("--full", help="All tables too, for those who want more than the answer.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs rather than tables.")]


def renamed_option(old: str, new: str) -> Any:
    """A hidden option that only names its successor."""
    return _former(old, lambda value: f"{old} is now called {new}; write {new} {value}")


def removed_option(old: str, advice: str) -> Any:
    """A hidden option that only says what to do instead."""
    return _former(old, lambda _: f"{old} is gone: {advice}")


def _former(old: str, message: Callable[[Any], str]) -> Any:
    """An option of earlier versions, which ends the command with one line."""

    def refuse(value: Any) -> Any:
        if value:
            raise UserError(message(value))
        return value

    return typer.Option(old, hidden=True, is_eager=True, callback=refuse)
