"""The command `sim`: parse the call, call the API, print. Heavy imports wait until a command needs them."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.errors import RunInterrupted, UserError

if TYPE_CHECKING:
    from rich.console import Console

    from sim.experiment import Progress
    from sim.run import Run
    from sim.scenario.schema import Scenario

app = typer.Typer(
    name="sim",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Simulate how a regulator's cases walk its procedure with the staff it has. A scenario file is a question; "
    "`sim run` answers it.\n\nExample: sim run scenarios/three-probes.yaml",
)

ScenarioFiles = Annotated[list[Path], typer.Argument(help="Scenario files.", metavar="SCENARIO...")]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Set any setting, such as staffing.legal.headcount=12."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of tables.")]
Results = Annotated[Path, typer.Option(help="Folder of stored runs.")]


@app.command()
def run(
    scenarios: ScenarioFiles,
    replications: Annotated[
        int | None, typer.Option("--replications", "-n", min=1, help="Instead of the file's.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**64 - 1, help="Instead of the file's.")] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Processes; default: one per core.")] = None,
    set_: Sets = None,
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """Run scenarios, store the results, and print what they say.

    A run that is finished is shown and not run again; one that was interrupted goes on.

    Example: sim run scenarios/three-probes.yaml --replications 200 --set staffing.legal.headcount=12
    """
    from sim.experiment import simulate
    from sim.scenario.loading import load_scenario
    from sim.store import place

    loaded = [_adjusted(load_scenario(path, set_ or ()), replications, seed) for path in scenarios]
    console, shown = _console(), []
    for scenario in loaded:
        where = place(results, scenario)
        if where.finished:
            _tell(f"{scenario.name}: this run was finished before; here it is again from {where.folder}")
        elif where.parts():
            _tell(f"{scenario.name}: an unfinished run was found; going on from its {where.parts()} finished parts")
        try:
            with _progress(scenario.name) as progress:
                finished = simulate(scenario, jobs=jobs or os.cpu_count() or 1, results=results, progress=progress)
        except KeyboardInterrupt:
            kept = "finished parts are kept, and the same command goes on from there"
            raise RunInterrupted(f"interrupted; {kept}") from None
        if as_json:
            shown.append(_as_data(finished))
        else:
            _show(finished, console)
    if as_json:
        print(json.dumps(shown if len(shown) > 1 else shown[0]))


def _adjusted(scenario: "Scenario", replications: int | None, seed: int | None) -> "Scenario":
    update = {name: value for name, value in (("replications", replications), ("seed", seed)) if value is not None}
    return scenario.model_copy(update=update)


def _tell(message: str) -> None:
    """A line for people, out of the way of the output."""
    print(message, file=sys.stderr)


def _console() -> "Console":
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else int(os.environ.get("COLUMNS", "140")), highlight=False)


@contextmanager
def _progress(name: str) -> Iterator["Progress | None"]:
    """A progress bar with the time left, on a terminal only."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"{name}, replications", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _show(finished: "Run", console: "Console") -> None:
    from sim.view.console import show

    show(finished, console)


def _as_data(finished: "Run") -> dict[str, Any]:
    """A run's indicators as JSON takes them: infinite and missing numbers become null."""
    from sim.view.console import tables

    return {
        "scenario": finished.scenario.name,
        "start": str(finished.scenario.start),
        "horizon": str(finished.scenario.horizon),
        "replications": finished.replications,
        "seed": finished.scenario.seed,
        "folder": str(finished.folder),
        "tables": {n: json.loads(t.to_json(orient="records", double_precision=6)) for n, t in tables(finished).items()},
    }


@app.command()
def validate(
    files: Annotated[list[Path], typer.Argument(help="Scenario or procedure files.", metavar="FILE...")],
    set_: Sets = None,
) -> None:
    """Check scenario and procedure files without running anything; all mistakes are told at once.

    Example: sim validate scenarios/*.yaml
    """
    from sim.scenario.loading import is_procedure, load_procedure, load_scenario

    problems = []
    for path in files:
        try:
            if is_procedure(path):
                procedure = load_procedure(path)
                print(f"{path}: a valid procedure with {len(procedure.stages)} stages")
            else:
                scenario = load_scenario(path, set_ or ())
                print(f"{path}: a valid scenario; {len(scenario.probes)} cases under way or listed")
        except UserError as error:
            problems += error.problems
    if problems:
        raise UserError(*problems)


