"""`sim sweep`: a scenario at many settings."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sim.cli.app import EXPLORE, app, check_figures, cores, resumable, with_priors, write_figures
from sim.cli.options import (
    AsJson,
    Cluster,
    Figures,
    Indicators,
    Jobs,
    Priors,
    Replications,
    Results,
    ScenarioFile,
    Seed,
)
from sim.cli.output import display, say_json, tell
from sim.errors import UserError

if TYPE_CHECKING:
    from sim.experiments.sweep import Sweep

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_STEPS = re.compile(rf"({_NUMBER}):({_NUMBER}):({_NUMBER})")
_RANGE = re.compile(rf"({_NUMBER}):({_NUMBER})")
_ITEM = re.compile(r"""(?:[^,\[\]{}"']|\[[^\]]*\]|\{[^}]*\}|"[^"]*"|'[^']*')+""")


Values = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=A,B,C",
        help="Values of a setting, or low:high:step; several settings: all combinations. One value: at all points.",
    ),
]
Scales = Annotated[
    list[str] | None,
    typer.Option(metavar="PATH=0.8,1,1.2", help="Factors of a number, or of every number of a dated table."),
]
Ranges = Annotated[
    list[str] | None,
    typer.Option("--range", metavar="PATH=LOW:HIGH", help="Take --samples points from this range; repeatable."),
]
Samples = Annotated[int | None, typer.Option(min=1, help="Number of points to take from the --range options.")]
Design = Annotated[Literal["lhs", "sobol"], typer.Option(help="Latin hypercube or Sobol points (powers of two).")]
Table = Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the table to this file.")]


@app.command(rich_help_panel=EXPLORE)
def sweep(
    scenario: ScenarioFile,
    set_: Values = None,
    scale: Scales = None,
    range_: Ranges = None,
    samples: Samples = None,
    method: Design = "lhs",
    indicator: Indicators = None,
    priors: Priors = False,
    replications: Replications = None,
    seed: Seed = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    results: Results = Path("results"),
    csv: Table = None,
    figures: Figures = None,
    as_json: AsJson = False,
) -> None:
    """Run a scenario at many settings: the indicators at each of them, and where one more FTE stops helping.

    Every point is a stored run, used again next time; all have common random numbers, so that differences are due to
    the settings.

    Example: sim sweep scenarios/three-probes.yaml --set staffing.case_handlers.headcount=40,80,120 -n 100
    """
    from sim.experiments.sweep import INDICATORS, designed, sweep_points
    from sim.view.as_json import of_sweep as as_json_of
    from sim.view.terminal.sweep import summary

    _check_csv(csv)
    check_figures(figures)
    settings = with_priors(parse_grid(set_ or ()), priors)
    scales, ranges = parse_scales(scale or ()), parse_ranges(range_ or ())
    design = designed(scenario, settings, scales, ranges, samples, method, replications, seed)
    count, each = len(design.points), design.written.replications
    tell(f"{scenario.stem}: {count:,} points of {each:,} replications, {count * each:,} in all, except those stored")
    options: dict[str, Any] = {"jobs": jobs or cores(), "cluster": cluster, "results": results}
    with resumable(f"{scenario.stem}, sweep") as progress:
        swept = sweep_points(design, indicators=indicator or INDICATORS, progress=progress, **options)
    if csv:
        _write(swept, csv)
    if as_json:
        say_json(as_json_of(swept))
    else:
        display(summary(swept))
    if figures:
        _write_figures(swept, figures)


def parse_grid(texts: Iterable[str]) -> dict[str, Any]:
    """The settings of `--set`: a list of values for "path=a,b,c" or "path=low:high:step", or the value of "path=a".

    Raises UserError for texts that are neither.
    """
    settings: dict[str, Any] = {}
    for text in texts:
        path, values = _axis("--set", text)
        if path in settings:
            raise UserError(f"{path}: is swept twice; name each setting once")
        settings[path] = values if len(values) > 1 else values[0]
    return settings


def parse_scales(texts: Iterable[str]) -> dict[str, list[float]]:
    """The factors of `--scale`, written like the values of `--set`. Raises UserError for what is not a number."""
    scales: dict[str, list[float]] = {}
    for text in texts:
        path, values = _axis("--scale", text)
        for value in values:
            if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
                raise UserError(f"--scale {text}: {value!r} is not a factor; write numbers such as 0.8,1,1.2")
        if path in scales:
            raise UserError(f"{path}: is swept twice; name each setting once")
        scales[path] = values
    return scales


def parse_ranges(texts: Iterable[str]) -> dict[str, tuple[float, float]]:
    """The limits of `--range`, written "path=low:high". Raises UserError."""
    ranges: dict[str, tuple[float, float]] = {}
    for text in texts:
        path, _, limits = (part.strip() for part in text.partition("="))
        match = _RANGE.fullmatch(limits)
        if not path or not match or float(match[1]) >= float(match[2]):
            raise UserError(f"--range {text}: must be path=low:high with low below high")
        ranges[path] = (float(match[1]), float(match[2]))
    return ranges


def _axis(option: str, text: str) -> tuple[str, list[Any]]:
    """The path and the values of "path=a,b,c" or "path=low:high:step"; values are read as YAML."""
    from sim.experiments.sweep import MOST_POINTS
    from sim.scenario.settings import parse_settings

    path, equals, values = (part.strip() for part in text.partition("="))
    if not equals or not path or not values:
        raise UserError(f"{option} {text}: must be path=a,b,c or path=low:high:step")
    steps = _STEPS.fullmatch(values)
    if not steps:
        items = [item.strip() for item in _ITEM.findall(values)]
        return path, [parse_settings([f"{path}={item}"])[path] for item in items]
    low, high, step = (float(part) for part in steps.groups())
    if step <= 0 or high < low:
        raise UserError(f"{option} {text}: must be low:high:step with low below high and a step above 0")
    if not (high - low) / step < MOST_POINTS:
        raise UserError(f"{option} {text}: these are too many values; at most {MOST_POINTS:,} can be swept")
    count = int((high - low) / step + 1e-9) + 1
    return path, [_rounded(low + step * number) for number in range(count)]


def _rounded(value: float) -> float:
    """A number without the noise of its arithmetic; whole if it is."""
    rounded = float(f"{value:.10g}")
    return int(rounded) if rounded.is_integer() else rounded


def _check_csv(csv: Path | None) -> None:
    """Raise UserError if a table cannot be written to this file: before hours of work, not after."""
    if csv and (csv.is_dir() or not csv.parent.is_dir()):
        raise UserError(f"{csv}: is a folder" if csv.is_dir() else f"{csv}: there is no folder {csv.parent}")


def _write_figures(swept: "Sweep", folder: Path) -> None:
    from sim.view.figures.files import made_by
    from sim.view.figures.gallery import of_sweep

    model = swept.scenario
    title = f"{model.title or model.name}, swept over {' and '.join(swept.axes)}"
    made = made_by(model, points=len(swept.points), replications=swept.replications)
    write_figures(folder, title, of_sweep(swept), made)


def _write(swept: "Sweep", file: Path) -> None:
    from sim.view.spreadsheets import csv

    try:
        file.write_text(csv(swept.table), encoding="utf-8")
    except OSError as error:
        raise UserError(f"{file}: cannot be written: {error.strerror or error}") from None