@app.command()
def schema(
    procedure: Annotated[bool, typer.Option("--procedure", help="The schema of procedure files.")] = False,
) -> None:
    """Print the JSON Schema of scenario files, for editors.

    Example: sim schema > scenarios/scenario.schema.json
    """
    from sim.scenario.json_schema import procedure_schema, scenario_schema

    print(json.dumps(procedure_schema() if procedure else scenario_schema(), indent=1))


@app.command("list")
def list_(
    folder: Annotated[Path, typer.Argument(help="Folder of scenario files.")] = Path("scenarios"),
    results: Results = Path("results"),
    as_json: AsJson = False,
) -> None:
    """List the scenarios and the stored runs that there are.

    Example: sim list
    """
    from sim.scenario.loading import title_and_question
    from sim.store import list_runs

    if not folder.is_dir():
        raise UserError(f"{folder}: there is no such folder")
    files = {str(path): title_and_question(path) for path in sorted(folder.glob("*.yaml"))}
    runs = {str(path): manifest for path, manifest in list_runs(results)}
    if as_json:
        scenarios = [{"file": path, "title": t, "description": d} for path, (t, d) in files.items()]
        stored = [{"folder": p, "replications": m["replications"], "seed": m["seed"]} for p, m in runs.items()]
        print(json.dumps({"scenarios": scenarios, "runs": stored}))
        return
    from rich.table import Table

    table = Table("scenario", "question", box=None, pad_edge=False)
    for path, (title, question) in files.items():
        table.add_row(path, f"{title}. {question}" if question else title)
    _console().print(table)
    if runs:
        stored_table = Table("stored run", "replications", "seed", box=None, pad_edge=False)
        for path, manifest in runs.items():
            stored_table.add_row(path, f"{manifest['replications']:,}", str(manifest["seed"]))
        _console().print()
        _console().print(stored_table)


@app.command()
def show(
    what: Annotated[Path, typer.Argument(help="A scenario file, or the folder of a stored run.")],
    path: Annotated[str, typer.Option("--path", help="Only this part of a scenario, such as staffing.legal.")] = "",
    set_: Sets = None,
    as_json: AsJson = False,
) -> None:
    """Show a scenario in full, with all that it takes from other files, or a stored run.

    What is shown of a whole scenario is itself a scenario file, which loads anywhere and means the same.

    Example: sim show scenarios/status-quo.yaml --path staffing.legal
    """
    if what.is_dir():
        from sim.store import load_run

        finished = load_run(what)
        if as_json:
            print(json.dumps(_as_data(finished)))
        else:
            _show(finished, _console())
        return
    from sim.scenario.loading import load_scenario
    from sim.scenario.paths import part

    scenario = load_scenario(what, set_ or ())
    try:
        said = part(scenario, path)
    except KeyError as error:
        raise UserError(f"--path {path}: {error.args[0]}") from None
    if as_json:
        print(json.dumps(said))
    else:
        from sim.scenario.yaml_nodes import text

        print(text(said), end="")


@app.command()
def new(
    file: Annotated[Path, typer.Argument(help="The scenario file to write.")],
    base: Annotated[Path, typer.Option("--from", help="The scenario it is built on.")] = Path(
        "scenarios/status-quo.yaml"
    ),
) -> None:
    """Write a new scenario built on another one, ready to be edited.

    Example: sim new scenarios/my-question.yaml --from scenarios/status-quo.yaml
    """
    from sim.scenario.loading import load_scenario
    from sim.scenario.template import new_scenario

    scenario = load_scenario(base)
    if file.suffix not in (".yaml", ".yml"):
        raise UserError(f"{file}: a scenario file ends in .yaml")
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(new_scenario(file, base, scenario))
    except FileExistsError:
        raise UserError(f"{file}: exists already; choose another name or delete it first") from None
    except OSError as error:
        raise UserError(f"{file}: cannot be written: {error.strerror}") from None
    print(f"wrote {file}; try: sim run {file}")


def main() -> None:
    """Run the command; a user's mistake is told in one line for each problem, without a traceback."""
    try:
        app(standalone_mode=True)
    except UserError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
